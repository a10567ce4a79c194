// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/conductor.hpp"

#include <algorithm>
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

}  // namespace attune::session
