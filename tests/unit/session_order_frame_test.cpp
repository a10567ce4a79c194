// SPDX-License-Identifier: GPL-3.0-or-later
// An order that names a frame acts there, however far the engine has come when it is told: live it is always ahead.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "session/codec.hpp"
#include "session/engine_player.hpp"

namespace attune::session {
namespace {

constexpr std::int64_t kSecond = 48000;

flow::PlanItem track(std::uint8_t n, double seconds) {
    flow::PlanItem item;
    item.id.bytes[15] = n;
    item.kind = flow::ItemKind::kTrack;
    item.track.bytes[0] = n;
    item.out_s = seconds;
    item.fade_in_s = n == 1 ? 0.0 : 2.0;
    return item;
}

ProfilePtr profile(const ContentKey& key) {
    flow::TrackProfile p;
    p.key = key;
    p.source_rate_hz = 48000;
    p.frames = 48000 * 30;
    p.duration_s = 30.0;
    return std::make_shared<const flow::TrackProfile>(p);
}

EngineOrder plan(std::initializer_list<std::uint8_t> tracks, std::optional<FramePos> at, bool now, const char* why, bool finish = false) {
    EngineOrder order{.action = EngineAction::kAdopt, .now = now, .at = at, .finish = finish, .why = why};
    for (const std::uint8_t n : tracks) order.plan.items.push_back(track(n, 30.0));
    return order;
}

struct Played {
    std::vector<play::Join> joins;
    std::vector<std::tuple<std::int64_t, std::uint8_t, double, double, double>> heard;   ///< frame, item, position, gain, tempo
    std::vector<std::tuple<std::int64_t, std::uint8_t, std::string>> ended;
    bool operator==(const Played&) const = default;
};

/// Orders of second s are told when the engine is `ahead` of it, as a live engine is.
Played play_with(const std::multimap<int, EngineOrder>& orders, Duration ahead) {
    auto player = *EnginePlayer::create(play::PlayerConfig(), profile);
    player->apply(plan({1, 2, 3}, {}, true, "replaced"));
    Played all;
    for (int second = 1; second <= 120; ++second) {
        PlayerNews news;
        player->advance_to(Time{} + seconds(second) + ahead, news);
        for (const auto& [t, payload] : news) {
            if (const auto* h = std::get_if<flow::Heard>(&payload)) all.heard.emplace_back(h->frame.value, h->item.bytes[15], h->position_s, h->gain_db, h->tempo_ratio);
            if (const auto* e = std::get_if<ItemEnded>(&payload)) all.ended.emplace_back(t.ns, e->item.bytes[15], e->why);
        }
        for (auto [at, end] = orders.equal_range(second); at != end; ++at) player->apply(at->second);
    }
    all.joins = player->joins();
    std::erase_if(all.heard, [](const auto& h) { return std::get<0>(h) > 119 * kSecond; });
    std::erase_if(all.ended, [](const auto& e) { return std::get<0>(e) > 119'000'000'000; });
    return all;
}

FramePos second(std::int64_t s) { return {s * kSecond}; }

TEST(OrderAtAFrame, ActsThereHoweverFarAheadTheEngineIs) {
    std::multimap<int, EngineOrder> orders;
    orders.emplace(10, plan({4, 5}, second(11), true, "skip"));            // in the middle of item 1
    orders.emplace(37, plan({6, 7}, second(38), false, "replaced"));       // item 5 begins at 39
    orders.emplace(40, EngineOrder{.action = EngineAction::kSoften, .at = second(41), .value = -3.0});
    orders.emplace(42, EngineOrder{.action = EngineAction::kSlower, .at = second(43), .value = .96});
    orders.emplace(50, EngineOrder{.action = EngineAction::kSkip, .at = second(51)});
    orders.emplace(70, plan({8}, second(71), true, "replaced", true));     // the last: its end is the closing fade
    const Played fast = play_with(orders, {});
    ASSERT_GE(fast.joins.size(), 4U);
    EXPECT_EQ(fast.joins[1].frame, second(11));
    EXPECT_EQ(std::get<2>(fast.ended.front()), "skip");
    EXPECT_EQ(fast.joins.back().kind, play::JoinKind::kEnd);
    for (const std::int64_t ms : {90, 350, 900}) {
        const Played live = play_with(orders, milliseconds(ms));
        EXPECT_EQ(live.joins, fast.joins) << ms;
        EXPECT_EQ(live.heard, fast.heard) << ms;
        EXPECT_EQ(live.ended, fast.ended) << ms;
    }
}

TEST(OrderAtAFrame, StandsInTheRecordAndRecordsFromBeforeItAreStillRead) {
    Decision decision;
    decision.what = "skip";
    decision.at = second(32);
    const auto bytes = encode(Payload{decision});
    EXPECT_EQ(std::get<Decision>(decode(EventKind::kDecision, kPayloadVersion, bytes).value()).at, second(32));
    nlohmann::json old = nlohmann::json::from_cbor(bytes);
    old.erase("at_frame");   // version 3
    EXPECT_FALSE(std::get<Decision>(decode(EventKind::kDecision, 3, nlohmann::json::to_cbor(old)).value()).at);
}

TEST(OrderAtAFrame, WithoutOneActsWhereTheEngineIs) {
    std::multimap<int, EngineOrder> orders;
    orders.emplace(10, plan({4, 5}, {}, true, "skip"));
    EXPECT_EQ(play_with(orders, {}).joins.at(1).frame, second(10));
    EXPECT_EQ(play_with(orders, milliseconds(350)).joins.at(1).frame.value, 10 * kSecond + 16800);
}

TEST(OrderAtAFrame, WhatIsBlockedDoesNotPlayWhileAPlanWaitsForItsFrame) {
    auto player = *EnginePlayer::create(play::PlayerConfig(), profile);
    player->apply(plan({1, 2}, {}, true, "replaced"));
    const auto advance = [&](std::int64_t ms) {
        PlayerNews news;
        player->advance_to(Time{} + milliseconds(ms), news);
    };
    advance(27'500);                                       // item 2 begins at 28 s
    player->apply(plan({3}, FramePos{28 * kSecond + kSecond / 2}, false, "replaced"));
    flow::Blocks blocks;
    blocks.tracks.insert(track(2, 1).track);
    player->apply({.action = EngineAction::kForbid, .blocks = blocks});
    advance(40'000);
    for (const play::Join& join : player->joins()) EXPECT_NE(join.to.bytes[15], 2);
    EXPECT_EQ(player->joins().back().to.bytes[15], 3);
}

}  // namespace
}  // namespace attune::session
