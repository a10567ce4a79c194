// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The parts of a score as named reasons. The sentences stand in share/strings/en.json under "reason.".
///
///   meets_you, on_the_way, stays_here, lands     how near the music is to the waypoint
///   liked_track, liked_artist, liked_genre, liked_sound, liking_unknown
///   familiar, artist_repeat, vocals, bridge, towards_goal, cut_short, limit_not_met, you_said_yes
///   default_table, policy_*, counterfactual_calm, counterfactual_tense
#include <vector>

#include "choose/score.hpp"
#include "flow/reason.hpp"

namespace attune::choose {

/// Contributions rounded to 1e-9; those of zero are left out, but for fit and liking. Summed in their
/// order they are the item's score, exactly.
[[nodiscard]] std::vector<flow::Reason> reasons_of(const PlanRequest& request, const Candidate& c,
                                                   const Place& place, const Parts& parts);
[[nodiscard]] double sum_of(const std::vector<flow::Reason>& reasons);

}  // namespace attune::choose
