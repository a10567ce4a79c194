// SPDX-License-Identifier: GPL-3.0-or-later
// Loudness of an album that is played in its own order, and of the same tracks in another.
#include <gtest/gtest.h>

#include <cmath>

#include "session/engine_player.hpp"

namespace attune::session {
namespace {

ContentKey key_of(int n) {
    ContentKey key;
    key.bytes[0] = static_cast<std::uint8_t>(n);
    return key;
}

/// Track n of one album: each 6 LU louder than the one before.
ProfilePtr track(int n) {
    auto p = std::make_shared<flow::TrackProfile>();
    p->key = key_of(n);
    p->tags.album = "An album";
    p->tags.artist = "Somebody";
    p->tags.track_number = n;
    p->source_rate_hz = 48000;
    p->frames = 48000 * 20;
    p->duration_s = 20;
    p->loudness_lufs = flow::Estimate<double>{-30.0 + 6.0 * n, {}, {}, ""};
    p->true_peak_dbtp = flow::Estimate<double>{-9.0, {}, {}, ""};
    return p;
}

/// Gain that each item is heard with, in the middle of it.
std::vector<double> heard_gains(const std::vector<int>& numbers) {
    play::PlayerConfig config;   // the timeline alone
    auto player = EnginePlayer::create(config, [](const ContentKey& key) { return track(key.bytes[0]); }).value();
    player->level_albums(-18.0);
    EngineOrder order;
    order.action = EngineAction::kAdopt;
    for (const int n : numbers) {
        flow::PlanItem item;
        item.id.bytes[15] = static_cast<std::uint8_t>(n);
        item.track = key_of(n);
        item.out_s = 20;
        item.fade_in_s = 2;
        item.gain_db = play::normalisation_gain_db(-30.0 + 6.0 * n, -9.0, -18.0);
        order.plan.items.push_back(item);
    }
    player->apply(order);
    EXPECT_TRUE(player->start());
    PlayerNews news;
    for (int t = 1; t <= 56; ++t) player->advance_to(Time{} + seconds(t), news);
    std::vector<double> gains;
    for (const int n : numbers) {
        double gain = NAN;
        for (const auto& [t, payload] : news) {
            const auto* h = std::get_if<flow::Heard>(&payload);
            if (h != nullptr && h->track == key_of(n) && h->position_s > 9.5 && h->position_s < 10.5) gain = h->gain_db;
        }
        gains.push_back(gain);
    }
    return gains;
}

TEST(Album, InItsOwnOrderKeepsTheLoudnessOfItsTracksAmongEachOther) {
    const auto gains = heard_gains({1, 2, 3});
    ASSERT_EQ(gains.size(), 3U);
    EXPECT_NEAR(gains[0], gains[1], 1e-6);
    EXPECT_NEAR(gains[1], gains[2], 1e-6);
    // Energy mean of -24, -18 and -12 LUFS is -15.5.
    EXPECT_NEAR(gains[0], -18.0 - 10.0 * std::log10((std::pow(10, -2.4) + std::pow(10, -1.8) + std::pow(10, -1.2)) / 3), .01);
}

TEST(Album, InAnotherOrderEachTrackStandsForItself) {
    const auto gains = heard_gains({3, 1, 2});   // 1 and 2 do follow one another
    EXPECT_NEAR(gains[0], -6.0, 1e-6);
    EXPECT_NEAR(gains[1], gains[2], 1e-6);
    const auto apart = heard_gains({3, 2, 1});
    EXPECT_NEAR(apart[0], -6.0, 1e-6);
    EXPECT_NEAR(apart[1], 0.0, 1e-6);
    EXPECT_NEAR(apart[2], 6.0, 1e-6);
}

}  // namespace
}  // namespace attune::session
