// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/timeline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/play_items.hpp"

namespace attune::play {
namespace {

using test::id_of;
using test::track;

/// A timeline, its items, and everything it said.
struct Rig {
    explicit Rig(TimelineConfig config = {}) : timeline(config) {}
    Timeline timeline;
    std::vector<std::unique_ptr<Item>> items;
    std::vector<Join> joins;
    std::vector<Event> events;
    float last_gain = 0.0F;
    Item& add(std::unique_ptr<Item> item) {
        items.push_back(std::move(item));
        timeline.push(items.back().get());
        return *items.back();
    }
    /// Runs to an engine frame in blocks of `block`.
    void to(std::int64_t frame, int block = 480) {
        while (timeline.frame() < frame) {
            const auto n =
                static_cast<int>(std::min<std::int64_t>(block, frame - timeline.frame()));
            const Segment s = timeline.advance(n);
            for (const auto& v : s.voices)
                if (v.active) last_gain = v.gain_to;
            while (auto j = timeline.take_join()) joins.push_back(*j);
            while (auto e = timeline.take_event()) events.push_back(*e);
        }
    }
    [[nodiscard]] bool has(EventKind kind) const {
        for (const auto& e : events)
            if (e.kind == kind) return true;
        return false;
    }
};

TEST(Timeline, GaplessJoinsLieWhereTheResamplerThatRunsOnPutsThem) {
    Rig run;
    run.add(track(1, 44100 * 3 + 17));
    run.add(track(2, 44100 * 2 + 5));
    run.add(track(3, 44100 * 20));
    run.to(48000 * 8);
    ASSERT_EQ(run.joins.size(), 3U);
    EXPECT_EQ(run.joins[0].kind, JoinKind::kStart);
    EXPECT_EQ(run.joins[1].kind, JoinKind::kGapless);
    const auto at = [](std::int64_t source) { return (source * 480 + 440) / 441; };
    EXPECT_EQ(run.joins[1].frame.value, at(44100 * 3 + 17));
    EXPECT_EQ(run.joins[2].frame.value, at(44100 * 5 + 22));
    EXPECT_EQ(run.joins[2].from, id_of(2));
}

TEST(Timeline, TheSameInAnyBlockSize) {
    std::vector<std::vector<Join>> all;
    std::vector<double> positions;
    for (const int block : {1, 37, 240, 480, 4800}) {
        Rig run;
        run.add(track(1, 44100 * 3));
        auto& two = run.add(track(2, 48000 * 4, 48000, 1.0));
        two.plan.tempo = {{0.0, 1.0}, {2.0, 1.03}};
        run.add(track(3, 44100 * 20, 44100, 2.0));
        run.timeline.control({ControlKind::kTempo, 1.06, 1.0, 30001});
        run.timeline.control({ControlKind::kPause, 0, 0, 100003});
        run.timeline.control({ControlKind::kResume, 0, 0, 120011});
        run.to(48000 * 9, block);
        all.push_back(run.joins);
        positions.push_back(run.timeline.now().position_s);
    }
    for (const auto& joins : all) EXPECT_EQ(joins, all.front());
    for (const double p : positions) EXPECT_EQ(p, positions.front());
}

/// Items 11, 12, ... linked as the player links them.
const Item* linked(Rig& run, int n) {
    const Item* first = nullptr;
    for (int k = n; k > 0; --k) {
        run.items.push_back(track(10 + k, 48000 * 20, 48000, 2.0));
        run.items.back()->next = first;
        first = run.items.back().get();
    }
    return first;
}

TEST(Timeline, AQueueIsAdoptedAtItsFrameHoweverLateItIsToldOfIt) {
    constexpr std::int64_t kAt = 48000 * 5 + 123;
    std::vector<std::vector<Join>> all;
    for (const std::int64_t told : {0, 48000 * 4, 48000 * 5, 48000 * 5 + 122}) {
        Rig run;
        run.add(track(1, 48000 * 30, 48000));
        run.add(track(2, 48000 * 30, 48000, 2.0));
        run.to(told, 479);
        run.timeline.adopt({linked(run, 2), kAt, true});
        EXPECT_EQ(run.timeline.expected(3).item, run.items[3].get()) << "to be opened before its frame";
        EXPECT_EQ(run.timeline.queued(), told == 0 ? 2 : 1);
        run.to(48000 * 40, 479);
        all.push_back(run.joins);
    }
    for (const auto& joins : all) EXPECT_EQ(joins, all.front());
    ASSERT_GE(all.front().size(), 3U);
    EXPECT_EQ(all.front()[1].frame.value, kAt);
    EXPECT_EQ(all.front()[1].kind, JoinKind::kSkip);
    EXPECT_EQ(all.front()[1].to, id_of(11));
    EXPECT_EQ(all.front()[2].to, id_of(12));
}

TEST(Timeline, AQueueThatWaitsForItsFrameIsOvertakenByOneAtOnceButNotItsCut) {
    Rig run;
    run.add(track(1, 48000 * 30, 48000));
    run.to(48000 * 4);
    run.timeline.adopt({linked(run, 1), 48000 * 5, true});
    run.items.push_back(track(20, 48000 * 20, 48000, 2.0));
    run.timeline.adopt({run.items.back().get(), -1, false});
    run.to(48000 * 12);
    ASSERT_EQ(run.joins.size(), 2U);
    EXPECT_EQ(run.joins[1].to, id_of(20));
    EXPECT_EQ(run.joins[1].frame.value, 48000 * 4);
}

TEST(Timeline, AFileThatCannotBeOpenedIsLeftOutOfAQueueThatWaits) {
    Rig run;
    run.add(track(1, 48000 * 30, 48000));
    run.to(48000 * 4);
    const Item* first = linked(run, 2);
    run.timeline.adopt({first, 48000 * 5, true});
    run.timeline.fail(first, ErrorCode::kNotFound);
    run.to(48000 * 6);
    EXPECT_TRUE(run.has(EventKind::kItemFailed));
    ASSERT_EQ(run.joins.size(), 2U);
    EXPECT_EQ(run.joins[1].to, id_of(12));
}

TEST(Timeline, ACrossfadeHasEqualPowerAndEndsWithTheItem) {
    Rig run;
    run.add(track(1, 48000 * 20, 48000));
    run.add(track(2, 48000 * 40, 48000, 4.0));
    run.to(48000 * 16 - 10);
    EXPECT_EQ(run.joins.size(), 1U);
    run.to(48000 * 16 + 10);
    ASSERT_EQ(run.joins.size(), 2U);
    EXPECT_EQ(run.joins[1].frame.value, 48000 * 16);
    EXPECT_EQ(run.joins[1].fade_frames, 48000 * 4);
    for (std::int64_t f = 48000 * 16 + 480; f < 48000 * 20; f += 4800) {
        run.to(f);
        const Segment s = run.timeline.advance(1);
        double power = 0;
        for (const auto& v : s.voices)
            if (v.active)
                power += static_cast<double>(v.gain_from) * static_cast<double>(v.gain_from);
        EXPECT_NEAR(power, 1.0, 1e-4) << f;
    }
}

TEST(Timeline, ACrossfadeIsMovedToTheBeatOfBoth) {
    Rig run;
    auto one = track(1, 48000 * 30, 48000);
    auto two = track(2, 48000 * 40, 48000, 4.0);
    for (int k = 0; k < 60; ++k) one->beats_s.push_back(.13F + .5F * static_cast<float>(k));
    for (int k = 0; k < 60; ++k) two->beats_s.push_back(.31F + .52F * static_cast<float>(k));
    run.add(std::move(one));
    run.add(std::move(two));
    run.to(48000 * 28);
    ASSERT_EQ(run.joins.size(), 2U);
    EXPECT_TRUE(run.joins[1].beat_aligned);
    const double first_beat = static_cast<double>(run.joins[1].frame.value) / 48000 + .31;
    EXPECT_NEAR(std::remainder(first_beat - .13, .5), 0.0, 1e-3);
    EXPECT_LE(run.joins[1].frame.value, 48000 * 26);
}

TEST(Timeline, ASessionBeginsAndEndsSlowly) {
    TimelineConfig config;
    config.bed_when_empty = false;
    Rig run(config);
    run.add(track(1, 48000 * 30, 48000));
    run.to(480);
    EXPECT_LT(run.last_gain, .02F);
    run.to(48000);
    EXPECT_NEAR(run.last_gain, .5F, .01F);
    run.to(48000 * 2);
    EXPECT_FLOAT_EQ(run.last_gain, 1.0F);
    run.to(48000 * 20);
    EXPECT_FLOAT_EQ(run.last_gain, 1.0F);
    run.to(48000 * 25);
    EXPECT_NEAR(run.last_gain, std::cos(std::acos(-1.0) / 4), .01);
    run.to(48000 * 31);
    EXPECT_TRUE(run.timeline.ended());
    EXPECT_EQ(run.joins.back().kind, JoinKind::kEnd);
    EXPECT_EQ(run.joins.back().frame.value, 48000 * 30);
}

TEST(Timeline, StopIsSilentWithinHalfASecond) {
    Rig run;
    run.add(track(1, 48000 * 30, 48000));
    run.to(48000 * 5);
    run.timeline.control({ControlKind::kStop, 0, 0, -1});
    run.to(48000 * 5 + 24000);
    EXPECT_TRUE(run.timeline.ended());
    EXPECT_EQ(run.last_gain, 0.0F);
}

TEST(Timeline, TempoFollowsTheIntegralOfTheCommandedRatio) {
    Rig run;
    run.add(track(1, 48000 * 600, 48000));
    run.to(48000);
    run.timeline.control({ControlKind::kTempo, 1.08, .5, -1});
    run.to(48000 * 181);
    const double expected = 1.0 + .5 * 1.04 + 179.5 * 1.08;
    EXPECT_NEAR(run.timeline.now().position_s, expected,
                .006);  // the ramp is drawn in steps of 5 ms
    EXPECT_NEAR(run.timeline.now().ratio, 1.08, 1e-6);
}

TEST(Timeline, AnUnaskedTempoChangeStaysUnderOnePercentInThreeSeconds) {
    Rig run;
    auto& item = run.add(track(1, 48000 * 600, 48000));
    item.plan.tempo = {{0.0, 1.0}, {1.0, 1.1}};
    double before = 1.0;
    for (int second = 3; second < 60; second += 3) {
        run.to(48000 * second);
        EXPECT_LE(run.timeline.now().ratio - before, .0101);
        before = run.timeline.now().ratio;
    }
    EXPECT_NEAR(before, 1.1, 1e-6);
}

TEST(Timeline, SkipBackAndSeekLandOnTheirFrames) {
    Rig run;
    run.add(track(1, 48000 * 60, 48000));
    run.add(track(2, 48000 * 60, 48000));
    run.to(48000 * 10);
    run.timeline.control({ControlKind::kSeek, 42.5, 0, -1});
    run.to(48000 * 11);
    EXPECT_EQ(run.joins.back().kind, JoinKind::kSeek);
    EXPECT_EQ(run.joins.back().frame.value, 48000 * 10 + 12000);
    EXPECT_DOUBLE_EQ(run.joins.back().to_position_s, 42.5);
    EXPECT_NEAR(run.timeline.now().position_s, 43.25, 1e-9);
    run.timeline.control({ControlKind::kSkip, 0, 0, -1});
    run.to(48000 * 12);
    EXPECT_EQ(run.timeline.now().item->plan.id, id_of(2));
    run.timeline.control({ControlKind::kBack, 0, 0, -1});
    run.to(48000 * 13);
    EXPECT_EQ(run.timeline.now().item->plan.id, id_of(1));
}

TEST(Timeline, HoldRepeatsTheItemUntilItMayGoOn) {
    Rig run;
    run.add(track(1, 48000 * 20, 48000));
    run.add(track(2, 48000 * 20, 48000));
    run.timeline.control({ControlKind::kHold, 0, 0, -1});
    run.to(48000 * 40);
    EXPECT_EQ(run.timeline.now().item->plan.id, id_of(1));
    EXPECT_EQ(run.joins.back().kind, JoinKind::kRepeat);
    run.timeline.control({ControlKind::kGoOn, 0, 0, -1});
    run.to(48000 * 60);
    EXPECT_EQ(run.timeline.now().item->plan.id, id_of(2));
}

TEST(Timeline, AStarvingVoiceGivesWayToTheBedAndComesBack) {
    Rig run;
    run.add(track(1, 48000 * 60, 48000));
    run.to(48000 * 10);
    run.timeline.set_starving(1, true);
    run.to(48000 * 11);
    EXPECT_TRUE(run.timeline.now().bed);
    EXPECT_TRUE(run.has(EventKind::kBedStarted));
    const double stood = run.timeline.now().position_s;
    run.to(48000 * 12);
    EXPECT_EQ(run.timeline.now().position_s, stood);
    run.timeline.set_starving(1, false);
    run.to(48000 * 13);
    EXPECT_FALSE(run.timeline.now().bed);
    EXPECT_NEAR(run.timeline.now().position_s, stood + 1.0, 1e-6);
}

TEST(Timeline, AFailedItemIsLeftOutAndSaidSo) {
    Rig run;
    run.add(track(1, 48000 * 30, 48000));
    Item& bad = run.add(track(2, 48000 * 30, 48000));
    run.add(track(3, 48000 * 30, 48000));
    run.to(48000);
    run.timeline.fail(&bad, ErrorCode::kCorrupt);
    run.to(48000 * 31);
    EXPECT_EQ(run.timeline.now().item->plan.id, id_of(3));
    ASSERT_TRUE(run.has(EventKind::kItemFailed));
    run.timeline.fail(run.items[2].get(), ErrorCode::kIo);
    run.to(48000 * 32);
    EXPECT_TRUE(run.timeline.now().bed);
}

TEST(Timeline, AnEmptyQueueIsToldAndBridged) {
    Rig run;
    run.add(track(1, 48000 * 15, 48000));
    run.to(48000 * 6);
    EXPECT_TRUE(run.has(EventKind::kQueueEmpty));
    run.to(48000 * 16);
    EXPECT_TRUE(run.timeline.now().bed);
    EXPECT_FALSE(run.timeline.ended());
    run.add(track(2, 48000 * 15, 48000));
    run.to(48000 * 17);
    EXPECT_FALSE(run.timeline.now().bed);
    EXPECT_EQ(run.timeline.now().item->plan.id, id_of(2));
}

TEST(Timeline, TheLevelNeverPassesTheCeilingAndPositiveGainNeverTheTruePeak) {
    TimelineConfig config;
    config.ceiling_gain_db = -2.0;
    Rig run(config);
    auto& item = run.add(track(1, 48000 * 60, 48000));
    item.plan.gain_db = 9.0;
    run.timeline.control({ControlKind::kLevel, 12.0, 0, -1});
    run.to(48000 * 10);
    EXPECT_NEAR(run.timeline.now().gain_db, -2.0, 1e-3);  // no true peak known: nothing is raised
    Item known;
    known.plan.gain_db = 9.0;
    known.true_peak_dbtp = -4.0;
    EXPECT_DOUBLE_EQ(bounded_gain_db(known), 3.0);
}

TEST(Timeline, SilenceIsAnItemOfItsLength) {
    Rig run;
    run.add(track(1, 48000 * 5, 48000));
    run.add(test::silence(2, 3.0));
    run.add(track(3, 48000 * 20, 48000));
    run.to(48000 * 10);
    ASSERT_EQ(run.joins.size(), 3U);
    EXPECT_EQ(run.joins[1].frame.value, 48000 * 5);
    EXPECT_EQ(run.joins[2].frame.value, 48000 * 8);
}

}  // namespace
}  // namespace attune::play
