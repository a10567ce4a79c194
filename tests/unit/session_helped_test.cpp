// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/helped.hpp"

#include <gtest/gtest.h>

namespace attune::session {
namespace {

/// A session towards calm that began at arousal .6 and was rated `after` at its end.
Summary towards_calm(double after) {
    Summary s;
    s.start.goal.kind = flow::GoalKind::kCalm;
    s.start.start = flow::Va{0.0, 0.6};
    flow::Rating rating;
    rating.kind = flow::RatingKind::kFelt;
    rating.value = flow::Va{0.3, after};
    s.ratings = {rating};
    return s;
}

TEST(Helped, FourSessionsAreCountedAndSayNothingMore) {
    HelpedTally tally;
    for (int i = 0; i < 4; ++i) tally.add(towards_calm(-0.5));
    ASSERT_EQ(tally.rows().size(), 1U);
    EXPECT_EQ(tally.rows()[0].n, 4U);
    EXPECT_FALSE(tally.rows()[0].change);
}

TEST(Helped, FromTheFifthOnTheMedianAndTheQuartilesStand) {
    HelpedTally tally;
    for (const double after : {0.5, -0.5, 0.1, -0.3, 0.3}) tally.add(towards_calm(after));
    const auto rows = tally.rows();
    ASSERT_EQ(rows.size(), 1U);
    ASSERT_TRUE(rows[0].change);
    const flow::Goal& goal = towards_calm(0).start.goal;
    const flow::Va from{0.0, 0.6};
    const auto change = [&](double after) { return goal.distance_from(from, from) - goal.distance_from({0.3, after}, from); };
    EXPECT_NEAR(rows[0].change->median, change(0.1), 1e-12);
    EXPECT_NEAR(rows[0].change->low, change(0.3), 1e-12);
    EXPECT_NEAR(rows[0].change->high, change(-0.3), 1e-12);
    EXPECT_GT(rows[0].change->high, rows[0].change->low);
}

TEST(Helped, SimulatedSessionsAndThoseWithoutARatingAtBothEndsDoNotCount) {
    Summary simulated = towards_calm(0), unrated = towards_calm(0), unstarted = towards_calm(0);
    simulated.start.simulated = true;
    unrated.ratings.clear();
    unstarted.start.start.reset();
    HelpedTally tally;
    for (const Summary& s : {simulated, unrated, unstarted}) tally.add(s);
    EXPECT_TRUE(tally.rows().empty());
}

}  // namespace
}  // namespace attune::session
