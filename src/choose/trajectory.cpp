// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/trajectory.hpp"

#include <algorithm>
#include <cmath>

namespace attune::choose {
namespace {

flow::Va clip(const flow::Va& p) {
    return {std::clamp(p.valence, -1.0, 1.0), std::clamp(p.arousal, -1.0, 1.0)};
}

/// Where the match phase stands for a start rating.
flow::Va match_point(const Pace& pace, const flow::Va& start) {
    if (start.valence >= pace.low_valence) return start;
    return clip({start.valence + pace.match_lift, start.arousal});
}

flow::Va tethered(const flow::Va& from, const flow::Va& to, double tether) {
    const double d = flow::distance(from, to);
    if (d <= tether || d == 0.0) return to;
    const double k = tether / d;
    return {from.valence + k * (to.valence - from.valence),
            from.arousal + k * (to.arousal - from.arousal)};
}

/// How far from the felt mean the music may stand, so that it is within the tether of the felt state.
double reach(const Pace& pace, const Moment& moment) {
    if (pace.straight) return 4.0;
    const double sure = pace.tether * pace.tether - moment.variance;
    return std::max(std::sqrt(std::max(sure, 0.0)), std::min(pace.tether, pace.shortest_tether));
}

/// The nearest target point, moved a little towards the middle of the set: what is felt scatters round
/// what the music aims at, and an aim on the edge would leave half of it outside.
flow::Va aim(const flow::Goal& goal, const Pace& pace, const Moment& moment) {
    const flow::Va edge = goal.nearest(moment.felt, moment.start);
    if (goal.kind == flow::GoalKind::kStay || goal.kind == flow::GoalKind::kPoint) return edge;
    return tethered(edge, goal.centre(moment.start), pace.inside);
}

/// Flags bind the waypoint itself, whatever asked for it.
flow::Va bounded(flow::Va at, const flow::Policy& policy, const Moment& moment) {
    if (!policy.allow_energise) at.arousal = std::min(at.arousal, kNoEnergiseArousal);
    if (!policy.allow_pushed_lift)
        at.valence = std::min(at.valence, std::max(moment.felt.valence, -.85) + kUnpushedLift);
    return clip(at);
}

bool matches(const Pace& pace, const flow::Policy& policy, const Moment& moment) {
    return pace.match && !pace.straight && policy.allow_match && policy.allow_mirror &&
           moment.first_item && moment.elapsed_s < pace.match_max_s;
}

}  // namespace

flow::Goal allowed_goal(const flow::Goal& goal, const flow::Policy& policy) {
    flow::Goal out = goal;
    if (goal.kind == flow::GoalKind::kEnergise && !policy.allow_energise)
        out.kind = flow::GoalKind::kStay;
    return out;
}

Waypoint waypoint(const flow::Goal& goal, const Pace& pace, const flow::Policy& policy,
                  const Moment& moment) {
    if (moment.hold_at) return {bounded(*moment.hold_at, policy, moment), flow::Phase::kHold};
    const flow::Va target = aim(goal, pace, moment);
    if (moment.last_item) {
        // The farewell belongs inside the target, but never farther than the listener can follow.
        return {bounded(tethered(moment.felt, target, reach(pace, moment)), policy, moment),
                flow::Phase::kLand};
    }
    if (matches(pace, policy, moment))
        return {bounded(match_point(pace, moment.start), policy, moment), flow::Phase::kMatch};
    if (goal.distance_from(moment.felt, moment.start) == 0.0)
        return {bounded(target, policy, moment), flow::Phase::kHold};
    return {bounded(tethered(moment.felt, target, reach(pace, moment)), policy, moment),
            flow::Phase::kMove};
}

}  // namespace attune::choose
