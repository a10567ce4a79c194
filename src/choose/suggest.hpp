// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Memory marks in a plan: what to ask the listener about, and the place of what they said yes to.
///
/// suggest()    the track with the mark "ask" that would serve the next item for which there is still time to ask better than
///              the one that stands there. Always one that Rules::suggestible() lets through. The plan is made without it
/// room_for()   where in a path a wanted track stands: the first place that it serves nearly as well as what stands there,
///              else the one where it serves best. What follows it is searched anew
/// Both keep every limit at the place itself, by a bridge of silence if need be, and leave the last item the last.
///
/// Threads  pure; deterministic: scores rounded to 1e-9, ties by content key
/// Errors   none
/// Cost     (marked tracks, at most 200) x (places, at most ten)
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "choose/search.hpp"

namespace attune::choose {

/// Less than this over what stands there, each over 210 s, is not worth a question: a sixth of what familiarity counts. Chosen.
inline constexpr double kWorthAsking = .05;
/// Liking from which a marked track is worth a question; one of which nothing is known is expected at .13. Chosen.
inline constexpr double kLikedEnough = .10;
/// What a wanted track may cost against what stands there, each over 210 s, to come soon: as much as full liking. Chosen.
inline constexpr double kYesMayCost = 1.0;

/// An item of the plan, as the search placed it.
struct Filled {
    Step step;
    std::size_t item = 0;        ///< its index in Plan::items
    double left_s = 0.0;         ///< from its start to the end of the plan
};

/// `artists`: of what was heard before the first of the places, newest last.
[[nodiscard]] std::optional<flow::Suggestion> suggest(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
                                                      const std::vector<Filled>& places, const std::vector<std::uint32_t>& artists);

struct Room {
    std::size_t at = 0;          ///< index into the steps
    Step step;                   ///< that stands there now
};
/// `end_s`: of the plan, in plan time. nullopt where the row is not analysed or breaks a limit wherever it stands.
[[nodiscard]] std::optional<Room> room_for(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
                                           const std::vector<Step>& steps, double end_s, std::uint32_t row);

}  // namespace attune::choose
