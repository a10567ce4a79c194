// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// choose → play: what will be played, and the proof that it keeps the limits or the list of what it cannot.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "flow/affect.hpp"
#include "flow/reason.hpp"

namespace attune::flow {

enum class ItemKind { kTrack, kCompose, kSilence };
[[nodiscard]] const char* to_string(ItemKind kind) noexcept;

/// Which part of the trajectory an item serves.
enum class Phase { kMatch, kMove, kHold, kLand, kBridge };
[[nodiscard]] const char* to_string(Phase phase) noexcept;

/// A point of a piecewise linear curve over the item's own time.
struct CurvePoint {
    double t_s = 0.0;
    double value = 0.0;
    bool operator==(const CurvePoint&) const = default;
};

struct PlanItem {
    Id id;                           ///< of this item in this session
    ItemKind kind = ItemKind::kTrack;
    ContentKey track;                ///< kTrack
    std::string path;                ///< kTrack: bytes
    std::string title;
    Phase phase = Phase::kMove;
    double in_s = 0.0;               ///< where in the source it starts
    double out_s = 0.0;              ///< and ends; out_s - in_s = planned seconds of source
    double fade_in_s = 0.0;          ///< crossfade with the item before; 0 = gapless join
    double gain_db = 0.0;            ///< normalisation, bounded by true peak
    std::vector<CurvePoint> tempo;   ///< ratio over item time; empty = 1
    double soften = 0.0;             ///< 0..1, gentle low-pass
    std::optional<Va> expected;      ///< expressed, model mean: what will be heard
    std::optional<Va> expected_sd;
    double predicted_liking = 0.0, predicted_liking_sd = .5;
    Va waypoint;                     ///< g(t) that it was chosen for
    std::vector<Reason> reasons;     ///< contributions add up to `score`
    double score = 0.0;
    std::string counterfactual;      ///< code of what another rating would have brought; may be empty
    std::optional<double> p_limits_held;  ///< P(all join limits held | model SD)
    std::optional<VaGaussian> predicted;  ///< felt at the item's end, under the filter's process
    bool bridged = false;            ///< silence or a composed bridge stands before it: serves any join
};

/// A limit that could not be kept.
struct Unmet {
    std::string limit;     ///< "join_arousal", "familiar", "terminal"
    std::size_t item = 0;  ///< index into items
    double value = 0.0;    ///< what the plan has
    double allowed = 0.0;  ///< what the limit asks
    std::string remedy;    ///< code of what would meet it: "bridge", "more_music", "accept_unfamiliar"
};

/// A track of the listener's own that would serve the plan better than what stands in it, but that is not chosen unasked:
/// what a session may ask about. The plan is made without it.
struct Suggestion {
    ContentKey track;
    std::string title;
    std::size_t item = 0;      ///< index into items: whose place it would take
    double advantage = 0.0;    ///< its score there less that item's, each over 210 s of playing
};

struct Plan {
    Id id;
    std::uint64_t state_seq = 0;        ///< event that the plan was made from
    std::uint64_t view_version = 0;
    std::uint64_t policy_version = 0;
    Time effective_at;
    bool locked = false;                ///< hand-made or locked by a therapist: not replanned
    std::vector<PlanItem> items;
    std::vector<Unmet> unmet;
    std::optional<Suggestion> suggestion;
};

}  // namespace attune::flow
