// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/logistic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.hpp"

namespace attune::learn {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// 200 rows of two columns: the first tells the classes apart by 2 SD, the second says nothing.
struct Rows {
    std::vector<double> x;
    std::vector<int> truth;
    Rows() {
        core::Random random(5, "test/logistic");
        for (int i = 0; i < 200; ++i) {
            truth.push_back(i % 4 == 0 ? 1 : 0);
            x.push_back(random.normal(truth.back() * 2.0, 1.0));
            x.push_back(random.normal(0.0, 1.0));
        }
    }
    [[nodiscard]] LinearScore fit() const {
        auto score = fit_logistic(x, 2, truth, .01);
        EXPECT_TRUE(score) << score.error().describe();
        return *std::move(score);
    }
};

TEST(Logistic, TheColumnThatTellsTheClassesApartCarriesTheScore) {
    const LinearScore score = Rows().fit();
    EXPECT_GT(score.weight[0], 5.0 * std::abs(score.weight[1]));
    EXPECT_GT(score.probability(std::vector{2.0, 0.0}), .8);
    EXPECT_LT(score.probability(std::vector{0.0, 0.0}), .3);
}

TEST(Logistic, RareAndCommonClassesCountTheSame) {
    // One row in four is of the higher class, yet half way between the two is even.
    EXPECT_NEAR(Rows().fit().probability(std::vector{1.0, 0.0}), .5, .1);
}

TEST(Logistic, WhatIsUnknownCountsAsTheMedian) {
    const LinearScore score = Rows().fit();
    EXPECT_DOUBLE_EQ(score.score(std::vector{1.5, kUnknown}), score.score(std::vector{1.5, score.centre[1]}));
    EXPECT_DOUBLE_EQ(score.score(std::vector{kUnknown, kUnknown}), 0.0);
}

TEST(Logistic, NoSingleValueDecidesHoweverWild) {
    Rows rows;
    const LinearScore before = rows.fit();
    rows.x[1] = 1e9;   // in training: centre and scale stay what they were
    const LinearScore after = rows.fit();
    EXPECT_NEAR(after.centre[1], before.centre[1], .05);
    EXPECT_NEAR(after.scale[1], before.scale[1], .05);
    const double far = before.score(std::vector{1e9, 0.0}) - before.score(std::vector{kUnknown, 0.0});   // in use
    EXPECT_LE(far, 2.0 * before.weight[0] + 1e-12);
}

TEST(Logistic, ARankingLearnsFromPairsAloneAndIsCalibratedOnAllRows) {
    const Rows rows;
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t i = 0; i < rows.truth.size(); i += 4) pairs.emplace_back(i, i + 1);
    const auto score = fit_ranking(rows.x, 2, rows.truth, pairs, .01);
    ASSERT_TRUE(score);
    EXPECT_GT(score->weight[0], 3.0 * std::abs(score->weight[1]));
    EXPECT_NEAR(score->probability(std::vector{1.0, 0.0}), .5, .12);
}

TEST(Logistic, OneClassAloneAndRowsOfTheWrongLengthAreRefused) {
    const Rows rows;
    const auto one = fit_logistic(rows.x, 2, std::vector<int>(200, 1), .01);
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(one.error().message.find("both classes"), std::string::npos);
    EXPECT_FALSE(fit_logistic(rows.x, 3, rows.truth, .01));
    EXPECT_FALSE(fit_ranking(rows.x, 2, rows.truth, {}, .01));
}

}  // namespace
}  // namespace attune::learn
