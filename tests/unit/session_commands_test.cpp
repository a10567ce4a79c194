// SPDX-License-Identifier: GPL-3.0-or-later
// What people say while a session runs, moment by moment: the conductor with a planner that answers when it is due.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "library/simulated_library.hpp"
#include "session/replay.hpp"
#include "session/session.hpp"

namespace attune::session {
namespace {

using K = flow::CommandKind;

/// A session in virtual time, without an engine: what is adopted plays from its start.
class Desk {
public:
    explicit Desk(const std::function<void(Start&)>& change = {}) {
        world_.view = library().view();
        world_.index = std::make_shared<choose::TrackIndex>(*world_.view);
        Start start;
        start.session = core::IdSource(1).next();
        start.goal = *flow::Goal::parse("calm", 20);
        start.start = flow::Va{-.3, .6};
        start.seed = 1;
        start.fingerprint = fingerprint();
        start.sources = {{"face", flow::SourceKind::kFace}, {"pulse", flow::SourceKind::kHeart}};
        start.policy.safe_track = key(7);
        if (change) change(start);
        session_ = *Session::create(start, world_, [this](const SessionEvent& e) { events.push_back(e); });
        consume({}, start);
    }
    ContentKey key(std::size_t row) const { return world_.view->key[row]; }

    /// Lives on, second by second, up to and with t.
    void until(double t_s) {
        for (; next_ <= static_cast<std::int64_t>(t_s); ++next_) {
            const Time t = Time{} + seconds(next_);
            if (!plays_.items.empty()) consume(t, heard(t));
            while (!due_.empty() && due_.begin()->first <= t.ns) {
                auto node = due_.extract(due_.begin());
                if (late) consume(t, DeadlineMissed{node.mapped().request, "plan"});
                else consume(t, std::move(node.mapped()));
            }
            consume(t, Tick{});
        }
    }
    void say(double t_s, K kind, std::map<std::string, std::string> args = {}, flow::Role role = flow::Role::kListener) {
        until(t_s);
        flow::Command command;
        command.kind = kind;
        command.args = std::move(args);
        command.role = role;
        consume(Time{} + from_seconds(t_s), command);
    }
    void rate(double t_s, double liking) {
        until(t_s);
        flow::Rating rating;
        rating.t = Time{} + from_seconds(t_s);
        rating.kind = flow::RatingKind::kLiking;
        rating.liking = liking;
        rating.track = plays_.items.front().track;
        consume(rating.t, rating);
    }
    /// What was told to the engine after t.
    std::vector<EngineOrder> orders_after(double t_s) const {
        std::vector<EngineOrder> out;
        for (const auto& [t, order] : orders)
            if (t.seconds() > t_s) out.push_back(order);
        return out;
    }
    /// The codes of what was refused.
    std::vector<std::string> refused() const { return reasons_of("refused"); }
    /// The first reason of each decision of that name.
    std::vector<std::string> reasons_of(const std::string& what) const {
        std::vector<std::string> codes;
        for (const SessionEvent& e : events)
            if (const auto* d = std::get_if<Decision>(&e.payload); d != nullptr && d->what == what) codes.push_back(d->reasons.at(0).code);
        return codes;
    }
    void expect_replayed() const {
        const auto report = replay(events, world_);
        ASSERT_TRUE(report) << report.error().describe();
        EXPECT_FALSE(report->first_difference) << report->difference;
    }

    std::vector<SessionEvent> events;
    std::vector<std::pair<Time, EngineOrder>> orders;
    bool late = false;   ///< the planner misses its deadlines

private:
    static const library::SimulatedLibrary& library() {
        static const library::SimulatedLibrary made{300, 1};
        return made;
    }
    flow::Heard heard(Time t) const {
        const flow::PlanItem& item = plays_.items.front();
        flow::Heard heard;
        heard.t = t;
        heard.frame = {t.ns / 1'000'000'000 * kEngineRate.hz};
        heard.item = item.id;
        heard.kind = item.kind;
        heard.track = item.track;
        heard.position_s = (t - began_).seconds();
        heard.playing = true;
        return heard;
    }
    void consume(Time t, Payload payload) {
        Outputs out = session_->consume(t, std::move(payload));
        for (EngineOrder& order : out.engine) {
            if (order.action == EngineAction::kAdopt && order.now && !order.plan.items.empty()) plays_ = order.plan, began_ = t;
            orders.emplace_back(t, std::move(order));
        }
        if (!out.plan) return;
        PlanResult result{out.plan->request, run_plan(*out.plan)};
        if (out.plan->effective_at <= t) consume(t, std::move(result));
        else due_.emplace(out.plan->effective_at.ns, std::move(result));
    }

    World world_;
    std::unique_ptr<Session> session_;
    std::multimap<std::int64_t, PlanResult> due_;
    std::int64_t next_ = 1;
    flow::Plan plays_;
    Time began_;
};

/// The first plan that was adopted after t; null if none was.
const EngineOrder* adopted(const std::vector<EngineOrder>& orders) {
    for (const EngineOrder& order : orders)
        if (order.action == EngineAction::kAdopt) return &order;
    return nullptr;
}

struct Later {
    const char* name;
    K kind;
};

class UnsafeIsHeard : public testing::TestWithParam<Later> {};

TEST_P(UnsafeIsHeard, WhateverIsSaidBeforeItsPlanHasCome) {
    Desk desk;
    desk.say(10.3, K::kUnsafe);
    desk.say(10.7, GetParam().kind, {{"track", desk.key(3).hex()}});
    desk.until(12);
    const auto orders = desk.orders_after(10.2);
    const EngineOrder* plan = adopted(orders);
    ASSERT_NE(plan, nullptr);
    EXPECT_TRUE(plan->now);
    ASSERT_FALSE(plan->plan.items.empty());
    EXPECT_EQ(plan->plan.items.front().track, desk.key(7)) << plan->plan.items.front().title;
    desk.expect_replayed();
}

INSTANTIATE_TEST_SUITE_P(Commands, UnsafeIsHeard,
                         testing::Values(Later{"Hold", K::kHold}, Later{"GoOn", K::kGoOn}, Later{"KeepGoing", K::kKeepGoing}, Later{"Back", K::kBack},
                                         Later{"Skip", K::kSkip}, Later{"Next", K::kOverrideNext}, Later{"Block", K::kBlockTrack},
                                         Later{"Lock", K::kLockPlan}),
                         [](const auto& p) { return p.param.name; });

TEST(UnsafeIsHeard, NoLaterBecauseOfMoreWordsAndNotLostByAPlannerThatIsLate) {
    Desk desk;
    desk.say(10.3, K::kUnsafe);
    for (const double t : {10.9, 11.2, 11.8, 12.1, 12.7}) desk.say(t, K::kHold);
    desk.until(13);
    bool soon = false;
    for (const auto& [t, order] : desk.orders)
        soon = soon || (order.action == EngineAction::kAdopt && t.seconds() > 10.3 && t.seconds() <= 12.0 && order.now && order.plan.items.front().track == desk.key(7));
    EXPECT_TRUE(soon);

    Desk slow;
    slow.until(10);
    slow.late = true;
    slow.say(10.3, K::kUnsafe);
    slow.until(14);
    slow.late = false;
    slow.until(17);
    const auto orders = slow.orders_after(10.2);
    const EngineOrder* plan = adopted(orders);
    ASSERT_NE(plan, nullptr);
    EXPECT_TRUE(plan->now);
    EXPECT_EQ(plan->plan.items.front().track, slow.key(7));
    slow.expect_replayed();
}

TEST(UnsafeIsHeard, WithoutASafeTrackThereIsSilence) {
    Desk desk([](Start& start) { start.policy.safe_track.reset(); });
    desk.say(10.3, K::kUnsafe);
    desk.say(10.7, K::kHold);
    desk.until(12);
    const auto orders = desk.orders_after(10.2);
    const EngineOrder* plan = adopted(orders);
    ASSERT_NE(plan, nullptr);
    EXPECT_TRUE(plan->now);
    EXPECT_EQ(plan->plan.items.front().kind, flow::ItemKind::kSilence);
}

TEST(Worse, SaidOnceHoldsAndAsksSaidAgainLandsWhateverIsLocked) {
    Desk desk;
    desk.say(10.3, K::kLockPlan, {}, flow::Role::kTherapist);
    desk.say(12.3, K::kWorse);
    desk.until(16);
    EXPECT_EQ(desk.reasons_of("flag"), std::vector<std::string>{"worse"});
    EXPECT_TRUE(desk.refused().empty());
    desk.say(20.3, K::kWorse);
    desk.until(24);
    EXPECT_EQ(desk.reasons_of("flag"), (std::vector<std::string>{"worse", "worse_again"}));
    const auto orders = desk.orders_after(20.2);
    const EngineOrder* plan = adopted(orders);
    ASSERT_NE(plan, nullptr);
    ASSERT_FALSE(plan->plan.items.empty());
    EXPECT_EQ(plan->plan.items.front().phase, flow::Phase::kLand);
    desk.expect_replayed();
}

TEST(Skip, IsNotLostByADislikeOfWhatWasSkipped) {
    Desk desk;
    desk.say(10.3, K::kSkip);
    desk.rate(10.7, -.5);
    desk.until(12);
    const auto orders = desk.orders_after(10.2);
    const EngineOrder* plan = adopted(orders);
    ASSERT_NE(plan, nullptr);
    EXPECT_TRUE(plan->now);
    EXPECT_EQ(plan->why, "skip");
    EXPECT_FALSE(plan->at) << "a person's own button acts at once";
    desk.expect_replayed();
}

TEST(TherapistLevel, GoesUpAgainAfterItWentDown) {
    Desk desk;
    desk.say(10, K::kSofter);
    desk.say(12, K::kOverrideLevel, {{"gain_db", "3"}}, flow::Role::kTherapist);
    ASSERT_EQ(desk.orders_after(11).size(), 1U);
    EXPECT_EQ(desk.orders_after(11).front().action, EngineAction::kSoften);
    EXPECT_EQ(desk.orders_after(11).front().value, 3.0);
}

const flow::Role kTherapist = flow::Role::kTherapist;

TEST(LockedPlan, LetsATherapistsNextThroughAndNothingElseAndRefusesTheRestAloud) {
    Desk desk;
    desk.say(5, K::kLockPlan, {}, kTherapist);
    const std::vector<flow::PlanItem> before = adopted(desk.orders_after(-1))->plan.items;
    for (const K kind : {K::kHold, K::kBack, K::kGoOn, K::kMoreSilence}) desk.say(10, kind);
    EXPECT_EQ(desk.refused(), std::vector<std::string>(4, "plan_is_locked"));
    desk.say(11, K::kUnlockPlan);
    desk.say(11, K::kOverrideStep, {{"max_valence_step", "1"}});
    EXPECT_EQ(desk.refused().at(4), "only_a_therapist");
    EXPECT_EQ(desk.refused().at(5), "only_a_therapist");
    desk.until(14);
    EXPECT_EQ(adopted(desk.orders_after(4)), nullptr) << "the plan stands";
    desk.say(15, K::kOverrideNext, {{"track", desk.key(3).hex()}}, kTherapist);
    desk.until(17);
    const auto orders = desk.orders_after(14);
    const EngineOrder* plan = adopted(orders);
    ASSERT_NE(plan, nullptr);
    EXPECT_FALSE(plan->now);
    ASSERT_EQ(plan->plan.items.size(), before.size()) << "the item that plays is gone, the chosen one has come, the rest is as it was";
    EXPECT_EQ(plan->plan.items.front().track, desk.key(3));
    for (std::size_t i = 1; i < before.size(); ++i) EXPECT_EQ(plan->plan.items[i].id, before[i].id) << i;
    desk.say(20, K::kHold);
    EXPECT_EQ(desk.refused().back(), "plan_is_locked");
    desk.say(21, K::kUnsafe);
    desk.until(23);
    EXPECT_EQ(adopted(desk.orders_after(20))->plan.items.front().track, desk.key(7)) << "a lock never stands before safety";
    desk.say(30, K::kLockPlan, {}, kTherapist);
    desk.say(31, K::kUnlockPlan, {}, kTherapist);
    desk.say(32, K::kHold);
    EXPECT_EQ(desk.refused().size(), 7U);
    desk.expect_replayed();
}

TEST(LockedPlan, HoldsNoStrangerWhereATrackOfItIsBlocked) {
    ContentKey blocked, first, last;
    Desk desk([&](Start& start) {
        const library::SimulatedLibrary same{300, 1};
        const auto view = same.view();
        first = view->key[3], blocked = view->key[5], last = view->key[9];
        start.fixed = {first, blocked, last};
        start.locked = true;
        start.policy.blocks.tracks.insert(blocked);
    });
    const auto orders = desk.orders_after(-1);
    std::vector<ContentKey> tracks;
    for (const flow::PlanItem& item : adopted(orders)->plan.items) tracks.push_back(item.track);
    EXPECT_EQ(tracks, (std::vector{first, last}));
    EXPECT_EQ(desk.refused(), std::vector<std::string>{"track_is_blocked"});
    desk.expect_replayed();
}

TEST(LockedPlan, WithoutAHandMadeOneIsTheFirstPlan) {
    Desk desk([](Start& start) { start.locked = true; });
    EXPECT_GE(adopted(desk.orders_after(-1))->plan.items.size(), 3U);
    desk.say(10, K::kHold);
    desk.rate(12, -1.0);
    desk.until(20);
    EXPECT_EQ(adopted(desk.orders_after(1)), nullptr);
    EXPECT_EQ(desk.refused(), std::vector<std::string>{"plan_is_locked"});
}

TEST(Refused, WhatIsNotThereAndTheRecordDoesNotSayThatItWasDone) {
    Desk desk;
    desk.say(5, K::kWithdrawSensor, {{"source", "facee"}});
    desk.say(6, K::kOverrideNext, {{"track", std::string(32, 'a')}}, kTherapist);
    desk.say(7, K::kBlockTrack, {{"track", desk.key(4).hex()}});
    desk.say(9, K::kOverrideNext, {{"track", desk.key(4).hex()}}, kTherapist);
    EXPECT_EQ(desk.refused(), (std::vector<std::string>{"source_unknown", "track_unknown", "track_is_blocked"}));
    int withdrawn = 0, chosen = 0;
    for (const SessionEvent& e : desk.events) {
        const auto* d = std::get_if<Decision>(&e.payload);
        if (d == nullptr) continue;
        withdrawn += d->what == "withdraw_sensor";
        chosen += d->what == "override_next";
        if (d->what == "refused" && d->reasons.at(0).code == "source_unknown") {
            EXPECT_EQ(d->reasons.at(0).args.at("known"), "face, pulse");
        }
    }
    EXPECT_EQ(withdrawn + chosen, 0);
    desk.say(20, K::kWithdrawSensor, {{"source", "face"}});
    EXPECT_EQ(desk.refused().size(), 3U);
    desk.expect_replayed();
}

TEST(Slower, IsAStepEachTimeAndCanBeTakenBack) {
    Desk desk;
    for (int press = 0; press < 5; ++press) desk.say(5 + press, K::kSlower);
    for (int press = 0; press < 4; ++press) desk.say(15 + press, K::kSlower, {{"back", "1"}});
    std::vector<double> tempi;
    for (const EngineOrder& order : desk.orders_after(4))
        if (order.action == EngineAction::kSlower) tempi.push_back(std::round(order.value * 100) / 100);
    EXPECT_EQ(tempi, (std::vector<double>{.96, .92, .88, .92, .96, 1.0}));
    EXPECT_EQ(desk.refused(), (std::vector<std::string>{"slowest_already", "slowest_already", "own_tempo_already"}));
}

}  // namespace
}  // namespace attune::session
