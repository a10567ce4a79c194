// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The trajectory planner: a path of items over the whole library, with its proof and its reasons.
///
/// In       PlanRequest: estimate, start, goal, time, view with index, policy, taste, history
/// Out      Plan: items with waypoint, expected and predicted state, named contributions that add up to
///          the score, P(limits held | model SD); every limit that could not be kept stands in `unmet`.
///          Ids are left empty: session gives them.
/// Threads  pure and re-entrant; deterministic: scores rounded to 1e-9, ties by content key, no chance
/// Errors   none: no music that may be played -> a silence, and "no_music" in unmet
/// Method   affect_spec C: about 200 candidates a waypoint from the grid, beam 64, horizon <= 10 items,
///          rolled forward to the session's end. Contributions are weighted by playing time over
///          210 s, so that ten short tracks do not outvote five long ones (our convention).
#include <vector>

#include "choose/request.hpp"

namespace attune::choose {

[[nodiscard]] flow::Plan plan(const PlanRequest& request);

/// Every limit and hard rule that `plan` breaks, recomputed from its items alone. plan() puts this into
/// Plan::unmet; it also serves plans made by hand.
[[nodiscard]] std::vector<flow::Unmet> unmet_of(const PlanRequest& request, const flow::Plan& plan);

/// The felt state `seconds` after `from`, where its mean is `mean`: the variance by the filter's process; the mean clipped to [-1, 1].
[[nodiscard]] flow::VaGaussian predicted(const flow::VaGaussian& from, const flow::Va& mean, const Process& process, double seconds);

/// The planned time [s] of a list of items, crossfades counted once.
[[nodiscard]] double planned_seconds(const std::vector<flow::PlanItem>& items);

}  // namespace attune::choose
