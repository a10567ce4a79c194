// SPDX-License-Identifier: GPL-3.0-or-later
// The player itself plays nothing that is blocked, whatever plan reaches it.
#include <gtest/gtest.h>

#include "session/engine_player.hpp"

namespace attune::session {
namespace {

flow::PlanItem track(std::uint8_t n, double seconds = 30.0) {
    flow::PlanItem item;
    item.id.bytes[15] = n;
    item.kind = flow::ItemKind::kTrack;
    item.track.bytes[0] = n;
    item.out_s = seconds;
    return item;
}

/// Tracks 1, 2, 3, ... of "Artist N", genre "death metal" where N is even, else "jazz".
ProfilePtr profile(const ContentKey& key) {
    flow::TrackProfile p;
    p.key = key;
    p.tags.artist = "Artist " + std::to_string(int{key.bytes[0]});
    p.tags.genre = key.bytes[0] % 2 == 0 ? "death metal" : "jazz";
    p.source_rate_hz = 48000;
    p.frames = 48000 * 30;
    p.duration_s = 30.0;
    return std::make_shared<const flow::TrackProfile>(p);
}

class BlockedInThePlayer : public testing::Test {
protected:
    void adopt(std::initializer_list<std::uint8_t> tracks) {
        EngineOrder order;
        order.action = EngineAction::kAdopt;
        for (const std::uint8_t n : tracks) order.plan.items.push_back(track(n));
        player->apply(order);
    }
    void forbid(flow::Blocks blocks) { player->apply({.action = EngineAction::kForbid, .blocks = std::move(blocks)}); }
    /// The tracks that were heard up to then, in order; what ended, and how, is kept in `ended`.
    std::vector<int> heard_until(int second) {
        std::vector<int> heard;
        for (; now <= second; ++now) {
            PlayerNews news;
            player->advance_to(Time{} + seconds(now), news);
            for (const auto& [t, payload] : news) {
                if (const auto* h = std::get_if<flow::Heard>(&payload); h != nullptr && h->playing && h->kind == flow::ItemKind::kTrack) {
                    const int n = h->track.bytes[0];
                    if (n != 0 && (heard.empty() || heard.back() != n)) heard.push_back(n);
                }
                if (const auto* e = std::get_if<ItemEnded>(&payload)) ended[e->item.bytes[15]] = e->why + (e->error.empty() ? "" : ", " + e->error);
            }
        }
        return heard;
    }
    std::unique_ptr<EnginePlayer> player = EnginePlayer::create(play::PlayerConfig(), profile).value();
    std::map<int, std::string> ended;
    int now = 1;
};

TEST_F(BlockedInThePlayer, APlanLosesTracksArtistsAndTagsThatAreBlocked) {
    flow::Blocks blocks;
    blocks.tracks.insert(track(1).track);
    blocks.artists.insert("artist 5");
    blocks.tags.insert("metal");
    forbid(blocks);
    adopt({1, 2, 3, 4, 5, 7});
    EXPECT_EQ(heard_until(58), (std::vector<int>{3, 7}));
    for (const int n : {1, 2, 4, 5}) EXPECT_EQ(ended[n], "failed, blocked") << n;
}

TEST_F(BlockedInThePlayer, WhatWaitsInTheQueueIsNotPlayed) {
    adopt({1, 2, 3});
    EXPECT_EQ(heard_until(10), (std::vector<int>{1}));
    flow::Blocks blocks;
    blocks.tags.insert("metal");
    forbid(blocks);
    EXPECT_EQ(heard_until(55), (std::vector<int>{1, 3}));
}

TEST_F(BlockedInThePlayer, WhatPlaysIsLeftWithinASecond) {
    adopt({1, 2, 3});
    EXPECT_EQ(heard_until(10), (std::vector<int>{1}));
    flow::Blocks blocks;
    blocks.artists.insert("artist 1");
    forbid(blocks);
    (void)heard_until(11);
    EXPECT_EQ(heard_until(13), (std::vector<int>{2}));
    EXPECT_EQ(ended[1], "blocked");
}

}  // namespace
}  // namespace attune::session
