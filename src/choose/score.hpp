// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The score of one item at one place of a path, as named parts (affect_spec C, COST with its sign
/// turned: higher is better). What is summed here is what the listener is told.
#include <cstdint>
#include <vector>

#include "choose/limits.hpp"
#include "choose/request.hpp"
#include "choose/rules.hpp"

namespace attune::choose {

/// A row made ready for scoring.
struct Candidate {
    std::uint32_t row = 0;
    std::uint32_t artist = 0;
    flow::Va m;                       ///< expressed, whole track
    double inverse_var_v = 0.0, inverse_var_a = 0.0;
    double liking = .13;
    double vocals = 0.0;
    double duration_s = 0.0;
    double gain_db = 0.0;
    bool familiar = false;
    bool wanted = false;              ///< the listener said yes to it
    flow::Va settle;                  ///< Process::pull of this track
    double keep = 1.0;                ///< exp(-duration/tau)
    Edges edges;
};

[[nodiscard]] Candidate candidate_of(const PlanRequest& request, const Rules& rules, std::uint32_t row);

/// Where in a path an item would stand.
struct Place {
    flow::Va felt;                    ///< predicted when it starts
    Waypoint waypoint;
    const Edges* before = nullptr;    ///< end of the item before; null = none
    double join_over = 0.0;           ///< join_of(*before, item).over; 0 without a join
    bool bridged = false;
    bool last = false;
    bool artist_repeated = false;     ///< within the last three items
    bool quota_open = true;           ///< another unfamiliar track keeps 1 in 4
    double played_s = 0.0;            ///< duration, less what the session's end cuts off
};

struct Parts {
    double fit = 0.0, liking = 0.0, familiar = 0.0, artist_repeat = 0.0, vocals = 0.0;
    double bridge = 0.0, progress = 0.0, cut = 0.0, unmet = 0.0, wanted = 0.0;
    [[nodiscard]] double sum() const {
        return fit + liking + familiar + artist_repeat + vocals + bridge + progress + cut + unmet + wanted;
    }
};

inline constexpr double kNominalItemS = 210.0;
inline constexpr double kCrossfadeS = 4.0;
inline constexpr double kShortestItemS = 40.0;   ///< less than this at the end is silence instead

/// How far the item breaks limits at this place, as a sum of shares; 0 = keeps all.
[[nodiscard]] double limits_over(const PlanRequest& request, const Rules& rules, const Candidate& c,
                                 const Place& place);
[[nodiscard]] Parts score_parts(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
                                const Candidate& c, const Place& place);
/// Felt mean when the item has ended.
[[nodiscard]] flow::Va felt_after(const Candidate& c, const Place& place, const Process& process);

}  // namespace attune::choose
