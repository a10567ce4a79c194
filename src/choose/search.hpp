// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Beam search over paths of tracks. Inner part of the planner.
#include <cstdint>
#include <optional>
#include <vector>

#include "choose/score.hpp"

namespace attune::choose {

inline constexpr double kTail = 60.0;   ///< [s] an item that ends this near the end of the plan is the last
inline constexpr std::ptrdiff_t kArtistMemory = 3;   ///< items after which an artist is new again

/// Where the search stands, between items.
struct Situation {
    double t_s = 0.0;                      ///< since the plan's first frame
    double end_s = 0.0;                    ///< plan must end here
    flow::Va felt;
    std::optional<Edges> before;           ///< end of what is heard last
    std::vector<std::pair<std::uint32_t, double>> used;   ///< row, time of its end in the plan
    std::vector<std::uint32_t> artists;    ///< of the last items, newest last
    int items = 0;                         ///< begun in this session, with those of the plan
    int unfamiliar = 0;                    ///< of them
};

/// One chosen item.
struct Step {
    Candidate candidate;
    Place place;                           ///< place.before is not set
    std::optional<Edges> before;
    Parts parts;
    double start_s = 0.0;                  ///< in plan time, after bridge and crossfade
    double fade_in_s = 0.0;
};

/// The best path of at most `horizon` items from `from`; empty if nothing may be played. `from` is
/// moved to the path's end.
[[nodiscard]] std::vector<Step> search(const PlanRequest& request, const Rules& rules,
                                       const flow::Goal& goal, Situation& from);

/// Moves the situation past the steps, and scores each with what stood before it.
void follow(const PlanRequest& request, const Rules& rules, const flow::Goal& goal, std::vector<Step>& steps, Situation& s);

/// Where an item should stand that begins at `t_s` of the plan, as number `items` of the session.
[[nodiscard]] Waypoint waypoint_at(const PlanRequest& request, const flow::Goal& goal, const flow::Va& felt, double t_s, int items, bool last);

/// About `weights.candidates` rows round a waypoint, the most promising of each tempo kept.
[[nodiscard]] std::vector<Candidate> candidates_near(const PlanRequest& request, const Rules& rules,
                                                     const flow::Va& at);

}  // namespace attune::choose
