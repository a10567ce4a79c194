// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The limits of affect_spec C on the analysed music: per join, and inside an item.
///
/// They bind the estimates' means; the probability that they hold, given the models' SD, stands beside.
/// A proof about analysed music proves nothing about feelings.
#include <cstdint>
#include <string_view>

#include "flow/goal.hpp"
#include "flow/library_view.hpp"
#include "flow/policy.hpp"

namespace attune::choose {

/// What of a row matters where it meets another. Loudness is after normalisation gain.
struct Edges {
    double first_valence = 0.0, first_arousal = 0.0;
    double last_valence = 0.0, last_arousal = 0.0;
    double first_lufs = 0.0, last_lufs = 0.0;
    double tempo = 0.0;                          ///< folded_tempo(); NaN = unknown
    double valence_sd = 0.0, arousal_sd = 0.0;
    double arousal = 0.0, arousal_p95 = 0.0, startle_lu = 0.0;
};

/// Normalisation gain [dB] of a row at policy.level_lufs; never above what its true peak allows (-1
/// dBTP), nor above 0 dB where the peak is unknown, nor above the ceiling.
[[nodiscard]] double normalisation_gain_db(const flow::LibraryView& view, std::size_t row,
                                           const flow::Policy& policy);
[[nodiscard]] Edges edges_of(const flow::LibraryView& view, std::size_t row, double gain_db);

/// Distances at a join, and how far each is over its limit as a share of the limit (0 = kept).
struct Join {
    double valence = 0.0, arousal = 0.0, tempo = 0.0, loudness = 0.0;   ///< absolute differences
    double over = 0.0;                                                   ///< sum of shares
};
[[nodiscard]] Join join_of(const Edges& before, const Edges& after, const flow::StepLimits& limits);
[[nodiscard]] bool startle_is_guarded(const flow::Goal& goal, const flow::Policy& policy);

/// Sleep: arousal never rises from one item to the next by more than this.
inline constexpr double kSleepRise = .02;
/// Highest expressed arousal inside the item, over its waypoint: share over the limit, 0 = kept.
[[nodiscard]] double p95_over(const Edges& item, double waypoint_arousal, const flow::StepLimits& limits);

/// P(valence, arousal and p95 limits all hold | model SD); differences are taken as independent. Measured
/// tempo and loudness count as certain. `before` may be null: no join, or a bridge that serves it.
[[nodiscard]] double probability_held(const Edges* before, const Edges& item, double waypoint_arousal,
                                      const flow::StepLimits& limits);

/// Length of a bridge of silence [s].
inline constexpr double kBridgeSeconds = 12.0;

}  // namespace attune::choose
