// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Every constant of the fusion, in one place, each with where it comes from.
///
/// Valence and arousal lie in [-1, 1]; a 1..5 rating r is (r - 3) / 2 on that scale. Durations are in
/// seconds. kFitted = estimated from SiTunes or the alexithymia ratings, kCited = taken from the paper
/// named, kChosen = a decision that can be argued with.
#include <span>

#include "flow/evidence.hpp"

namespace attune::affect {

enum class Mark { kFitted, kCited, kChosen };
[[nodiscard]] const char* to_string(Mark mark) noexcept;

struct Constant {
    const char* name;
    double value;
    const char* unit;
    Mark mark;
    const char* source;  ///< data set, paper with DOI, or reason
};
/// All of them, for docs and for `attune affect constants`.
[[nodiscard]] std::span<const Constant> constants() noexcept;

namespace k {  // the values that the filter computes with; constants() lists the same objects

inline constexpr double kStepS = 1.0;

// Prior of mood and home.
inline constexpr double kMoodSd = .40;
inline constexpr double kHomeV = .10, kHomeA = .0, kHomeSd = .20;

// Process.
inline constexpr double kTauS = 500.0, kTauMinS = 300.0, kTauMaxS = 850.0;
inline constexpr double kProcessSdV = .27, kProcessSdA = .31;
inline constexpr double kPullV = .20, kPullA = .40;
inline constexpr double kPullSdV = .12, kPullSdA = .15;
inline constexpr double kBeta = .5, kBetaSd = .2;
inline constexpr double kAppraisalSd = .33;

// Ratings.
inline constexpr double kRatingSdV = .17, kRatingSdA = .20;
inline constexpr double kRatingSdMin = .12, kRatingSdMax = .30;
inline constexpr double kInMusicSd = .10;
inline constexpr double kRatingSurprise = 9.2;

// Sources.
inline constexpr double kIndexScaleV = .33, kIndexScaleA = .36;
inline constexpr double kBiasSd = .7, kBiasWalkS = 7200.0;
inline constexpr double kBaselineMinS = 180.0, kBaselineMemoryS = 7200.0;
inline constexpr double kGateNis = 4.0;
inline constexpr double kAlertNis = 9.0, kAlertAfterS = 30.0, kAlertClearS = 60.0;
inline constexpr double kLostAfterS = 8.0;

// The hard bound on what all sensors together may do.
inline constexpr double kMaxShift = .25, kMaxShrink = .15;
inline constexpr double kMaxShiftEarned = .40, kMaxShrinkEarned = .30;

// Earning.
inline constexpr double kPriorRatings = 30.0, kHalfLifeRatings = 60.0;
inline constexpr double kQuantileZ = -.8416212335729143;  ///< standard normal 20 % quantile
inline constexpr int kEarnRatings = 30, kEarnDays = 5, kEarnShuffles = 200;
inline constexpr double kEarnNats = 3.0;

// Person parameters.
inline constexpr int kPersonTuples = 10;

}  // namespace k

/// What one kind of source may inform and how much it is believed before it has earned more.
struct SourceRow {
    flow::SourceKind kind;
    double start_v, start_a;  ///< validity r to begin with; 0 = does not inform this dimension
    double cap_v, cap_a;      ///< highest r after earning
    int ratings_before_v;     ///< valence is ignored until this many ratings were seen
    double coherence;         ///< r_coh: display against feeling
    double tau_c_s;           ///< how long its frames say the same thing; R is inflated by 2 tau_c / dt
    bool continuous;          ///< silent for kLostAfterS means lost
    int order;                ///< of application within one step
};
[[nodiscard]] const SourceRow& source_row(flow::SourceKind kind) noexcept;

}  // namespace attune::affect
