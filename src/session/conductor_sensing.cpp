// SPDX-License-Identifier: GPL-3.0-or-later
// What a body alone may do to the music (affect_spec C, REPLAN). The rest of the conductor is in conductor.cpp.
#include <algorithm>

#include "core/text.hpp"
#include "session/conductor.hpp"

namespace attune::session {
namespace {

constexpr double kMellow = .5;        ///< of the low-pass: 6 dB an octave over 1 kHz would be 1; chosen
constexpr double kLeastRestS = 10.0;  ///< of the item that plays: later the next one can no longer be exchanged; chosen

/// Heart and skin. A face and a voice show an expression, and move nothing by themselves.
bool is_body(flow::SourceKind kind) { return kind == flow::SourceKind::kBody || kind == flow::SourceKind::kHeart; }

}  // namespace

/// The track that a body may speak about now: nothing that a person, a lock, a landing or somebody who got worse decides.
const flow::PlanItem* Conductor::body_may_speak() const {
    if (strategy_ != choose::Strategy::kPlanner || !policy_.infer_from_body) return nullptr;
    if (locked_ || land_now_ || hold_at_ || safe_first_ || worsening_.times() > 0) return nullptr;
    if (!heard_ || !heard_->playing || heard_->kind != flow::ItemKind::kTrack) return nullptr;   // composed music steers itself
    const flow::PlanItem* playing = item(heard_->item);
    return playing != nullptr && playing->predicted && playing->phase != flow::Phase::kLand ? playing : nullptr;
}

/// Of the bodies that are heard, the one farthest above its own baseline.
std::optional<Conductor::Body> Conductor::most_active_body() const {
    std::optional<Body> most;
    for (const flow::SourceState& source : state_.sources) {
        if (!is_body(source.kind)) continue;
        const auto sd = fusion_.activation_sd(source.id);
        if (sd && (!most || *sd > most->sd)) most = Body{source.id, *sd};
    }
    return most;
}

/// Once a second.
void Conductor::follow_body(const SessionEvent& event, Outputs& out) {
    const flow::PlanItem* playing = body_may_speak();
    const auto body = playing != nullptr ? most_active_body() : std::nullopt;
    if (!body) {
        body_departure_ = {};
        return;
    }
    const choose::BodyView view{body->sd, state_.felt, state_.shadow, expected_now(*playing, event.t)};
    body_departure_.look(event.t, choose::body_departs(view, start_.goal, start_point()));
    const double rest_s = (playing->out_s - heard_->position_s) / heard_->tempo_ratio;
    if (!body_departure_.stands(event.t) || body_acted_in_ == playing->id || rest_s < kLeastRestS) return;
    if (waiting_for_plan_ || cut_is_ahead(event.t) || question_stands(event.t)) return;
    body_acted_in_ = playing->id;
    if (person_.ordinal >= choose::kSensorsWaitSessions) {
        say_of_body("body_replan", *body, std::nullopt, out);
        ask_plan(event, "body", false, out);
    } else if (may_stay(*playing)) {
        say_of_body("body_hold", *body, std::nullopt, out);
        hold_next_at_ = where_to_hold();
        ask_plan(event, "body_hold", false, out);
        hold_next_at_.reset();
    } else {
        mellow_ = true;
        say_of_body("body_soften", *body, acts_at(event.t), out);
        out.engine.push_back({.action = EngineAction::kMellow, .at = acts_at(event.t), .value = kMellow});
    }
}

/// One piece at a time: a body never keeps anybody where they are for longer, nor from landing or from what was chosen by hand.
bool Conductor::may_stay(const flow::PlanItem& playing) const {
    if (playing.phase == flow::Phase::kHold) return false;
    const flow::PlanItem* next = after(playing.id);
    if (next != nullptr && next->phase == flow::Phase::kBridge) next = after(next->id);
    if (next == nullptr || next->kind != flow::ItemKind::kTrack || next->phase != flow::Phase::kMove) return false;
    return next->reasons.empty() || next->reasons.front().code != "hand_made_plan";
}

/// In the words of activation against one's own baseline; where a person is not shown their state, the act alone.
void Conductor::say_of_body(const char* what, const Body& body, std::optional<FramePos> at, Outputs& out) const {
    Decision decision;
    decision.what = what;
    decision.reasons = {{what + std::string(policy_.show_state ? "" : "_unsaid"), {{"source", body.source}, {"sd", core::format_double(body.sd)}}, 0.0}};
    decision.at = at;
    out.records.emplace_back(std::move(decision));
}

/// What was softened for a body is itself again with the next item.
void Conductor::end_mellow(Time t, Outputs& out) {
    if (!mellow_) return;
    mellow_ = false;
    out.engine.push_back({.action = EngineAction::kMellow, .at = acts_at(t), .value = 0.0});
}

}  // namespace attune::session
