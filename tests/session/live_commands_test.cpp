// SPDX-License-Identifier: GPL-3.0-or-later
// Buttons in a live session over real files: what was said first is not lost, and a skip is heard without the safe bed.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <thread>

#include "support/stage.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

using K = flow::CommandKind;

struct Said {
    double after_s;
    Payload what;
};

flow::Command command(K kind) {
    flow::Command c;
    c.kind = kind;
    return c;
}

/// 16 bit, one channel, -26 dBFS.
void write_tone(const std::filesystem::path& file, int rate, int frames) {
    std::string bytes;
    const auto number = [&](std::int64_t x, int size) {
        for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(x >> (8 * i)));
    };
    bytes += "RIFF", number(36 + 2 * frames, 4), bytes += "WAVEfmt ", number(16, 4), number(1, 2), number(1, 2);
    number(rate, 4), number(2 * rate, 4), number(2, 2), number(16, 2), bytes += "data", number(2 * frames, 4);
    for (int k = 0; k < frames; ++k) number(std::lround(1638.0 * std::sin(2.0 * std::numbers::pi * 440.0 * k / rate)), 2);
    std::ofstream(file, std::ios::binary) << bytes;
}

/// Every track of the library is the same quiet tone.
struct Live {
    test::TempDir dir;
    std::filesystem::path file = dir.path() / "tone.wav";
    std::vector<SessionEvent> events;
    World world = stage().world;

    explicit Live(const std::vector<Said>& said) {
        constexpr int kRate = 8000, kSeconds = 60;
        write_tone(file, kRate, kRate * kSeconds);
        RunSetup setup;
        setup.start.session = core::IdSource().next();
        setup.start.goal = *flow::Goal::parse("calm", 20);
        setup.start.start = flow::Va{-.4, .6};
        setup.start.seed = 1;
        setup.start.fingerprint = fingerprint();
        setup.start.policy.safe_track = world.view->key[7];
        setup.world = world;
        setup.profiles = [&](const ContentKey& key) -> ProfilePtr {
            const auto known = stage().profiles()(key);
            if (!known) return known;
            auto tone = std::make_shared<flow::TrackProfile>(*known);
            tone->path = file.string();
            tone->source_rate_hz = kRate;
            tone->frames = kRate * kSeconds;
            tone->duration_s = kSeconds;
            return tone;
        };
        play::PlayerConfig config;
        config.mode = play::RunMode::kLive;
        setup.player = *EnginePlayer::create(config, setup.profiles, play::make_null_sink());
        setup.live = true;
        Inbox inbox;
        setup.inbox = &inbox;
        setup.sink = [&](const SessionEvent& event) { events.push_back(event); };
        std::thread mouth([&] {
            for (const Said& s : said) {
                std::this_thread::sleep_for(std::chrono::duration<double>(s.after_s));
                inbox.push({s.what, "local", flow::Origin::kLive});
            }
        });
        const auto result = run(std::move(setup));
        mouth.join();
        EXPECT_TRUE(result) << result.error().describe();
    }
    /// Tracks in the order in which they were heard.
    std::vector<ContentKey> heard() const {
        std::vector<ContentKey> tracks;
        for (const SessionEvent& e : events)
            if (const auto* h = std::get_if<flow::Heard>(&e.payload); h != nullptr && h->playing && h->kind == flow::ItemKind::kTrack && !h->item.none())
                if (tracks.empty() || tracks.back() != h->track) tracks.push_back(h->track);
        return tracks;
    }
    std::vector<std::string> ends() const {
        std::vector<std::string> why;
        for (const SessionEvent& e : events)
            if (const auto* ended = std::get_if<ItemEnded>(&e.payload)) why.push_back(ended->why);
        return why;
    }
    int beds() const {
        int n = 0;
        for (const SessionEvent& e : events)
            if (const auto* fault = std::get_if<Fault>(&e.payload)) n += fault->code == "bed_started";
        return n;
    }
    void expect_replayed() const {
        const auto report = replay(events, world);
        ASSERT_TRUE(report) << report.error().describe();
        EXPECT_FALSE(report->first_difference) << report->difference;
    }
};

TEST(LiveSession, ASkipAndThenADislikeIsASkipAndTheBedNeverPlays) {
    flow::Rating dislike;
    dislike.kind = flow::RatingKind::kLiking;
    dislike.liking = -.5;
    const Live live({{3.0, command(K::kSkip)}, {.4, dislike}, {4.0, command(K::kStop)}});
    EXPECT_EQ(live.heard().size(), 2U);
    ASSERT_FALSE(live.ends().empty());
    EXPECT_EQ(live.ends().front(), "skip");
    EXPECT_EQ(live.beds(), 0);
    live.expect_replayed();
}

TEST(LiveSession, UnsafeAndThenHoldBringsTheSafeTrack) {
    const Live live({{3.0, command(K::kUnsafe)}, {.4, command(K::kHold)}, {4.0, command(K::kStop)}});
    ASSERT_EQ(live.heard().size(), 2U);
    EXPECT_EQ(live.heard().back(), live.world.view->key[7]);
    EXPECT_EQ(live.beds(), 0);
    live.expect_replayed();
}

}  // namespace
}  // namespace attune::session
