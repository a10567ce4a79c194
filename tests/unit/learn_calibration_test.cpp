// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/calibration.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace attune::learn {
namespace {

TEST(Temperature, RecoversTheFactorByWhichLogitsWereInflated) {
    core::Random random(1, "test/temperature");
    std::vector<double> logits;
    std::vector<int> truth;
    for (int i = 0; i < 20000; ++i) {
        std::array<double, 3> z{};
        double sum = 0.0, at = random.uniform();
        for (double& v : z) v = random.normal(0.0, 1.5);
        for (double v : z) sum += std::exp(v);
        int y = 0;
        for (at -= std::exp(z[0]) / sum; at > 0.0 && y < 2; at -= std::exp(z[static_cast<std::size_t>(y)]) / sum) ++y;
        for (double v : z) logits.push_back(3.0 * v);
        truth.push_back(y);
    }
    const auto t = fit_temperature(logits, truth, 3);
    ASSERT_TRUE(t);
    EXPECT_NEAR(*t, 3.0, 0.1);
}

TEST(Platt, RecoversSlopeAndOffset) {
    core::Random random(2, "test/platt");
    std::vector<double> scores;
    std::vector<int> truth;
    for (int i = 0; i < 20000; ++i) {
        scores.push_back(random.normal());
        truth.push_back(random.chance(1.0 / (1.0 + std::exp(-(2.0 * scores.back() - 1.0)))) ? 1 : 0);
    }
    const auto platt = Platt::fit(scores, truth);
    ASSERT_TRUE(platt);
    EXPECT_NEAR(platt->slope, 2.0, 0.1);
    EXPECT_NEAR(platt->offset, -1.0, 0.08);
}

TEST(Platt, SeparableScoresEndWithFiniteValues) {
    const auto platt = Platt::fit(std::vector<double>{0, 1, 2, 3}, std::vector<int>{0, 0, 1, 1});
    ASSERT_TRUE(platt);
    EXPECT_TRUE(std::isfinite(platt->slope) && std::isfinite(platt->offset));
    EXPECT_GT((*platt)(3.0), (*platt)(0.0));
}

TEST(Isotonic, PoolsViolatorsAndNeverFalls) {
    const auto line = Isotonic::fit(std::vector<double>{1, 2, 3, 4}, std::vector<int>{0, 1, 0, 1});
    ASSERT_TRUE(line);
    EXPECT_DOUBLE_EQ((*line)(0.0), 0.0);
    EXPECT_DOUBLE_EQ((*line)(2.5), 0.5);
    EXPECT_DOUBLE_EQ((*line)(9.0), 1.0);
    double before = 0.0;
    for (double s = 0.0; s < 5.0; s += 0.1) {
        EXPECT_GE((*line)(s), before);
        before = (*line)(s);
    }
}

TEST(Calibration, OneClassAndNanAreRefused) {
    EXPECT_FALSE(Platt::fit(std::vector<double>{1, 2}, std::vector<int>{1, 1}));
    EXPECT_FALSE(Isotonic::fit(std::vector<double>{1, NAN}, std::vector<int>{0, 1}));
    EXPECT_FALSE(fit_temperature(std::vector<double>{1, 2, 3, 4}, std::vector<int>{0, 2}, 2));
}

}  // namespace
}  // namespace attune::learn
