// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/time.hpp"

#include <gtest/gtest.h>

namespace attune::core {
namespace {

TEST(SimulatedClock, SleepingMovesTimeOnAndNeverBack) {
    SimulatedClock clock;
    clock.sleep_until(Time{} + seconds(5));
    EXPECT_EQ(clock.now().seconds(), 5.0);
    clock.advance_to(Time{} + seconds(3));
    EXPECT_EQ(clock.now().seconds(), 5.0);
}

TEST(SteadyClock, SleepUntilReturnsAtOrAfterItsTime) {
    SteadyClock clock;
    const Time t = clock.now() + milliseconds(5);
    clock.sleep_until(t);
    EXPECT_GE(clock.now(), t);
}

TEST(Rfc3339, KnownMomentsAndTimesBefore1970) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(1'769'850'300'250'000'000), "2026-01-31T09:05:00.250Z");
    EXPECT_EQ(rfc3339(-1'000'000), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace attune::core
