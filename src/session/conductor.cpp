// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/conductor.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "affect/tables.hpp"
#include "choose/planner.hpp"
#include "core/text.hpp"

namespace attune::session {
namespace {

constexpr double kOverrunS = 10.0;         ///< silence after the planned end for this long ends the session
constexpr int kMostFailures = 5;           ///< items in a row that could not be played
constexpr double kShortestPlanS = 20.0;    ///< with less than this left nothing new is begun
constexpr std::ptrdiff_t kHistory = 200;   ///< tracks of earlier sessions that are remembered
constexpr double kOutcomeWaitS = 60.0;     ///< the outcome question waits this long for its answer
constexpr double kCommittedS = 1.0;        ///< the engine no longer exchanges what begins within this
constexpr Duration kCutIsHeard = seconds(1);   ///< after its frame, at the latest
constexpr double kCloser = .5;             ///< of the tether, each time that the listener does not follow; chosen
constexpr double kDriftS = 30.0;           ///< a plan that ends this much too late is made anew

flow::Reason reason(std::string code, std::map<std::string, std::string> args = {}) {
    return {std::move(code), std::move(args), 0.0};
}

std::uint64_t seed_of(const Id& id) {
    std::uint64_t seed = 0;
    for (std::size_t i = 8; i < 16; ++i) seed = seed << 8 | id.bytes[i];
    return seed;
}

}  // namespace

FramePos acts_at(Time decided) {
    const std::int64_t ns = (decided + kActsAfter).ns;
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    return {ns / kSecondNs * kEngineRate.hz + ns % kSecondNs * kEngineRate.hz / kSecondNs};
}

bool by_hand(const SessionEvent& event) {
    return event.origin == flow::Origin::kLive && std::holds_alternative<flow::Command>(event.payload);
}

Result<Conductor> Conductor::create(const Start& start, World world) {
    ATTUNE_TRY(auto person, PersonState::parse(start.person_state));
    ATTUNE_TRY(const auto strategy, choose::parse_strategy(start.strategy));
    ATTUNE_TRY(const auto composing, choose::parse_composing(start.compose.when));
    affect::FusionConfig config;
    config.day = person.day;
    config.session = person.ordinal;
    config.use_sensors = start.policy.infer_from_body;
    config.origin = start.simulated ? flow::Origin::kSimulated : flow::Origin::kLive;
    ATTUNE_TRY(auto fusion, affect::Fusion::create(config, person.prior));
    return Conductor(start, strategy, composing, std::move(person), std::move(world), std::move(fusion));
}

Conductor::Conductor(Start start, choose::Strategy strategy, choose::Composing composing, PersonState person, World world,
                     affect::Fusion fusion)
    : start_(std::move(start)),
      strategy_(strategy),
      composing_(composing),
      person_(std::move(person)),
      world_(std::move(world)),
      fusion_(std::move(fusion)),
      policy_(start_.policy),
      liking_(person_.liking),
      prompts_(start_.goal.kind),
      worsening_(start_.goal.kind),
      ids_(std::make_unique<core::IdSource>(seed_of(start_.session))) {}

Outputs Conductor::step(const SessionEvent& event) {
    Outputs out;
    if (ended_) return out;
    now_ = event.t;
    fusion_.advance_to(event.t);
    std::visit([&](const auto& payload) { on(payload, event, out); }, event.payload);
    state_ = fusion_.state(event.t);
    out.ended = ended_;
    return out;
}

flow::Va Conductor::start_point() const { return start_.start.value_or(person_.prior.mood.home); }

double Conductor::seconds_left(Time now) const {
    const Duration rested = paused_ ? paused_for_ + (now - paused_since_) : paused_for_;
    return start_.goal.minutes * 60.0 + rested.seconds() - now.seconds();
}

double Conductor::seconds_left(const SessionEvent& event) const { return seconds_left(event.t); }

/// The item of the plan in force that follows this one; null if there is none.
const flow::PlanItem* Conductor::after(const Id& id) const {
    const auto& items = plan_.items;
    const auto at = std::find_if(items.begin(), items.end(), [&](const auto& i) { return i.id == id; });
    if (at == items.end()) return items.empty() || items.front().id == id ? nullptr : &items.front();
    return at + 1 == items.end() ? nullptr : &*(at + 1);
}

/// Would the plan in force, from this item of it on, end long after the session? False for other items.
bool Conductor::runs_over(const Id& from, Time now) const {
    const auto& items = plan_.items;
    auto at = std::find_if(items.begin(), items.end(), [&](const auto& i) { return i.id == from; });
    if (at == items.end() || at + 1 == items.end()) return false;
    if (!(at + 1)->reasons.empty() && (at + 1)->reasons.front().code == "hand_made_plan") return false;
    double planned_s = at->fade_in_s;
    for (; at != items.end(); ++at) planned_s += at->out_s - at->in_s - at->fade_in_s;
    return planned_s > std::max(seconds_left(now), 0.0) + kDriftS;
}

const flow::PlanItem* Conductor::item(const Id& id) const {
    return known_.find(id);
}

void Conductor::decide(std::string what, std::vector<flow::Reason> reasons, Outputs& out) {
    Decision decision;
    decision.what = std::move(what);
    decision.reasons = std::move(reasons);
    out.records.emplace_back(std::move(decision));
}

void Conductor::end(std::string why, EngineAction action, Outputs& out) {
    if (ended_) return;
    ended_ = true;
    out.engine.push_back({.action = action, .now = true});
    out.records.emplace_back(fusion_.state(now_));   // with the rating that ended it
    out.records.emplace_back(End{std::move(why)});
}

/// The music is over: what remains is the blind rating that the outcome is read from.
void Conductor::finish(const SessionEvent& event, Outputs& out) {
    finishing_ = true;
    finishing_since_ = event.t;
    ask("how_after", {}, out);
}

// ---- what arrives ----

void Conductor::on(const Start& start, const SessionEvent& event, Outputs& out) {
    out.engine.push_back({.action = EngineAction::kForbid, .blocks = policy_.blocks});
    for (const auto& [id, kind] : start.sources) fusion_.on_source_added(id, kind);
    if (start.start) {
        flow::Rating rating;
        rating.t = event.t;
        rating.value = start.start;
        rating.prompted = true;
        fusion_.on_rating(rating);
        worsening_.on_rating(rating);
    }
    for (const ContentKey& key : start.fixed) {
        if (auto why = refusal_of_tracks(key.hex())) decide("refused", {*std::move(why)}, out);
        else fixed_.push_back(chosen(*world_.view->row(key), "hand_made_plan", event.actor));
    }
    only_fixed_ = start.locked && !fixed_.empty();
    if (only_fixed_) fixed_.back().phase = flow::Phase::kLand;
    ask_plan(event, "start", true, out);
    locked_ = start.locked && (only_fixed_ || start.fixed.empty());   // without a hand-made plan: the first one
    only_fixed_ = false;
}

void Conductor::on(const Tick&, const SessionEvent& event, Outputs& out) {
    state_ = fusion_.state(event.t);
    out.records.emplace_back(state_);
    if (finishing_ && (event.t - finishing_since_).seconds() >= kOutcomeWaitS) {
        end("finished", EngineAction::kFinish, out);
    }
    if (paused_ || finishing_ || ended_) {
        body_departure_ = {};
        return;
    }
    const bool silent = !heard_ || !heard_->playing;
    if (seconds_left(event) < -(silent ? kOverrunS : kDriftS)) {   // whatever the engine did: an hour is an hour
        if (!silent) out.engine.push_back({.action = EngineAction::kFinish, .now = true, .at = acts_at(event.t)});
        finish(event, out);
        return;
    }
    steer(event, out);
    follow_body(event, out);
    questions(event, out);
}

void Conductor::on(const flow::Rating& rating, const SessionEvent& event, Outputs& out) {
    if (!rating.touched) {   // no answer is an answer to the outcome question: the session need not wait
        if (question_ == "how_now") question_.clear();
        if (finishing_) end("finished", EngineAction::kFinish, out);
        return;
    }
    fusion_.on_rating(rating);
    if (rating.kind == flow::RatingKind::kLiking && rating.liking && rating.track) {
        if (const auto row = world_.view->row(*rating.track)) {
            liking_.observe(*world_.view, *row, choose::LikingSource::kRated, *rating.liking);
        }
        if (*rating.liking < 0.0) ask_plan(event, "rating", false, out);
        return;
    }
    if (rating.kind != flow::RatingKind::kFelt || !rating.value) return;
    prompts_.on_rating(event.t);
    if (question_ == "how_now" || question_ == "how_after") question_.clear();
    if (heard_ && heard_->kind == flow::ItemKind::kTrack) rated_.insert(heard_->track);
    if (finishing_) {
        end("finished", EngineAction::kFinish, out);
        return;
    }
    worsening_.on_rating(rating);
    if (paused_) return;
    if (worsening_.take_alarm()) {
        got_worse(event, out);
        return;
    }
    const flow::PlanItem* playing = heard_ ? item(heard_->item) : nullptr;
    if (playing == nullptr || !playing->predicted) return;
    const flow::VaGaussian expected = expected_now(*playing, event.t);
    const flow::Va sd = person_.prior.mood.rating_sd;
    const flow::Va variance{sd.valence * sd.valence, sd.arousal * sd.arousal};
    if (choose::surprise(*rating.value, expected, variance) > choose::kReplanSd) ask_plan(event, "rating", false, out);
}

/// Where the plan expects the felt state now; the item that plays has a prediction.
flow::VaGaussian Conductor::expected_now(const flow::PlanItem& playing, Time t) const {
    const double into = (t - item_began_).seconds() / std::max(1.0, playing.out_s - playing.in_s);
    return choose::expected_at(before_item_, *playing.predicted, into);
}

/// affect_spec C, LAG: asks. While nobody answers the music stays nearer to how the listener feels; it is
/// never made to pull harder.
void Conductor::lags(const SessionEvent& event, Outputs& out) {
    closer_ *= kCloser;
    if (question_.empty()) ask("lag", {"hold", "go_on", "back", "worse"}, out);
    ask_plan(event, "lag", false, out);
}

/// affect_spec C, WORSE: the first time hold and ask; the second, the landing track, plain words, the
/// person's own contact and a flag to the therapist. It outranks everything, a locked plan too.
void Conductor::got_worse(const SessionEvent& event, Outputs& out) {
    locked_ = false;
    wanted_.clear();   // what is heard now is not the time for it
    const bool again = worsening_.times() >= 2;
    decide("flag", {reason(again ? "worse_again" : "worse", {{"probability", core::format_double(worsening_.probability())}})}, out);
    ask("worse", {"keep_going", "back", "softer", "silence", "stop"}, out);
    land_now_ = land_now_ || again;
    if (again) hold_at_.reset();   // from the first time on the music was held; the landing track ends it
    else hold_at_ = state_.felt.mean;
    ask_plan(event, "worse", again, out);
}

void Conductor::on(const flow::Evidence& evidence, const SessionEvent&, Outputs&) {
    if (policy_.infer_from_body) fusion_.on_evidence(evidence);
}

void Conductor::on(const SourceChange& change, const SessionEvent&, Outputs& out) {
    switch (change.status) {
        case flow::SourceStatus::kLost: fusion_.on_source_lost(change.source, change.reason); break;
        case flow::SourceStatus::kUnavailable:
            fusion_.on_source_unavailable(change.source, change.kind, change.reason);
            break;
        case flow::SourceStatus::kOff:
            fusion_.on_source_removed(change.source);
            out.close_sources.push_back(change.source);
            break;
        default: fusion_.on_source_added(change.source, change.kind); break;
    }
}

void Conductor::on(const flow::Heard& heard, const SessionEvent& event, Outputs& out) {
    const bool began = !heard.item.none() && (!heard_ || heard_->item != heard.item);
    heard_ = heard;
    fusion_.on_heard(heard);
    if (!began) return;
    known_.begun(heard.item);
    item_began_ = event.t;
    before_item_ = fusion_.state(event.t).felt;
    prompts_.on_item_began(event.t);
    end_mellow(event.t, out);
    const flow::PlanItem* begun = item(heard.item);
    if (begun != nullptr && begun->phase == flow::Phase::kMove) {
        lag_.on_move_begin(start_.goal.distance_from(before_item_.mean, start_point()));
    }
    if (heard.kind == flow::ItemKind::kTrack) {
        wanted_.erase(heard.track);
        ++items_begun_;
        if (!person_.familiar.contains(heard.track)) ++unfamiliar_begun_;
    }
    if (!waiting_for_plan_ && runs_over(heard.item, event.t)) ask_plan(event, "overrun", false, out);
}

void Conductor::on(const ItemEnded& ended, const SessionEvent& event, Outputs& out) {
    const flow::PlanItem* left = item(ended.item);
    if (left == nullptr) return;
    if (left->kind == flow::ItemKind::kTrack) {
        played_.push_back({left->track, 0.0, true});
        played_at_.push_back(event.t);
        if (const auto row = world_.view->row(left->track)) {
            if (ended.why == "skip") liking_.observe(*world_.view, *row, choose::LikingSource::kSkipped);
            if (ended.why == "end") liking_.observe(*world_.view, *row, choose::LikingSource::kHeardToEnd);
        }
    }
    if (finishing_) return;
    if (left->kind == flow::ItemKind::kTrack && left->phase == flow::Phase::kMove && ended.why == "end") {
        lag_.on_item_end(start_.goal.distance_from(fusion_.state(event.t).felt.mean, start_point()));
        if (lag_.take_question()) lags(event, out);
    }
    failed_in_a_row_ = ended.why == "failed" ? failed_in_a_row_ + 1 : 0;
    if (failed_in_a_row_ >= kMostFailures) {
        decide("gave_up", {reason("nothing_plays", {{"title", left->title}, {"error", ended.error}})}, out);
        end("nothing_plays", EngineAction::kStop, out);
        return;
    }
    if (ended.why == "failed") {
        decide("item_failed", {reason("item_failed", {{"title", left->title}, {"error", ended.error}})}, out);
        ask_plan(event, "item_failed", false, out);
        return;
    }
    const bool was_last = !plan_.items.empty() && plan_.items.back().id == ended.item;
    if (!was_last) return;
    if (locked_ || seconds_left(event) < kShortestPlanS || left->phase == flow::Phase::kLand) {
        finish(event, out);
    } else if (!waiting_for_plan_) {
        ask_plan(event, "ran_out", true, out);
    }
}

void Conductor::on(const flow::Policy& policy, const SessionEvent& event, Outputs& out) {
    policy_ = policy;
    forget_memories_not_to_ask_about();
    out.engine.push_back({.action = EngineAction::kForbid, .blocks = policy_.blocks});
    ask_plan(event, "policy", false, out);
}

// ---- plans ----

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
void Conductor::ask_plan(const SessionEvent& event, std::string_view why, bool now, Outputs& out) {
    if (locked_ || finishing_ || ended_) return;
    const bool in_its_place = waiting_for_plan_ && plan_at_once_;
    if (request_ > 0) ++replans_;
    keep_hand_made(why);
    PlanOrder order;
    order.request = ++request_;
    order.asked_at = event.t;
    // The first plan is made before the first sound; every other takes effect a second later.
    order.effective_at = request_ == 1 ? event.t : event.t + seconds(1);
    if (in_its_place) order.effective_at = std::min(order.effective_at, std::max(plan_due_, event.t));
    now = now || in_its_place;
    order.strategy = strategy_;
    order.seed = start_.seed;
    order.world = world_;
    order.policy = policy_;
    order.liking = liking_;

    choose::PlanRequest& r = order.fields;
    r.felt = fusion_.state(event.t).felt;
    r.start = start_point();
    r.goal = start_.goal;
    r.elapsed_s = event.t.seconds();
    const flow::PlanItem* playing = heard_ && heard_->playing ? item(heard_->item) : nullptr;
    double rest_s = playing != nullptr ? (playing->out_s - heard_->position_s) / heard_->tempo_ratio : 0.0;
    double lead_s = (order.effective_at - event.t).seconds();
    plan_by_hand_ = by_hand(event) || (in_its_place && plan_by_hand_);
    order.awaited = plan_by_hand_ && now;
    if (request_ > 1 && !plan_by_hand_) lead_s += kActsAfter.seconds();
    double starts_in_s = lead_s;
    std::vector<ContentKey> also_heard;   // plays now, but is not what the plan will follow
    if (cut_is_ahead(event.t)) {
        if (playing != nullptr && playing->kind == flow::ItemKind::kTrack) also_heard.push_back(playing->track);
        playing = &plan_.items.front();
        rest_s = (*cut_at_ - event.t).seconds() + playing->out_s - playing->in_s;
    }
    if (playing != nullptr && !now) {
        starts_in_s = std::max(lead_s, rest_s);
        const flow::PlanItem* next = after(playing->id);
        if (next != nullptr && starts_in_s - next->fade_in_s <= lead_s + kCommittedS) {
            if (playing->kind == flow::ItemKind::kTrack) also_heard.push_back(playing->track);
            starts_in_s += next->out_s - next->in_s - next->fade_in_s;
            playing = next;
        }
        if (playing->kind == flow::ItemKind::kTrack) {
            r.current = playing->track;
            r.current_gain_db = playing->gain_db;
        }
        if (playing->kind == flow::ItemKind::kCompose)
            r.current_composed = playing->id == steered_item_ && steered_ ? steered_ : playing->expected;
    }
    r.composing = composing_;
    r.starts_in_s = starts_in_s;
    r.remaining_s = std::max(0.0, seconds_left(event) - starts_in_s);
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
    r.weights.taste = start_.taste_weight;
    r.hold_at = hold_at_;
    r.hold_next_at = hold_next_at_;
    r.land_now = land_now_;
    for (const auto& [key, ago_s] : person_.heard_before) {
        r.history.push_back({key, ago_s + event.t.seconds(), false});
    }
    for (std::size_t i = 0; i < played_.size(); ++i) {
        r.history.push_back({played_[i].track, (event.t - played_at_[i]).seconds(), true});
    }
    for (const ContentKey& track : also_heard) r.history.push_back({track, 0.0, true});
    if (playing != nullptr && playing->kind == flow::ItemKind::kTrack) {
        r.history.push_back({playing->track, 0.0, true});
    }
    r.session_items = items_begun_;
    r.session_unfamiliar = unfamiliar_begun_;
    r.familiar = person_.familiar;
    r.starter = person_.starter;
    r.rated = rated_;
    r.asked = said_yes_;
    r.wanted = wanted_;
    r.asked_about = asked_about_;
    r.ask_ahead_s = ask_ahead_s(event.t);
    r.fixed = fixed_;
    if (only_fixed_)
        r.remaining_s = std::min(r.remaining_s, choose::planned_seconds(fixed_));
    r.state_seq = event.seq;

    waiting_for_plan_ = true;
    plan_at_once_ = now;
    plan_due_ = order.effective_at;
    if (!in_its_place) plan_why_ = why;
    Decision decision;
    decision.what = "plan_requested";
    decision.request = order.request;
    decision.reasons = {reason("replan_" + std::string(why))};
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
    decide("deadline_missed", {reason("deadline_missed", {{"what", missed.what}})}, out);
    const bool nothing_left = plan_.items.empty() || (heard_ && !heard_->playing);
    plan_due_ = event.t + seconds(1);
    if (nothing_left || plan_at_once_) ask_plan(event, "deadline_missed", true, out);
    else waiting_for_plan_ = false;
}

PersonState Conductor::learnt(Time now) const {
    PersonState person = person_;
    person.liking = liking_;
    person.prior.sources = fusion_.records();
    person.rated.insert(rated_.begin(), rated_.end());
    for (auto& [track, ago_s] : person.heard_before) ago_s += now.seconds();
    for (std::size_t i = 0; i < played_.size(); ++i) {
        person.heard_before.emplace_back(played_[i].track, (now - played_at_[i]).seconds());
    }
    if (std::ssize(person.heard_before) > kHistory) {
        person.heard_before.erase(person.heard_before.begin(), person.heard_before.end() - kHistory);
    }
    std::map<ContentKey, int> to_the_end;
    for (const choose::LikingObservation& seen : liking_.observations()) {
        const bool liked = seen.source == choose::LikingSource::kLoved ||
                           (seen.source == choose::LikingSource::kRated && seen.value > 0.0);
        const bool twice = seen.source == choose::LikingSource::kHeardToEnd && ++to_the_end[seen.track] >= 2;
        if (!seen.track.none() && (liked || twice)) person.familiar.insert(seen.track);
    }
    ++person.ordinal;
    return person;
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
