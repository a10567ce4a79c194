// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/metrics.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace attune::learn {
namespace {

const std::vector<int> kTruth = {0, 0, 0, 0, 1, 1, 2, 2};
const std::vector<int> kSaid = {0, 0, 0, 1, 1, 0, 2, 2};

TEST(Metrics, ConfusionFiguresEqualHandComputedOnes) {
    const Confusion c = confusion(kTruth, kSaid, 3);
    EXPECT_DOUBLE_EQ(accuracy(c), 6.0 / 8.0);
    EXPECT_DOUBLE_EQ(balanced_accuracy(c), (0.75 + 0.5 + 1.0) / 3.0);
    EXPECT_DOUBLE_EQ(macro_f1(c), (2 * 3.0 / 8.0 + 2 * 1.0 / 4.0 + 1.0) / 3.0);
    const double chance = (4.0 * 4 + 2 * 2 + 2 * 2) / 64.0;
    EXPECT_DOUBLE_EQ(kappa(c), (0.75 - chance) / (1.0 - chance));
    EXPECT_DOUBLE_EQ(sensitivity(c, 1), 0.5);
    EXPECT_DOUBLE_EQ(specificity(c, 1), 5.0 / 6.0);
    EXPECT_DOUBLE_EQ(majority_share(c), 0.5);
}

TEST(Metrics, AbsentClassDoesNotDiluteBalancedAccuracy) {
    EXPECT_DOUBLE_EQ(balanced_accuracy(confusion(kTruth, kTruth, 5)), 1.0);
}

TEST(Metrics, AucCountsTiesHalf) {
    EXPECT_DOUBLE_EQ(auc(std::vector<double>{1, 2, 2, 3}, std::vector<int>{0, 0, 1, 1}), 3.5 / 4.0);
    EXPECT_TRUE(std::isnan(auc(std::vector<double>{1, 2}, std::vector<int>{1, 1})));
}

TEST(Metrics, TimeMatchedAucIsHalfForAClock) {
    // Stress comes late in every person: a score that is the clock wins every pair of the plain AUC.
    std::vector<double> t, score;
    std::vector<int> truth;
    std::vector<std::string> who;
    for (int person = 0; person < 4; ++person)
        for (int minute = 0; minute < 40; ++minute) {
            t.push_back(60.0 * minute);
            score.push_back(minute);
            truth.push_back(minute >= 18 + person ? 1 : 0);
            who.push_back(std::to_string(person));
        }
    EXPECT_GT(auc(score, truth), 0.99);
    const TimeMatchedAuc matched(score, truth, t, who, 30.0);
    EXPECT_GT(matched.pairs(), 0U);
    EXPECT_DOUBLE_EQ(matched.value(), 0.5);
}

TEST(Metrics, TimeMatchedAucNeverComparesAPersonWithThemselves) {
    const std::vector<double> score = {1, 0}, t = {0, 10};
    const std::vector<int> truth = {1, 0};
    EXPECT_TRUE(std::isnan(TimeMatchedAuc(score, truth, t, std::vector<std::string>{"a", "a"}).value()));
    EXPECT_DOUBLE_EQ(TimeMatchedAuc(score, truth, t, std::vector<std::string>{"a", "b"}).value(), 1.0);
    EXPECT_TRUE(std::isnan(TimeMatchedAuc(score, truth, std::vector<double>{0, 61}, std::vector<std::string>{"a", "b"}).value()));
}

TEST(Metrics, EceIsZeroForPerfectAndHalfForOverconfidentCoins) {
    EXPECT_DOUBLE_EQ(ece(std::vector<double>{1, 0, 0, 1}, std::vector<int>{0, 1}, 2), 0.0);
    EXPECT_DOUBLE_EQ(ece(std::vector<double>{1, 0, 1, 0}, std::vector<int>{0, 1}, 2), 0.5);
    EXPECT_DOUBLE_EQ(ece_binary(std::vector<double>{0.7, 0.7}, std::vector<int>{0, 1}), 0.2);
}

TEST(Metrics, RegressionFiguresEqualHandComputedOnes) {
    const std::vector<double> y = {1, 2, 3, 4}, p = {1, 2, 3, 6};
    EXPECT_DOUBLE_EQ(r2(y, p), 1.0 - 4.0 / 5.0);
    EXPECT_DOUBLE_EQ(rmse(y, p), 1.0);
    EXPECT_NEAR(pearson(y, p), 8.0 / std::sqrt(5.0 * 14.0), 1e-15);
    EXPECT_DOUBLE_EQ(spearman(y, p), 1.0);
    EXPECT_DOUBLE_EQ(interval_coverage(y, std::vector<double>{0, 0, 0, 0}, std::vector<double>{2, 2, 2, 2}), 0.5);
}

TEST(Metrics, BootstrapDrawsWholeGroups) {
    // Two groups of equal samples: the mean of a draw can only be 0, 1/2 or 1.
    const std::vector<std::string> groups = {"a", "a", "a", "b", "b", "b"};
    const auto interval = group_bootstrap(groups, [&](auto drawn) {
        double sum = 0.0;
        for (auto i : drawn) sum += i >= 3 ? 1.0 : 0.0;
        return sum / static_cast<double>(drawn.size());
    });
    EXPECT_DOUBLE_EQ(interval.low, 0.0);
    EXPECT_DOUBLE_EQ(interval.high, 1.0);
}

TEST(Metrics, OneGroupGivesNoIntervalRatherThanOneOfNoWidth) {
    const std::vector<std::string> one = {"a", "a"};
    EXPECT_TRUE(std::isnan(group_bootstrap(one, [](auto) { return 0.5; }).low));
    // Two people make one pair, drawn or not: every draw that has it gives the same value.
    const std::vector<double> score = {.9, .1, .8, .3}, t = {0, 0, 0, 0};
    const std::vector<int> truth = {1, 0, 1, 0};
    const std::vector<std::string> two = {"a", "a", "b", "b"};
    const TimeMatchedAuc auc(score, truth, t, two);
    EXPECT_DOUBLE_EQ(auc.value(), 1.0);
    EXPECT_TRUE(std::isnan(auc.bootstrap(100, 1).low));
}

TEST(Metrics, EmptyGivesNanNotZero) {
    EXPECT_TRUE(std::isnan(accuracy(confusion({}, {}, 2))));
    EXPECT_TRUE(std::isnan(r2({}, {})));
    EXPECT_TRUE(std::isnan(ece({}, {}, 2)));
}

}  // namespace
}  // namespace attune::learn
