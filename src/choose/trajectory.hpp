// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Waypoints g(t): where the music should stand now (affect_spec C).
///
///   MATCH  meet the listener: near the start rating; a low start is matched in arousal and aims
///          a little higher in valence. At most one item and five minutes.
///   MOVE   the point on the way to the nearest target point, at most `tether` from the felt state.
///          The tether bounds the root mean square distance, so that what is not known about the
///          state shortens the step: from the mean, sqrt(tether^2 - var v - var a).
///   HOLD   inside the target: stay.        LAND   the last item: known and liked, inside the target if that
///          is within the tether: nobody is dragged there for the farewell; the plan's `unmet` says so.
///
/// The iso principle is a hypothesis; `straight` goes to the target at once and is an equal choice.
#include <optional>

#include "flow/affect.hpp"
#include "flow/goal.hpp"
#include "flow/plan.hpp"
#include "flow/policy.hpp"

namespace attune::choose {

/// Conventions of affect_spec C, editable; none is fitted.
struct Pace {
    /// Farthest that music may stand from the felt state; .35..inf a person. Chosen: .65 of affect_spec is for a known
    /// state. In `simulate compare` (chosen on seeds 2001 to 2040, with 1 to 20 and 1001 to 1020 in sight; so were the next one
    /// and Weights::progress) .40 leaves
    /// less than .50 on iso-true listeners and hardly more on linear ones.
    double tether = .40;
    /// What is left of it however little is known; .35 leaves iso-true listeners half of what .25 gains over
    /// nearest-to-target, .20 costs linear listeners more than it gives.
    double shortest_tether = .25;
    double inside = .10;         ///< how far past the edge of the target set the aim lies; chosen
    bool match = true;           ///< false: by choice, or ruminates with sad music
    bool straight = false;       ///< to the target at once: no match, no tether
    double match_radius = .35;
    double match_max_s = 300.0;
    double low_valence = -.2;    ///< below it the match aims higher
    double match_lift = .15;
};

/// Longest waypoint distance for which "no mirror, no pushed lift" still counts as not pushed.
inline constexpr double kUnpushedLift = .15;
/// Highest expressed arousal where policy forbids to energise (psychosis, mania).
inline constexpr double kNoEnergiseArousal = .3;

struct Waypoint {
    flow::Va at;
    flow::Phase phase = flow::Phase::kMove;
};

/// Everything that a waypoint depends on.
struct Moment {
    flow::Va felt;               ///< predicted mean when the item starts
    flow::Va start;              ///< blind rating at the session's start
    double variance = 0.0;       ///< of the prediction, valence and arousal together
    double elapsed_s = 0.0;      ///< since the session's start
    bool first_item = false;     ///< nothing was played yet
    bool last_item = false;
    std::optional<flow::Va> hold_at;  ///< "stay here", "back": overrides all but flags
};

/// The goal that policy leaves: energise becomes stay where it is forbidden.
[[nodiscard]] flow::Goal allowed_goal(const flow::Goal& goal, const flow::Policy& policy);

[[nodiscard]] Waypoint waypoint(const flow::Goal& goal, const Pace& pace, const flow::Policy& policy,
                                const Moment& moment);

}  // namespace attune::choose
