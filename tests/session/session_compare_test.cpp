// SPDX-License-Identifier: GPL-3.0-or-later
// The comparison itself: paired noise, no effect where music does nothing, the same figures whatever the
// number of threads. How good the planner is stands in `attune simulate compare`, not here.
#include <gtest/gtest.h>

#include "session/compare.hpp"

using namespace attune;
using namespace attune::session;

namespace {

CompareRequest small(const char* family) {
    CompareRequest r;
    r.personas = {"anxious"};
    r.families = {parse_compare_family(family).value()};
    for (const CompareArm& arm : all_arms())
        if (arm.name == "silence" || arm.name == "nearest+taste" || arm.name == "planner+taste") r.arms.push_back(arm);
    r.seeds = 2;
    r.tracks = 400;
    r.threads = 1;
    return r;
}

TEST(Compare, WhereMusicDoesNothingNoPolicyDiffersFromSilence) {
    const core::CancelToken cancel;
    for (const char* family : {"textbook:silent", "fitted:silent"}) {
        CompareRequest request = small(family);
        request.arms = all_arms();
        const auto report = compare(request, cancel);
        ASSERT_TRUE(report) << report.error().describe();
        ASSERT_EQ(report->cells.size(), all_arms().size());
        const auto* silence = report->cell("anxious", family, "silence");
        for (const CompareCell& cell : report->cells) EXPECT_EQ(cell.distance, silence->distance) << family << " " << cell.arm;
    }
}

TEST(Compare, AListenerWhoDoesNotRespondIsTheSameUnderEveryPolicy) {
    CompareRequest request = small("fitted");
    request.personas = {"unresponsive"};
    request.arms = all_arms();
    const auto report = compare(request, core::CancelToken{});
    ASSERT_TRUE(report) << report.error().describe();
    const auto* silence = report->cell("unresponsive", "fitted", "silence");
    for (const CompareCell& cell : report->cells) EXPECT_EQ(cell.distance, silence->distance) << cell.arm;
}

TEST(Compare, WhereMusicDoesEverythingThePlannerLeavesLessThanSilence) {
    const core::CancelToken cancel;
    const auto report = compare(small("textbook"), cancel);
    ASSERT_TRUE(report) << report.error().describe();
    const auto* silence = report->cell("anxious", "textbook", "silence");
    const auto* planner = report->cell("anxious", "textbook", "planner+taste");
    EXPECT_LT(interval_of(planner->share).mean + .3, interval_of(silence->share).mean);
}

TEST(Compare, TheNumberOfThreadsDoesNotChangeAFigure) {
    const core::CancelToken cancel;
    CompareRequest two = small("linear");
    two.threads = 2;
    const auto a = compare(small("linear"), cancel);
    const auto b = compare(two, cancel);
    ASSERT_TRUE(a && b);
    for (std::size_t i = 0; i < a->cells.size(); ++i) EXPECT_EQ(a->cells[i].distance, b->cells[i].distance);
}

TEST(Compare, FamiliesAreReadWithToleranceAndSilenceAndRefusedOtherwise) {
    EXPECT_EQ(parse_compare_family("iso-true:0.6")->tolerance, .6);
    EXPECT_EQ(parse_compare_family("textbook:silent")->response, 0.0);
    EXPECT_FALSE(parse_compare_family("iso-true:-1"));
    EXPECT_FALSE(parse_compare_family("wishful"));
    CompareRequest none = small("linear");
    none.seeds = 0;
    EXPECT_EQ(compare(none, core::CancelToken{}).error().code, ErrorCode::kBadArgument);
}

}  // namespace
