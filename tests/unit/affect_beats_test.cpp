// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_beats.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace attune::affect {
namespace {

using Beats = std::vector<std::int64_t>;

TEST(MatchBeats, EachDetectionServesOneReferenceBeat) {
    const BeatScore s = match_beats(Beats{100, 110}, Beats{105}, 20);
    EXPECT_EQ(s.matched, 1.0);
    EXPECT_DOUBLE_EQ(s.f1(), 2.0 / 3.0);
}

TEST(MatchBeats, ToleranceIsInclusive) {
    EXPECT_EQ(match_beats(Beats{100}, Beats{154}, 54).matched, 1.0);
    EXPECT_EQ(match_beats(Beats{100}, Beats{155}, 54).matched, 0.0);
}

TEST(MatchBeats, NearerOfTwoDetectionsIsTakenAndTheOtherIsFalse) {
    const BeatScore s = match_beats(Beats{100, 400}, Beats{60, 101, 400}, 50);
    EXPECT_EQ(s.matched, 2.0);
    EXPECT_EQ(s.detected, 3.0);
}

TEST(MatchBeats, NothingAgainstNothingIsNotANumber) { EXPECT_TRUE(std::isnan(match_beats({}, {}, 5).f1())); }

}  // namespace
}  // namespace attune::affect
