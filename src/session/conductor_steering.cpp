// SPDX-License-Identifier: GPL-3.0-or-later
// How composed music follows its listener while it plays (system A03). The rest of the conductor is in conductor.cpp.
#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "session/conductor.hpp"

namespace attune::session {
namespace {

constexpr double kLeadStep = .02;      ///< of arousal; what is nearer is not worth a change at the bar
constexpr double kMirrorStep = .0005;  ///< of arousal, a five-hundredth of the mirror's whole rise: it follows from second to second
constexpr double kInside = .10;        ///< how far past the edge of the target set lead goes, as the planner does

/// The nearest point of the goal, a little inside.
flow::Va inside(const flow::Goal& goal, const flow::Va& from) {
    const flow::Va edge = goal.nearest(from, from);
    if (goal.kind == flow::GoalKind::kStay || goal.kind == flow::GoalKind::kPoint) return edge;
    const flow::Va centre = goal.centre(from);
    const double d = flow::distance(edge, centre);
    const double k = d > kInside ? kInside / d : 1.0;
    return {edge.valence + k * (centre.valence - edge.valence), edge.arousal + k * (centre.arousal - edge.arousal)};
}

}  // namespace

const flow::PlanItem* Conductor::composed_now() const {
    if (!heard_ || !heard_->playing || heard_->kind != flow::ItemKind::kCompose) return nullptr;
    const flow::PlanItem* playing = item(heard_->item);
    return playing != nullptr && playing->expected ? playing : nullptr;
}

/// Sends composed music elsewhere if that is at least `least` away, and says so in the record.
void Conductor::steer_to(const compose::SteerOutput& wish, double least, const char* reason, Outputs& out) {
    const flow::PlanItem* playing = composed_now();
    if (playing == nullptr) return;
    const bool begun = steered_item_ != playing->id;   // each item begins where the plan put it
    if (begun) steered_ = playing->expected, steered_item_ = playing->id;
    if (std::abs(wish.music.arousal - steered_->arousal) < least) return;
    steered_ = wish.music;
    Decision decision;
    decision.what = "steer";
    decision.reasons = {{reason, {{"valence", core::format_double(wish.music.valence)}, {"arousal", core::format_double(wish.music.arousal)}}, 0.0}};
    out.records.emplace_back(std::move(decision));
    EngineOrder order{.action = EngineAction::kSteer, .now = begun || wish.biofeedback};
    order.target = wish.music;
    order.controls = wish.controls;
    out.engine.push_back(std::move(order));
}

/// Once a second. Lead goes down only; music on the way up follows the plan, item by item, and stays where a person holds it.
void Conductor::steer(const SessionEvent& event, Outputs& out) {
    const flow::PlanItem* playing = composed_now();
    if (playing == nullptr) return;
    if (start_.compose.mirror && !mirror_over_) {
        mirror(event, std::nullopt, out);
        return;
    }
    const flow::Va from = start_point();
    const flow::Va goal = inside(start_.goal, from);
    if (hold_at_ || goal.arousal > from.arousal) return;
    if (!lead_) {
        compose::SteerConfig config;
        config.start = from;
        config.goal = goal;
        if (auto made = compose::Steering::create(config, policy_)) lead_ = *std::move(made);
        else return;
    }
    compose::SteerOutput wish = lead_->lead(event.t.seconds(), state_.felt.mean.arousal);
    wish.music.valence = playing->expected->valence;
    wish.controls = compose::controls_for(wish.music);
    if (wish.ask && !rise_asked_) {
        rise_asked_ = true;
        decide("steer_hold", {{"activation_rose", {}, 0.0}}, out);
        ask("activation", {"go_on", "hold", "softer", "stop"}, out);
    }
    steer_to(wish, kLeadStep, "steer_lead", out);
}

void Conductor::on(const Conductance& conductance, const SessionEvent& event, Outputs& out) {
    if (start_.compose.mirror && !mirror_over_ && !paused_ && !finishing_) mirror(event, conductance.microsiemens, out);
}

/// Biofeedback: the sound rises with the skin until its three minutes are over; then lead goes on from where the plan stands.
void Conductor::mirror(const SessionEvent& event, std::optional<double> microsiemens, Outputs& out) {
    const flow::PlanItem* playing = composed_now();
    if (playing == nullptr) return;
    if (!mirror_) {
        compose::SteerConfig config;
        config.mode = compose::SteerMode::kMirror;
        config.start = *playing->expected;
        config.mirror_enabled = true;
        auto made = compose::Steering::create(config, policy_);
        if (!made) {   // what is allowed has changed since the start
            mirror_over_ = true;
            decide("refused", {{"mirror_refused", {{"why", made.error().message}}, 0.0}}, out);
            return;
        }
        mirror_ = *std::move(made);
        decide("biofeedback", {{"mirror_begins", {}, 0.0}}, out);
    }
    const compose::SteerOutput wish = mirror_->mirror(event.t.seconds(), microsiemens);
    if (wish.ended || policy_.flagged || !policy_.allow_mirror || !policy_.infer_from_body) {
        mirror_over_ = true;
        decide("biofeedback", {{"mirror_ends", {}, 0.0}}, out);
        compose::SteerOutput back;
        back.music = *playing->expected;
        back.controls = compose::controls_for(back.music);
        steer_to(back, kMirrorStep, "steer_mirror_back", out);
        return;
    }
    steer_to(wish, kMirrorStep, "steer_mirror", out);
}

}  // namespace attune::session
