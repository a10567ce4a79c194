// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The arms of a comparison: each answers the same PlanRequest with a Plan, so that all run through
/// the same conductor, player and record as the product's own.
///
///   planner        the trajectory planner
///   silence        nothing is played
///   random         any allowed track, by hash of (session seed, key)
///   static_goal    the goal's playlist: tracks nearest a typical point of the goal, listed once, whatever
///                  the listener says
///   table          genres by the word for how the listener feels (share/policies/default_table.toml)
///   match          tracks nearest to how the listener feels now
///   nearest        tracks nearest to the target point nearest to how the listener feels now
///
/// Every arm obeys the hard rules (blocks, marks, flags, dose): comparing is no excuse. None but the
/// planner knows of joins, bridges or familiarity. With taste, predicted liking is weighed against
/// distance as in the planner's score; without, it is not looked at.
#include <string_view>
#include <vector>

#include "choose/request.hpp"
#include "core/result.hpp"

namespace attune::choose {

enum class Strategy { kPlanner, kSilence, kRandom, kStaticGoal, kTable, kMatch, kNearest };
[[nodiscard]] const char* to_string(Strategy strategy) noexcept;
/// The error names all of them.
[[nodiscard]] Result<Strategy> parse_strategy(std::string_view name);
[[nodiscard]] const std::vector<Strategy>& all_strategies();

/// `seed` orders the tracks of `random`, nothing else. "Without taste" = request.weights.taste is 0;
/// predicted dislikes are then not screened out either.
[[nodiscard]] flow::Plan plan_by(Strategy strategy, const PlanRequest& request, std::uint64_t seed);

}  // namespace attune::choose
