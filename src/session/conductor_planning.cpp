// SPDX-License-Identifier: GPL-3.0-or-later
// What the session asks the planner, and what becomes of its answer. The rest of the conductor is in conductor.cpp.
#include <algorithm>
#include <array>

#include "choose/planner.hpp"
#include "session/conductor.hpp"

namespace attune::session {
namespace {

constexpr double kCommittedS = 1.0;            ///< the engine no longer exchanges what begins within this
constexpr Duration kCutIsHeard = seconds(1);   ///< after its frame, at the latest

}  // namespace

/// What plays is going to be left for the plan in force, and was not yet.
bool Conductor::cut_is_ahead(Time now) const {
    if (!cut_at_ || plan_.items.empty() || now >= *cut_at_ + kCutIsHeard) return false;
    return !heard_ || heard_->item != plan_.items.front().id;
}

/// What a person chose for later stays when the rest is planned anew; not when somebody gets worse, holds or goes
/// back: that outranks it.
void Conductor::keep_hand_made(std::string_view why) {
    constexpr std::array<std::string_view, 11> kKeeping = {"rating", "lag", "overrun", "skip", "policy", "block", "item_failed", "deadline_missed", "body", "body_hold", "said_yes"};
    if (!fixed_.empty() || std::find(kKeeping.begin(), kKeeping.end(), why) == kKeeping.end()) return;
    const auto& items = plan_.items;
    auto at = std::find_if(items.begin(), items.end(), [&](const auto& i) { return heard_ && i.id == heard_->item; });
    if (at == items.end()) return;
    for (++at; at != items.end(); ++at) {
        const bool by_hand = !at->reasons.empty() && at->reasons.front().code == "hand_made_plan";
        if (by_hand) fixed_.push_back(*at);
    }
}

/// Who waits for a plan that leaves at once what plays ("I don't feel safe", a skip) does not lose that, nor wait anew,
/// because something lesser is said before it comes: the new plan stands in the old one's place.
/// What the plan to come follows: what plays when it begins, and how soon that is.
Conductor::Follows Conductor::followed_by_plan(const SessionEvent& event, double lead_s, bool now) const {
    Follows follows;
    follows.starts_in_s = lead_s;
    follows.item = heard_ && heard_->playing ? item(heard_->item) : nullptr;
    double rest_s = follows.item != nullptr ? (follows.item->out_s - heard_->position_s) / heard_->tempo_ratio : 0.0;
    const auto leave = [&](const flow::PlanItem* next) {
        if (follows.item != nullptr && follows.item->kind == flow::ItemKind::kTrack) follows.left.push_back(follows.item->track);
        follows.item = next;
    };
    if (cut_is_ahead(event.t)) {
        leave(&plan_.items.front());
        rest_s = (*cut_at_ - event.t).seconds() + follows.item->out_s - follows.item->in_s;
    }
    if (follows.item == nullptr || now) return follows;
    follows.starts_in_s = std::max(lead_s, rest_s);
    const flow::PlanItem* next = after(follows.item->id);
    if (next != nullptr && follows.starts_in_s - next->fade_in_s <= lead_s + kCommittedS) {
        leave(next);
        follows.starts_in_s += next->out_s - next->in_s - next->fade_in_s;
    }
    return follows;
}

/// Where the listener is, how their mood moves, and how fast they may be led.
void Conductor::tell_mood(Time t, choose::PlanRequest& r) const {
    r.felt = fusion_.state(t).felt;
    r.start = start_point();
    const affect::MoodParams& mood = person_.prior.mood;
    r.process.home = mood.home;
    r.process.gain_valence = mood.pull.valence;
    r.process.gain_arousal = mood.pull.arousal;
    r.process.beta = mood.beta;
    r.process.tau_s = mood.tau_s;
    r.process.sd_valence = mood.process_sd.valence;
    r.process.sd_arousal = mood.process_sd.arousal;
    r.pace = person_.pace;
    r.pace.match = r.pace.match && policy_.allow_match;
    if (closer_ < 1.0) {
        r.pace.straight = false;
        r.pace.tether = std::min(r.pace.tether, choose::Pace().tether) * closer_;
        r.pace.shortest_tether *= closer_;
    }
}

/// What was heard, in this session and before it.
void Conductor::tell_history(Time t, const Follows& follows, choose::PlanRequest& r) const {
    for (const auto& [key, ago_s] : person_.heard_before) r.history.push_back({key, ago_s + t.seconds(), false});
    for (std::size_t i = 0; i < played_.size(); ++i) r.history.push_back({played_[i].track, (t - played_at_[i]).seconds(), true});
    for (const ContentKey& track : follows.left) r.history.push_back({track, 0.0, true});
    if (follows.item != nullptr && follows.item->kind == flow::ItemKind::kTrack) r.history.push_back({follows.item->track, 0.0, true});
    r.session_items = items_begun_;
    r.session_unfamiliar = unfamiliar_begun_;
}

/// What the listener said about pieces, today and before.
void Conductor::tell_wishes(Time t, choose::PlanRequest& r) const {
    r.weights.taste = start_.taste_weight;
    r.familiar = person_.familiar;
    r.starter = person_.starter;
    r.rated = rated_;
    r.asked = said_yes_;
    r.wanted = wanted_;
    r.asked_about = asked_about_;
    r.ask_ahead_s = ask_ahead_s(t);
    r.fixed = fixed_;
}

void Conductor::ask_plan(const SessionEvent& event, std::string_view why, bool now, Outputs& out) {
    if (locked_ || finishing_ || ended_) return;
    const bool in_its_place = waiting_for_plan_ && plan_at_once_;
    if (request_ > 0) ++replans_;
    keep_hand_made(why);
    now = now || in_its_place;
    plan_by_hand_ = by_hand(event) || (in_its_place && plan_by_hand_);
    PlanOrder order;
    order.request = ++request_;
    order.asked_at = event.t;
    // The first plan is made before the first sound; every other takes effect a second later.
    order.effective_at = request_ == 1 ? event.t : event.t + seconds(1);
    if (in_its_place) order.effective_at = std::min(order.effective_at, std::max(plan_due_, event.t));
    order.awaited = plan_by_hand_ && now;
    order.strategy = strategy_;
    order.seed = start_.seed;
    order.world = world_;
    order.policy = policy_;
    order.liking = liking_;

    double lead_s = (order.effective_at - event.t).seconds();
    if (request_ > 1 && !plan_by_hand_) lead_s += kActsAfter.seconds();
    const Follows follows = followed_by_plan(event, lead_s, now);
    choose::PlanRequest& r = order.fields;
    r.goal = start_.goal;
    r.elapsed_s = event.t.seconds();
    r.state_seq = event.seq;
    r.starts_in_s = follows.starts_in_s;
    r.remaining_s = std::max(0.0, seconds_left(event) - follows.starts_in_s);
    if (only_fixed_) r.remaining_s = std::min(r.remaining_s, choose::planned_seconds(fixed_));
    if (follows.item != nullptr && !now) {
        if (follows.item->kind == flow::ItemKind::kTrack) {
            r.current = follows.item->track;
            r.current_gain_db = follows.item->gain_db;
        }
        if (follows.item->kind == flow::ItemKind::kCompose)
            r.current_composed = follows.item->id == steered_item_ && steered_ ? steered_ : follows.item->expected;
    }
    r.composing = composing_;
    r.hold_at = hold_at_;
    r.hold_next_at = hold_next_at_;
    r.land_now = land_now_;
    tell_mood(event.t, r);
    tell_history(event.t, follows, r);
    tell_wishes(event.t, r);

    waiting_for_plan_ = true;
    plan_at_once_ = now;
    plan_due_ = order.effective_at;
    if (!in_its_place) plan_why_ = why;
    Decision decision;
    decision.what = "plan_requested";
    decision.request = order.request;
    decision.reasons = {{"replan_" + std::string(why), {}, 0.0}};
    out.records.emplace_back(std::move(decision));
    out.plan = std::move(order);
}

void Conductor::on(const PlanResult& result, const SessionEvent& event, Outputs& out) {
    if (result.request != request_ || finishing_ || ended_) return;   // overtaken by a newer question
    waiting_for_plan_ = false;
    const std::optional<FramePos> at = result.request == 1 || plan_by_hand_ ? std::nullopt : std::optional(acts_at(event.t));
    cut_at_ = result.request > 1 && plan_at_once_ ? std::optional(event.t + kActsAfter) : std::nullopt;   // by hand: at the latest
    plan_ = result.plan;
    plan_.effective_at = event.t;
    plan_.id = ids_->next();
    for (flow::PlanItem& i : plan_.items) {
        if (i.id.none()) i.id = ids_->next();
    }
    known_.adopt(plan_.items);
    fixed_.clear();
    safe_first_ = false;
    Decision decision;
    decision.what = "plan_adopted";
    decision.request = result.request;
    decision.plan = plan_;
    decision.at = at;
    out.records.emplace_back(std::move(decision));
    EngineOrder adopt{.action = EngineAction::kAdopt, .plan = plan_, .now = plan_at_once_, .at = at};
    adopt.finish = !plan_.items.empty() && plan_.items.back().phase == flow::Phase::kLand;
    adopt.why = plan_why_ == "skip" ? "skip" : "replaced";
    out.engine.push_back(std::move(adopt));
}

void Conductor::on(const DeadlineMissed& missed, const SessionEvent& event, Outputs& out) {
    if (missed.request != request_ || !waiting_for_plan_) return;
    decide("deadline_missed", {{"deadline_missed", {{"what", missed.what}}, 0.0}}, out);
    const bool nothing_left = plan_.items.empty() || (heard_ && !heard_->playing);
    plan_due_ = event.t + seconds(1);
    if (nothing_left || plan_at_once_) ask_plan(event, "deadline_missed", true, out);
    else waiting_for_plan_ = false;
}

flow::Plan run_plan(const PlanOrder& order) {
    choose::PlanRequest request = order.fields;
    request.view = order.world.view.get();
    request.index = order.world.index.get();
    request.policy = &order.policy;
    request.table = order.world.table.get();
    const choose::LikingView liking(order.liking, *order.world.view, *order.world.index);
    request.liking = &liking;
    if (order.world.stand_in) return order.world.stand_in(order.strategy, request, order.seed);
    return choose::plan_by(order.strategy, request, order.seed);
}

}  // namespace attune::session
