// SPDX-License-Identifier: GPL-3.0-or-later
#include "flow/goal.hpp"

#include <gtest/gtest.h>

namespace attune::flow {
namespace {

TEST(Goal, ParsesNamesAndPoints) {
    EXPECT_EQ(Goal::parse("calm", 20)->kind, GoalKind::kCalm);
    const auto point = Goal::parse("0.3,-0.4", 20);
    ASSERT_TRUE(point);
    EXPECT_EQ(point->kind, GoalKind::kPoint);
    EXPECT_EQ(*point->point, (Va{.3, -.4}));
}

TEST(Goal, AnUnknownGoalIsNamedWithTheGoalsThatExist) {
    const auto bad = Goal::parse("bliss", 20);
    ASSERT_FALSE(bad);
    EXPECT_NE(bad.error().message.find("bliss"), std::string::npos);
    EXPECT_NE(bad.error().message.find("energise"), std::string::npos);
    EXPECT_FALSE(Goal::parse("1.5,0", 20));
    EXPECT_FALSE(Goal::parse("calm", 0.0));
    EXPECT_FALSE(Goal::parse("calm", 181.0));
}

TEST(Goal, DistanceIsZeroInsideTheSetAndEuclideanOutside) {
    const Goal calm = *Goal::parse("calm", 20);
    EXPECT_EQ(calm.distance_from({.5, -.5}, {}), 0.0);
    EXPECT_DOUBLE_EQ(calm.distance_from({-.2, .2}, {}), .5);  // 3-4-5: dv .3, da .4
}

TEST(Goal, StayKeepsADiscRoundTheStart) {
    const Goal stay = *Goal::parse("stay", 20);
    const Va start{.2, .1};
    EXPECT_EQ(stay.distance_from({.3, .1}, start), 0.0);
    EXPECT_NEAR(stay.distance_from({.2, .6}, start), .25, 1e-12);
}

}  // namespace
}  // namespace attune::flow
