// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/known_items.hpp"

#include <gtest/gtest.h>

#include "core/ids.hpp"

namespace attune::session {
namespace {

struct Known : testing::Test {
    core::IdSource ids{7};
    KnownItems items;
    std::vector<flow::PlanItem> plan(std::size_t n, flow::ItemKind kind = flow::ItemKind::kTrack) {
        std::vector<flow::PlanItem> out(n);
        for (flow::PlanItem& item : out) item.id = ids.next(), item.kind = kind;
        items.adopt(out);
        return out;
    }
};

TEST_F(Known, TheLastPlansAreKeptWhole) {
    const auto first = plan(10);
    for (std::uint64_t k = 1; k < KnownItems::kPlans; ++k) plan(10);
    EXPECT_NE(items.find(first.back().id), nullptr);
    plan(10);
    EXPECT_EQ(items.find(first.back().id), nullptr);
}

TEST_F(Known, WhatWasHeardIsNeverForgotten) {
    const auto first = plan(10);
    items.begun(first[2].id);
    for (int k = 0; k < 50; ++k) plan(10);
    ASSERT_NE(items.find(first[2].id), nullptr);
    EXPECT_EQ(items.find(first[2].id)->id, first[2].id);
}

TEST_F(Known, AHundredPlansTakeNoMoreRoomThanAFew) {
    for (int k = 0; k < 100; ++k) items.begun(plan(240).front().id);
    EXPECT_LE(items.size(), KnownItems::kPlans * 240 + 100);
}

TEST_F(Known, BeforeAnItemComesTheLastThatWasHeardOfThoseWanted) {
    const auto tracks = plan(3);
    const auto silence = plan(1, flow::ItemKind::kSilence);
    const auto next = plan(2);
    for (const Id& id : {tracks[0].id, tracks[1].id, silence[0].id, next[0].id}) items.begun(id);
    const auto a_track = [](const flow::PlanItem& i) { return i.kind == flow::ItemKind::kTrack; };
    EXPECT_EQ(items.heard_before(next[0].id, a_track)->id, tracks[1].id);
    EXPECT_EQ(items.heard_before(tracks[0].id, a_track), nullptr);
}

TEST_F(Known, SteeredMusicExpressesWhatItWasSentTo) {
    const auto one = plan(1, flow::ItemKind::kCompose);
    items.steered(one[0].id, flow::Va{.25, -.5});
    EXPECT_EQ(items.find(one[0].id)->expected->arousal, -.5);
    items.steered(Id(), flow::Va{});   // nobody
}

}  // namespace
}  // namespace attune::session
