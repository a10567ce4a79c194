// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/split.hpp"

#include <gtest/gtest.h>

namespace attune::learn {
namespace {

const std::vector<std::string> kGroups = {"a", "a", "b", "c", "c", "c", "d"};

TEST(Split, LeaveOneGroupOutTestsEachGroupOnceAndNeverTrainsOnIt) {
    const auto split = Split::leave_one_group_out(kGroups);
    ASSERT_TRUE(split);
    ASSERT_EQ(split->folds().size(), 4U);
    EXPECT_EQ(split->folds()[2].test(), (std::vector<std::size_t>{3, 4, 5}));
    EXPECT_EQ(split->folds()[2].train(), (std::vector<std::size_t>{0, 1, 2, 6}));
    EXPECT_TRUE(split->verify(kGroups));
    EXPECT_FALSE(split->leaky());
}

TEST(Split, VerifyRaisesWhenTheGroupsSayThatItLeaks) {
    const auto split = Split::leave_one_group_out(std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6"});
    ASSERT_TRUE(split);
    const auto verdict = split->verify(kGroups);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, ErrorCode::kRefused);
    EXPECT_NE(verdict.error().message.find("\"a\""), std::string::npos) << verdict.error().message;
}

TEST(Split, PredefinedDivisionThatSharesAGroupIsRefusedByName) {
    const auto split = Split::predefined(kGroups, {false, false, false, false, true, true, true});
    ASSERT_FALSE(split);
    EXPECT_NE(split.error().message.find("\"c\""), std::string::npos) << split.error().message;
}

TEST(Split, LeakySplitNeedsItsLabel) {
    EXPECT_EQ(Split::leaky_k_fold(10, 5, 1, "").error().code, ErrorCode::kRefused);
    const auto split = Split::leaky_k_fold(10, 5, 1, "leaky");
    ASSERT_TRUE(split);
    EXPECT_TRUE(split->leaky());
    EXPECT_NE(split->protocol().find("leaky"), std::string::npos);
}

TEST(Split, SampleWithoutGroupIsRefusedWithItsNumber) {
    const auto split = Split::grouped_k_fold(std::vector<std::string>{"a", "", "b"}, 2, 1);
    ASSERT_FALSE(split);
    EXPECT_NE(split.error().message.find("sample 1"), std::string::npos);
}

TEST(Split, MoreFoldsThanGroupsIsRefused) { EXPECT_FALSE(Split::grouped_k_fold(kGroups, 5, 1)); }

TEST(Split, HoldoutKeepsAtLeastOneGroupOnEachSide) {
    const auto split = Split::grouped_holdout(kGroups, 0.99, 3);
    ASSERT_TRUE(split);
    EXPECT_FALSE(split->folds()[0].train().empty());
    EXPECT_FALSE(split->folds()[0].test().empty());
    EXPECT_TRUE(split->verify(kGroups));
}

}  // namespace
}  // namespace attune::learn
