// SPDX-License-Identifier: GPL-3.0-or-later
// A body that is more active than the plan counts on, without a rating that says so: what it may do to the music, whose
// sessions count, and when it may do nothing.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "affect/body_recogniser.hpp"
#include "choose/replan.hpp"
#include "core/random.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

constexpr double kUpS = 330.0;    ///< the body rises here, with its baseline behind it

/// A wristband's index: noise of the person's own SD, `up` of them higher from kUpS to `until_s`.
void add_body(Cast& cast, double up, flow::SourceKind kind = flow::SourceKind::kBody, double until_s = 1e9) {
    core::Random random(cast.seed, "test/body");
    cast.script.push_back({{}, SourceChange{"wrist", kind, flow::SourceStatus::kWarmingUp, {}}});
    for (int t = 1; t < 1260; ++t) {
        flow::Evidence evidence;
        evidence.source = "wrist";
        evidence.kind = kind;
        evidence.t = Time{} + seconds(t);
        evidence.window_s = 60.0;
        evidence.dt_frame_s = 1.0;
        evidence.arousal = flow::Index{random.normal(0.0, 1.0) + (t >= kUpS && t < until_s ? up : 0.0), .5, 1.0};
        evidence.model = "test@1";
        evidence.origin = flow::Origin::kSimulated;
        cast.script.push_back({evidence.t, evidence});
    }
}

Cast tense_evening() { return {.seed = 3, .answers = false, .start = flow::Va{-.35, .60}}; }

Outcome run_with_body(double up, Cast cast = tense_evening()) {
    add_body(cast, up);
    std::stable_sort(cast.script.begin(), cast.script.end(), [](const auto& a, const auto& b) { return a.t < b.t; });
    return run(std::move(cast));
}

std::string after_sessions(std::int64_t n) {
    PersonState person;
    person.ordinal = n;
    return person.text();
}

std::vector<std::pair<Time, Decision>> of_body(const Outcome& outcome, const std::string& what = "body_") {
    std::vector<std::pair<Time, Decision>> found;
    for (const auto& [t, decision] : outcome.summary.decisions)
        if (decision.what.starts_with(what)) found.emplace_back(t, decision);
    return found;
}

bool asked_for(const Outcome& outcome, const std::string& why) {
    return std::any_of(outcome.summary.decisions.begin(), outcome.summary.decisions.end(), [&](const auto& d) {
        return d.second.what == "plan_requested" && d.second.reasons.front().code == "replan_" + why;
    });
}

const PlayedItem& item_at(const Outcome& outcome, Time t) {
    const auto& items = outcome.summary.items;
    const auto after = std::find_if(items.begin(), items.end(), [&](const auto& i) { return i.began.ns > t.ns; });
    return *(after - 1);
}

TEST(BodySession, TheFirstTimeTheNextPieceStaysWhereThisOneIsAndTheWayGoesOnAfterIt) {
    const Outcome outcome = run_with_body(4.0);
    const auto holds = of_body(outcome, "body_hold");
    ASSERT_FALSE(holds.empty());
    const auto& [t, hold] = holds.front();
    EXPECT_GE(t.seconds(), kUpS + choose::kBodyStandsS) << "it has to stand for a minute";
    EXPECT_EQ(hold.reasons.front().code, "body_hold");
    EXPECT_GT(std::stod(hold.reasons.front().args.at("sd")), choose::kReplanSd);
    EXPECT_TRUE(asked_for(outcome, "body_hold"));
    const PlayedItem& playing = item_at(outcome, t);
    const auto adopted = std::find_if(outcome.summary.decisions.begin(), outcome.summary.decisions.end(),
                                      [&, at = t](const auto& d) { return d.second.plan && d.first.ns > at.ns; });
    ASSERT_NE(adopted, outcome.summary.decisions.end());
    std::vector<flow::PlanItem> tracks;
    for (const auto& item : adopted->second.plan->items)
        if (item.kind == flow::ItemKind::kTrack) tracks.push_back(item);
    ASSERT_GE(tracks.size(), 2U);
    EXPECT_EQ(tracks[0].phase, flow::Phase::kHold);
    EXPECT_EQ(tracks[0].waypoint, *playing.plan.expected);
    EXPECT_NE(tracks[1].phase, flow::Phase::kHold) << "one piece only";
}

TEST(BodySession, ItActsOnceAnItemAndNeverHoldsTwoItemsRunning) {
    const Outcome outcome = run_with_body(4.0);
    const auto acts = of_body(outcome);
    ASSERT_GE(acts.size(), 2U);
    std::set<std::string> items;
    for (const auto& [t, decision] : acts) {
        const PlayedItem& playing = item_at(outcome, t);
        EXPECT_TRUE(items.insert(playing.plan.id.text()).second) << "twice in one item at " << t.seconds();
        EXPECT_NE(playing.plan.phase, flow::Phase::kLand);
        EXPECT_TRUE(playing.plan.phase != flow::Phase::kHold || decision.what == "body_soften") << t.seconds();
    }
    EXPECT_FALSE(of_body(outcome, "body_soften").empty()) << "what already stays is softened";
}

TEST(BodySession, WhatWasSoftenedIsItselfAgainASecondIntoTheNextItem) {
    const Outcome outcome = run_with_body(4.0);
    auto conductor = *Conductor::create(std::get<Start>(outcome.events.front().payload), stage().world);
    std::vector<EngineOrder> mellow;
    std::vector<Time> at;
    for (const SessionEvent& event : outcome.events) {
        if (is_output(event.kind())) continue;
        for (const EngineOrder& order : conductor.step(event).engine) {
            if (order.action != EngineAction::kMellow) continue;
            mellow.push_back(order);
            at.push_back(event.t);
        }
    }
    ASSERT_GE(mellow.size(), 2U);
    for (std::size_t i = 0; i < mellow.size(); ++i) {
        EXPECT_EQ(mellow[i].at, std::optional(acts_at(at[i]))) << "all three ways to run have that frame before them";
        EXPECT_EQ(mellow[i].value > 0.0, i % 2 == 0) << "softened, and itself again, in turn";
    }
}

TEST(BodySession, FromTheEleventhSessionOnItReplansAndNeverBefore) {
    const auto in_session = [](std::int64_t before) {
        Cast cast = tense_evening();
        cast.person_state = after_sessions(before);
        return run_with_body(4.0, std::move(cast));
    };
    const Outcome tenth = in_session(9), eleventh = in_session(10);
    EXPECT_TRUE(of_body(tenth, "body_replan").empty());
    EXPECT_FALSE(asked_for(tenth, "body"));
    EXPECT_FALSE(of_body(tenth).empty());
    EXPECT_FALSE(of_body(eleventh, "body_replan").empty());
    EXPECT_TRUE(asked_for(eleventh, "body"));
    EXPECT_EQ(of_body(eleventh).size(), of_body(eleventh, "body_replan").size());
    EXPECT_EQ(eleventh.result.learnt.ordinal, 11);
}

TEST(BodySession, ReplayRecomputesWhatABodyDid) {
    for (const std::int64_t before : {0, 10}) {
        Cast cast = tense_evening();
        cast.person_state = after_sessions(before);
        const Outcome outcome = run_with_body(4.0, std::move(cast));
        ASSERT_FALSE(of_body(outcome).empty());
        const auto report = replay(outcome.events, stage().world);
        ASSERT_TRUE(report) << report.error().describe();
        EXPECT_TRUE(report->identical()) << report->difference;
    }
}

TEST(BodySession, ACalmerBodyOneThatWavesAndOneThatIsUpForHalfAMinuteDoNothing) {
    EXPECT_TRUE(of_body(run_with_body(-4.0)).empty()) << "a heart that slows in a chair says nothing";
    EXPECT_TRUE(of_body(run_with_body(0.0)).empty());
    Cast brief = tense_evening();
    add_body(brief, 4.0, flow::SourceKind::kBody, kUpS + 30.0);
    EXPECT_TRUE(of_body(run(std::move(brief))).empty());
}

TEST(BodySession, OnlyHeartAndSkinDoIt) {
    for (const auto kind : {flow::SourceKind::kVoice, flow::SourceKind::kFace, flow::SourceKind::kEeg}) {
        Cast cast = tense_evening();
        add_body(cast, 4.0, kind);
        EXPECT_TRUE(of_body(run(std::move(cast))).empty()) << flow::to_string(kind);
    }
    Cast heart = tense_evening();
    add_body(heart, 5.0, flow::SourceKind::kHeart);
    EXPECT_FALSE(of_body(run(std::move(heart))).empty());
}

TEST(BodySession, InsideTheGoalMoreActivationIsNoReasonToStay) {
    Cast cast = tense_evening();
    cast.goal = "energise";
    cast.start = flow::Va{.3, .5};
    EXPECT_TRUE(of_body(run_with_body(4.0, std::move(cast))).empty());
}

TEST(BodySession, WhileAPersonHoldsNothingIsAddedAndAfterGoOnItCounts) {
    Cast held = tense_evening();
    held.script = {command_at(100, flow::CommandKind::kHold)};
    EXPECT_TRUE(of_body(run_with_body(4.0, std::move(held))).empty());
    Cast freed = tense_evening();
    freed.script = {command_at(100, flow::CommandKind::kHold), command_at(500, flow::CommandKind::kGoOn)};
    const auto acts = of_body(run_with_body(4.0, std::move(freed)));
    ASSERT_FALSE(acts.empty());
    EXPECT_GE(acts.front().first.seconds(), 560.0) << "the minute begins when it may speak";
}

TEST(BodySession, NotWhilePausedNorInALockedPlanNorAfterSomebodyGotWorseNorInLanding) {
    Cast paused = tense_evening();
    paused.script = {command_at(335, flow::CommandKind::kPause), command_at(700, flow::CommandKind::kResume)};
    for (const auto& [t, decision] : of_body(run_with_body(4.0, std::move(paused)))) EXPECT_GE(t.seconds(), 760.0);
    Cast worse = tense_evening();
    worse.script = {rating_at(200, {-.8, .9}), rating_at(205, {-.8, .9}), command_at(210, flow::CommandKind::kKeepGoing)};
    EXPECT_TRUE(of_body(run_with_body(4.0, std::move(worse))).empty());
    Cast unsafe = tense_evening();
    unsafe.script = {command_at(100, flow::CommandKind::kUnsafe), command_at(130, flow::CommandKind::kKeepGoing)};
    EXPECT_TRUE(of_body(run_with_body(4.0, std::move(unsafe))).empty());
    Cast locked = tense_evening();
    auto lock = command_at(100, flow::CommandKind::kLockPlan);
    std::get<flow::Command>(lock.payload).role = flow::Role::kTherapist;
    locked.script = {lock};
    EXPECT_TRUE(of_body(run_with_body(4.0, std::move(locked))).empty());
}

TEST(BodySession, AQuestionThatStandsIsAnsweredFirst) {
    const Outcome outcome = run_with_body(4.0);
    std::optional<Time> asked;
    for (const auto& [t, decision] : outcome.summary.decisions) {
        if (!decision.question.empty()) asked = t;
        if (!decision.what.starts_with("body_") || !asked) continue;
        EXPECT_GE((t - *asked).seconds(), 60.0) << "asked at " << asked->seconds();
    }
    EXPECT_TRUE(asked);
}

TEST(BodySession, WhereTheStateIsNotShownTheReasonDoesNotTellIt) {
    Cast cast = tense_evening();
    cast.policy.show_state = false;
    const auto acts = of_body(run_with_body(4.0, std::move(cast)));
    ASSERT_FALSE(acts.empty());
    for (const auto& [t, decision] : acts) EXPECT_EQ(decision.reasons.front().code, decision.what + "_unsaid");
}

TEST(BodySession, WhereNothingMayBeInferredFromABodyItDoesNothing) {
    Cast cast = tense_evening();
    cast.policy.infer_from_body = false;
    EXPECT_TRUE(of_body(run_with_body(4.0, std::move(cast))).empty());
}

/// A strap: 66 beats a minute and what breath and minutes do to them, 14 more from `up_s` on.
class Strap final : public sense::Source {
public:
    Strap(double up_s, std::uint64_t seed) : up_s_(up_s), random_(seed, "test/strap") {}
    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kHeart; }
    flow::Provenance provenance() const override {
        flow::Provenance p;
        p.origin = flow::Origin::kSimulated;
        return p;
    }
    std::vector<sense::ChannelInfo> channels() const override { return {}; }
    bool live() const noexcept override { return false; }
    bool finished() const noexcept override { return false; }
    void close() noexcept override {}
    Result<void> pull(Time until, sense::Batch& out) override {
        for (; next_ + 1 <= until.ns / 1'000'000'000; ++next_) {
            slow_ = .95 * slow_ + random_.normal(0.0, .8);
            flow::SensorFrame frame;
            frame.source = id_;
            frame.channel = flow::Channel::kHeartRate;
            frame.rate_hz = 1.0;
            frame.t = Time{} + seconds(next_);
            frame.provenance = provenance();
            const double up = static_cast<double>(next_) >= up_s_ ? 14.0 : 0.0;
            frame.samples = {static_cast<float>(66.0 + up + slow_ + random_.normal(0.0, 1.0))};
            out.frames.push_back(std::move(frame));
        }
        return {};
    }

private:
    std::string id_ = "strap";
    double up_s_, slow_ = 0.0;
    core::Random random_;
    std::int64_t next_ = 0;
};

TEST(BodySession, AHeartThatReallyBeatsFasterForMinutesIsEnoughAndOneThatDoesNotIsNot) {
    for (const bool rises : {true, false}) {
        Cast cast = tense_evening();
        cast.sources.push_back(std::make_unique<Strap>(rises ? 480.0 : 1e9, 7));
        cast.recognisers.push_back(std::make_unique<affect::BodyRecogniser>("strap", nullptr));
        const auto acts = of_body(run(std::move(cast)));
        EXPECT_EQ(!acts.empty(), rises);
        for (const auto& [t, decision] : acts) EXPECT_GE(t.seconds(), 540.0);
    }
}

/// The session's JSON without what names this run.
nlohmann::json told(const Outcome& outcome) {
    nlohmann::json json = to_json(outcome.summary);
    json.erase("session");
    return json;
}

TEST(BodySession, ASessionWithoutSensorsIsTheOneWithAWristbandThatSaysNothing) {
    for (const char* persona : {"anxious", "low", "contrary"}) {
        const auto cast = [&] { return Cast{.persona = persona, .seed = 5}; };
        const Outcome bare = run(cast());
        EXPECT_TRUE(of_body(bare).empty());
        Cast silent = cast();
        silent.script.push_back({{}, SourceChange{"wrist", flow::SourceKind::kBody, flow::SourceStatus::kWarmingUp, {}}});
        for (int t = 1; t < 1260; ++t) {
            flow::Evidence evidence;
            evidence.source = "wrist";
            evidence.t = Time{} + seconds(t);
            evidence.abstained = flow::Abstain::kOffBody;
            evidence.origin = flow::Origin::kSimulated;
            silent.script.push_back({evidence.t, evidence});
        }
        EXPECT_EQ(told(bare), told(run(std::move(silent)))) << persona;
        Cast old_hand = cast();
        old_hand.person_state = after_sessions(50);
        EXPECT_EQ(told(bare), told(run(std::move(old_hand)))) << persona << ": how many sessions were before says nothing without a sensor";
    }
}

}  // namespace
}  // namespace attune::session
