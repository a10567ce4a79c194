// SPDX-License-Identifier: GPL-3.0-or-later
// Many track changes at real pace on the paced sink, while both cores work: no underrun, no stall.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "core/random.hpp"
#include "support/play_offline.hpp"

namespace attune::play {
namespace {

/// Keeps a core busy for as long as it lives.
class Load {
public:
    Load()
        : thread_([this] {
              while (!quit_.load(std::memory_order_relaxed)) x_ = x_ * 1.0000001 + 1e-9;
          }) {}
    ~Load() {
        quit_.store(true);
        thread_.join();
    }

private:
    std::atomic<bool> quit_{false};
    volatile double x_ = 1.0;
    std::thread thread_;
};

/// ATTUNE_TRACK_CHANGES=500 in the soak, 20 here.
int changes() {
    const char* n = std::getenv("ATTUNE_TRACK_CHANGES");
    return n != nullptr ? std::atoi(n) : 20;
}

TEST(PlayerStress, TrackChangesUnderLoadNeitherUnderrunNorStall) {
    test::TempDir dir;
    const std::vector<std::pair<std::string, int>> kinds{
        {"wav", 44100}, {"flac", 48000}, {"mp3", 44100}, {"opus", 48000}, {"m4a", 44100}};
    std::vector<std::string> files;
    for (const auto& [ending, rate] : kinds) {
        const auto x = test::sine(220.0 + 50.0 * static_cast<double>(files.size()), rate, 0,
                                  static_cast<std::size_t>(rate) * 8, .2);
        test::write_wav(dir.file("in.wav"), x, rate);
        files.push_back(dir.file("f" + std::to_string(files.size()) + "." + ending));
        if (ending == "wav")
            test::write_wav(files.back(), x, rate);
        else
            ASSERT_TRUE(test::encode(dir.file("in.wav"), files.back()));
    }
    core::SteadyClock clock;
    PlayerConfig config;
    config.mode = RunMode::kLive;
    config.engine.timeline.skip_fade_s = .3;
    auto made = Player::create(config, clock, make_null_sink());
    ASSERT_TRUE(made);
    Player& player = **made;
    core::Random random(11, "test/stress");
    int given = 0;
    const auto give = [&] {
        const auto k = static_cast<std::size_t>(given) % kinds.size();
        auto item = test::track(given + 1, 0, kinds[k].second, given % 3 == 0 ? 0.0 : .4, files[k]);
        if (given % 4 == 1) item->plan.tempo = {{0, 1.0}, {1, 1.01}};
        ASSERT_TRUE(player.enqueue(std::move(item)));
        ++given;
    };
    for (int k = 0; k < 4; ++k) give();
    ASSERT_TRUE(player.start());
    News news;
    int joins = 0;
    const Load one, two;
    const Time give_up = clock.now() + seconds(20 + 2 * changes());
    for (int tick = 0; joins < changes() && clock.now() < give_up; ++tick) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        News more = player.poll();
        joins += static_cast<int>(more.joins.size());
        for (const auto& j : more.joins)
            if (j.kind != JoinKind::kSeek) give();
        test::append(news, std::move(more));
        if (tick % 18 == 17) player.control({ControlKind::kSkip, 0, 0, -1});
        if (tick % 25 == 9) player.control({ControlKind::kSeek, random.uniform(0, 4), 0, -1});
        if (tick % 40 == 20)
            player.control({ControlKind::kTempo, random.uniform(.92, 1.08), 1.0, -1});
        if (tick % 80 == 70) player.control({ControlKind::kTempo, 1.0, 1.0, -1});
    }
    const Telemetry t = player.telemetry();
    RecordProperty("joins", joins);
    RecordProperty("underruns", static_cast<int>(t.underruns));
    RecordProperty("worst_gap_ms", std::to_string(t.worst_gap_ms));
    RecordProperty("worst_callback_us", std::to_string(t.worst_callback_us));
    RecordProperty("worst_block_ms", std::to_string(t.worst_block_ms));
    RecordProperty("lowest_buffer_ms", std::to_string(t.lowest_buffer_ms));
    EXPECT_GE(joins, changes());
    EXPECT_EQ(t.lost_messages, 0U);
    for (const auto& e : news.events) EXPECT_NE(e.kind, EventKind::kItemFailed) << e.item.text();
#ifndef __SANITIZE_THREAD__
    EXPECT_EQ(t.underruns, 0U);
    EXPECT_LT(t.worst_gap_ms, 100.0);
#endif
}

/// ATTUNE_LIVE_SECONDS=3600 in the soak: everything at once for an hour, and the counters stay at 0.
TEST(PlayerStress, ALongRunWithTempoAndFadesKeepsItsClock) {
    const char* asked = std::getenv("ATTUNE_LIVE_SECONDS");
    const double length_s = asked != nullptr ? std::atof(asked) : 14.0;
    test::TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(300, 44100, 0, 44100 * 20, .2), 44100);
    ASSERT_TRUE(test::encode(dir.file("a.wav"), dir.file("a.flac")));
    core::SteadyClock clock;
    PlayerConfig config;
    config.mode = RunMode::kLive;
    auto made = Player::create(config, clock, make_null_sink());
    ASSERT_TRUE(made);
    Player& player = **made;
    int given = 0;
    const auto give = [&] {
        auto item = test::track(given + 1, 0, 44100, given % 2 == 0 ? 0.0 : 3.0, dir.file("a.flac"));
        if (given % 3 == 1) item->plan.tempo = {{0, 1.0}, {4, 1.03}, {12, 1.0}};
        ASSERT_TRUE(player.enqueue(std::move(item)));
        ++given;
    };
    for (int k = 0; k < 4; ++k) give();
    ASSERT_TRUE(player.start());
    const Time begun = clock.now();
    double worst_clock_s = 0.0;
    std::int64_t bed = 0;
    Time late{};
    for (int tick = 0; (clock.now() - begun).seconds() < length_s; ++tick) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const News news = player.poll();
        for (const auto& j : news.joins) (void)j, give();
        for (const auto& e : news.events) bed += e.kind == EventKind::kBedStarted;
        for (const auto& h : news.heard) late = h.t;
        // What was heard last and what the clock says: the pace is the clock's.
        if (tick % 100 == 99)
            worst_clock_s = std::max(worst_clock_s, std::abs((clock.now() - late).seconds() - .5));
    }
    const Telemetry t = player.telemetry();
    RecordProperty("underruns", static_cast<int>(t.underruns));
    RecordProperty("worst_gap_ms", std::to_string(t.worst_gap_ms));
    RecordProperty("worst_callback_us", std::to_string(t.worst_callback_us));
    RecordProperty("worst_block_ms", std::to_string(t.worst_block_ms));
    RecordProperty("lowest_buffer_ms", std::to_string(t.lowest_buffer_ms));
    RecordProperty("clock_drift_ppm", std::to_string(t.clock_drift_ppm));
    EXPECT_EQ(t.lost_messages, 0U);
    EXPECT_EQ(bed, 0);
#ifndef __SANITIZE_THREAD__
    EXPECT_EQ(t.underruns, 0U);
    EXPECT_LT(t.worst_gap_ms, 100.0);
    EXPECT_LT(std::abs(t.clock_drift_ppm), 1e6 * .1 / std::max(10.0, length_s - 2.0));
    EXPECT_LT(worst_clock_s, 1.0);
#endif
}

TEST(PlayerStress, ManyPlayersComeAndGo) {
    test::TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(300, 44100, 0, 44100 * 3, .2), 44100);
    core::SteadyClock clock;
    for (int k = 0; k < 6; ++k) {
        PlayerConfig config;
        config.mode = RunMode::kLive;
        auto player = Player::create(config, clock, make_null_sink(k % 2 == 0 ? 256 : 1024));
        ASSERT_TRUE(player);
        ASSERT_TRUE((*player)->enqueue(test::track(1, 0, 44100, 0.0, dir.file("a.wav"))));
        ASSERT_TRUE((*player)->start());
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        if (k % 3 == 0) (*player)->stop();
        (void)(*player)->poll();
    }
}

}  // namespace
}  // namespace attune::play
