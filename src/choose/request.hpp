// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Everything that a plan depends on: plan(request) reads nothing else.
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "choose/composing.hpp"
#include "choose/fallback_table.hpp"
#include "choose/liking.hpp"
#include "choose/process.hpp"
#include "choose/track_index.hpp"
#include "choose/trajectory.hpp"
#include "flow/affect.hpp"
#include "flow/goal.hpp"
#include "flow/library_view.hpp"
#include "flow/plan.hpp"
#include "flow/policy.hpp"

namespace attune::choose {

/// A track that was heard, in this session or before it.
struct Played {
    ContentKey track;
    double ago_s = 0.0;         ///< since its end
    bool this_session = true;
};

/// Weights of the score (affect_spec C, COST) and the size of the search. Conventions, editable.
struct Weights {
    double taste = 1.0;          ///< the visible slider
    double familiar = .3;
    double artist_repeat = .2;
    double vocals = .1;          ///< focus, sleep, calm; three times that in a low match
    double bridge = .1;
    double progress = .5;        ///< on |x_T - target|^2; more of it pulls music past the tether
    double unmet = 20.0;         ///< a broken limit is the last resort
    double said_yes = 4.0;       ///< of a track that the listener was asked about and wants; room is made for it in any case
    double floor_sd = .15;
    double felt_sd_valence = .33;  ///< between people, whatever the analysis does (measured)
    double felt_sd_arousal = .31;
    int candidates = 200;        ///< a waypoint
    int beam = 64;
    int horizon = 10;            ///< items
};

/// The references must outlive the call; `index` was built from `view`.
struct PlanRequest {
    const flow::LibraryView* view = nullptr;
    const TrackIndex* index = nullptr;
    const flow::Policy* policy = nullptr;
    const LikingPredictor* liking = nullptr;         ///< null = the population's prior for every track
    const FallbackTable* table = nullptr;            ///< null = tracks without analysis are not played

    flow::VaGaussian felt;        ///< the filter's estimate now
    flow::Va start;               ///< blind rating that the session began with (prior mean if skipped)
    flow::Goal goal;
    double elapsed_s = 0.0;       ///< since the session's start, now
    double remaining_s = 1200.0;  ///< from the plan's first frame to the session's end
    double starts_in_s = 0.0;     ///< the plan begins when the item that plays now ends
    std::optional<ContentKey> current;   ///< that plays now: the plan's first join is with its end
    double current_gain_db = 0.0;
    std::optional<flow::Va> current_composed;   ///< composed music plays now, and stands here

    Process process;
    Pace pace;
    Weights weights;
    std::optional<flow::Va> hold_at;     ///< hold, back
    std::optional<flow::Va> hold_next_at;   ///< only the plan's first track stays there, unless it is the farewell
    bool land_now = false;               ///< the next item is the farewell

    std::vector<Played> history;         ///< newest last
    int session_items = 0;               ///< tracks begun in this session
    int session_unfamiliar = 0;          ///< of them
    std::set<ContentKey> familiar;       ///< named at onboarding, liked, or heard to the end twice
    std::set<ContentKey> starter;        ///< may return sooner than after an hour
    std::set<ContentKey> rated;          ///< the person told how these feel: no felt spread
    std::set<ContentKey> asked;          ///< chosen by hand, or said yes to: a mark or a predicted dislike is no obstacle
    std::set<ContentKey> wanted;         ///< of asked: said yes to and not heard yet: the next item that it fits
    std::set<ContentKey> asked_about;    ///< in this session, whatever was answered: not suggested again
    double ask_ahead_s = 60.0;           ///< what begins sooner than this from now is not asked about
    std::vector<flow::PlanItem> fixed;   ///< override or hand-made: come first, as they are
    Composing composing = Composing::kNever;
    std::uint64_t state_seq = 0;
};

}  // namespace attune::choose
