// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/calibration.hpp"

#include <array>
#include <cmath>
#include <map>

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

/// Groups "easy", "plain" and "hard", so many of each.
struct Drawn {
    std::vector<double> errors;
    std::vector<std::string> groups;
    Drawn(int n, std::uint64_t seed, std::array<double, 3> sd = {0.1, 0.2, 0.4}) {
        core::Random random(seed, "test/spreads");
        for (int i = 0; i < n; ++i)
            for (std::size_t g = 0; g < 3; ++g) {
                errors.push_back(random.normal(0.0, sd[g]));
                groups.emplace_back(std::array{"easy", "plain", "hard"}[g]);
            }
    }
};

TEST(GroupSpreads, RecoversTheSpreadOfEachGroup) {
    const Drawn drawn(3000, 3);
    const auto spreads = GroupSpreads::fit(drawn.errors, drawn.groups, 0.9, 10.0);
    ASSERT_TRUE(spreads) << spreads.error().describe();
    EXPECT_NEAR(spreads->all, std::sqrt((0.01 + 0.04 + 0.16) / 3.0), 0.01);
    EXPECT_NEAR(spreads->group.at("easy"), 0.1, 0.006);
    EXPECT_NEAR(spreads->group.at("plain"), 0.2, 0.012);
    EXPECT_NEAR(spreads->group.at("hard"), 0.4, 0.024);
}

TEST(GroupSpreads, AFewSamplesOfAGroupAreLedByAllTheOthers) {
    Drawn drawn(3000, 4);
    drawn.errors.insert(drawn.errors.end(), {0.01, -0.01});
    drawn.groups.insert(drawn.groups.end(), {"rare", "rare"});
    const auto spreads = GroupSpreads::fit(drawn.errors, drawn.groups, 0.9, 10.0);
    ASSERT_TRUE(spreads);
    EXPECT_NEAR(spreads->group.at("rare"), spreads->all, 0.15 * spreads->all);
}

TEST(GroupSpreads, NewErrorsOfEveryGroupLieWithinAsOftenAsPromised) {
    double inside = 0.0, n = 0.0;
    std::map<std::string, std::pair<double, double>> by_group;
    const std::array<double, 3> sds{0.11, 0.15, 0.21};  // as far apart as genres are
    for (std::uint64_t seed = 0; seed < 60; ++seed) {   // as few of each as there are clips of a genre
        const Drawn seen(15, 100 + seed, sds), fresh(100, 1000 + seed, sds);
        const auto spreads = GroupSpreads::fit(seen.errors, seen.groups, 0.9, 10.0);
        ASSERT_TRUE(spreads);
        for (std::size_t i = 0; i < fresh.errors.size(); ++i) {
            const double in = std::abs(fresh.errors[i]) <= 1.6449 * spreads->group.at(fresh.groups[i]) ? 1.0 : 0.0;
            auto& [hits, all] = by_group[fresh.groups[i]];
            inside += in, n += 1.0, hits += in, all += 1.0;
        }
    }
    EXPECT_NEAR(inside / n, 0.9, 0.02);
    for (const auto& [name, counts] : by_group) {
        EXPECT_GE(counts.first / counts.second, 0.80) << name;
        EXPECT_LE(counts.first / counts.second, 0.97) << name;
    }
}

TEST(GroupSpreads, RefusesWhatItCannotJudge) {
    const std::vector<double> errors(12, 0.1);
    const std::vector<std::string> groups(12, "one");
    EXPECT_FALSE(GroupSpreads::fit(std::span(errors).first(9), std::span(groups).first(9), 0.9, 10.0));
    EXPECT_FALSE(GroupSpreads::fit(errors, std::span(groups).first(11), 0.9, 10.0));
    EXPECT_FALSE(GroupSpreads::fit(errors, groups, 1.0, 10.0));
    EXPECT_FALSE(GroupSpreads::fit(errors, groups, 0.9, 0.0));
    auto broken = errors;
    broken[3] = std::nan("");
    EXPECT_FALSE(GroupSpreads::fit(broken, groups, 0.9, 10.0));
    const auto same = GroupSpreads::fit(errors, groups, 0.9, 10.0);
    ASSERT_TRUE(same) << "errors of one size are no reason to fail";
    EXPECT_TRUE(std::isfinite(same->group.at("one")));
}

}  // namespace
}  // namespace attune::learn
