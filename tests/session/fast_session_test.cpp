// SPDX-License-Identifier: GPL-3.0-or-later
// A scripted persona through the whole loop, in virtual time, over a simulated library.
#include <gtest/gtest.h>

#include <algorithm>

#include "session/codec.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

TEST(FastSession, PlaysAPathOfItemsAndEndsByItself) {
    const Outcome outcome = run({.family = sense::Family::kTextbook});
    EXPECT_EQ(outcome.summary.why_ended, "finished");
    EXPECT_GE(outcome.summary.items.size(), 3U);
    EXPECT_NEAR(outcome.summary.ended.seconds(), 1200.0, 90.0);
    EXPECT_TRUE(outcome.summary.final_rating());
    double played = 0.0;
    for (const PlayedItem& item : outcome.summary.items) played += item.played_s;
    EXPECT_GT(played, 1000.0);
}

TEST(FastSession, TwoRunsAreTheSameEventForEvent) {
    const Outcome a = run({.persona = "low", .seed = 3});
    const Outcome b = run({.persona = "low", .seed = 3});
    ASSERT_EQ(a.events.size(), b.events.size());
    for (std::size_t i = 0; i < a.events.size(); ++i) {
        ASSERT_EQ(encode(a.events[i].payload), encode(b.events[i].payload)) << "event " << i + 1;
    }
}

TEST(FastSession, ReplayRecomputesEveryEstimateAndDecision) {
    const Outcome outcome = run({.seed = 2});
    const auto report = replay(outcome.events, stage().world);
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_TRUE(report->identical()) << report->first_difference.value_or(0) << ": " << report->difference;
    EXPECT_GT(report->outputs, 1000U);
    EXPECT_GT(report->plans, 0U);
}

TEST(FastSession, ReplayNamesTheFirstEventThatFollowsFromAnAlteredInput) {
    Outcome outcome = run({.seed = 2});
    std::uint64_t altered = 0;
    for (SessionEvent& event : outcome.events) {
        auto* rating = std::get_if<flow::Rating>(&event.payload);
        if (rating == nullptr || !rating->value) continue;
        rating->value->valence += .1;
        altered = event.seq;
        break;
    }
    ASSERT_GT(altered, 0U);
    const auto report = replay(outcome.events, stage().world);
    ASSERT_TRUE(report);
    ASSERT_TRUE(report->first_difference);
    EXPECT_GE(*report->first_difference, altered);
    EXPECT_LE(*report->first_difference, altered + 6);
}

TEST(FastSession, TwoDifferentListenersGetDifferentMusicFromOneLibrary) {
    const Outcome a = run({.persona = "anxious"});
    const Outcome b = run({.persona = "low"});
    EXPECT_NE(a.summary.items[0].plan.track, b.summary.items[0].plan.track);
}

TEST(FastSession, StopEndsAtOnce) {
    const Outcome outcome = run({.persona = "calm", .script = {command_at(90, flow::CommandKind::kStop)}});
    EXPECT_EQ(outcome.summary.why_ended, "stopped");
    EXPECT_LE(outcome.summary.ended.seconds(), 91.0);
}

TEST(FastSession, SkipGoesToAnotherTrackWithinTwoSeconds) {
    const Outcome outcome = run({.persona = "calm", .script = {command_at(30, flow::CommandKind::kSkip)}});
    ASSERT_GE(outcome.summary.items.size(), 2U);
    EXPECT_EQ(outcome.summary.items[0].why_ended, "skip");
    EXPECT_NEAR(outcome.summary.items[0].played_s, 31.5, 1.6);
    EXPECT_NE(outcome.summary.items[0].plan.track, outcome.summary.items[1].plan.track);
}

/// The frames that adopted plans name, and those that the engine was told, when the command at 30 s is of that origin.
std::vector<std::optional<FramePos>> frames_of_plans(const std::vector<SessionEvent>& events, flow::Origin origin) {
    auto conductor = *Conductor::create(std::get<Start>(events.front().payload), stage().world);
    std::vector<std::optional<FramePos>> frames;
    for (SessionEvent event : events) {
        if (is_output(event.kind())) continue;
        if (event.kind() == EventKind::kCommand) event.origin = origin;
        const Outputs out = conductor.step(event);
        std::optional<FramePos> recorded;
        for (const Payload& record : out.records) {
            const auto* decision = std::get_if<Decision>(&record);
            if (decision != nullptr && decision->plan) recorded = decision->at;
        }
        for (const EngineOrder& order : out.engine) {
            if (order.action != EngineAction::kAdopt) continue;
            EXPECT_EQ(order.at, recorded) << "the record says what the engine was told";
            frames.push_back(order.at);
        }
        if (frames.size() == 2) break;
    }
    return frames;
}

TEST(FastSession, ASimulatedSkipNamesItsFrameInTheRecordAndIsCutThereAPersonsOwnActsAtOnce) {
    const Outcome outcome = run({.persona = "calm", .script = {command_at(30, flow::CommandKind::kSkip)}});
    const auto simulated = frames_of_plans(outcome.events, flow::Origin::kSimulated);
    ASSERT_EQ(simulated.size(), 2U);
    EXPECT_FALSE(simulated[0]) << "the first plan is there before the first frame";
    EXPECT_EQ(simulated[1], FramePos{32 * 48000}) << "asked for at 30 s, there at 31 s, a second of lead";
    EXPECT_NEAR(outcome.summary.items.at(1).began.seconds(), 32.1, 1e-9);
    const auto by_hand = frames_of_plans(outcome.events, flow::Origin::kLive);
    ASSERT_EQ(by_hand.size(), 2U);
    EXPECT_FALSE(by_hand[1]);
}

TEST(FastSession, OnlyAPlanThatAPersonWaitsForIsTakenBeforeItsSecondIsOver) {
    const auto awaited = [](flow::CommandKind kind, flow::Origin origin) {
        const Outcome outcome = run({.persona = "calm", .script = {command_at(30, kind)}});
        auto conductor = *Conductor::create(std::get<Start>(outcome.events.front().payload), stage().world);
        std::vector<bool> found;
        for (SessionEvent event : outcome.events) {
            if (is_output(event.kind())) continue;
            if (event.kind() == EventKind::kCommand) event.origin = origin;
            const Outputs out = conductor.step(event);
            if (out.plan) found.push_back(out.plan->awaited);
            if (event.kind() == EventKind::kCommand) break;
        }
        return found;
    };
    EXPECT_EQ(awaited(flow::CommandKind::kSkip, flow::Origin::kLive), (std::vector{false, true}));
    EXPECT_EQ(awaited(flow::CommandKind::kBack, flow::Origin::kLive), (std::vector{false, true}));
    EXPECT_EQ(awaited(flow::CommandKind::kHold, flow::Origin::kLive), (std::vector{false, false})) << "nothing is cut for it";
    EXPECT_EQ(awaited(flow::CommandKind::kSkip, flow::Origin::kSimulated), (std::vector{false, false})) << "in every way to run alike";
}

TEST(FastSession, WithoutAResponseNoPolicyDiffersFromSilence) {
    const auto end = [](const std::string& strategy) {
        return *run({.seed = 4, .strategy = strategy, .response = 0.0}).result.true_final;
    };
    const flow::Va silence = end("silence");
    // Sessions differ in length by seconds of the last item; the listener's noise is the same.
    for (const char* strategy : {"planner", "nearest", "random"}) {
        EXPECT_NEAR(end(strategy).valence, silence.valence, .15) << strategy;
        EXPECT_NEAR(end(strategy).arousal, silence.arousal, .15) << strategy;
    }
}

double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return (x[(x.size() - 1) / 2] + x[x.size() / 2]) / 2.0;
}

TEST(FastSession, ATextbookListenerComesMostOfTheWayAndSilenceDoesNotBringThem) {
    std::vector<double> falls, more_than_silence;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto fall = [seed](const char* strategy) {
            return 1.0 - run({.family = sense::Family::kTextbook, .seed = seed, .strategy = strategy}).left();
        };
        falls.push_back(fall("planner"));
        more_than_silence.push_back(falls.back() - fall("silence"));
    }
    RecordProperty("median_fall", std::to_string(median(falls)));
    RecordProperty("median_fall_more_than_silence", std::to_string(median(more_than_silence)));
    EXPECT_GE(median(falls), .60);
    EXPECT_GE(median(more_than_silence), .40);
}

}  // namespace
}  // namespace attune::session
