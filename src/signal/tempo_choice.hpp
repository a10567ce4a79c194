// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Which of the periods that an onset strength repeats with is the one that people would tap.
///
/// In       onset frames of MusicFramer (86.1 a second)
/// Out      the onset strength and its best period, with the probability among its rivals (halves, doubles, thirds ...)
/// Threads  any: pure functions
/// Method   candidates are the peaks of a comb over the autocorrelation, and what stands in a simple ratio to the best
///          three. A conditional logit (McFadden 1974) weighs for each candidate how well its multiples and fractions
///          repeat, in all and in four bands, with a preferred tempo that depends on how dense, low and even the onsets
///          are. Weights: tempo_choice.cpp, fitted by `attune train tempo` on MIDI that no figure is measured on
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "signal/music_frames.hpp"

namespace attune::signal {

/// Bands weighed alike, peaks limited, the local mean (±0.75 s) taken away, smoothed over 3 frames.
[[nodiscard]] std::vector<float> onset_strength(std::span<const MusicFrames::Onset> onset);

struct TempoPeriod {
    double frames = 0.0;
    double salience = 0.0;     ///< autocorrelation there over that at lag 0
    double probability = 0.0;  ///< among the candidates, 0..1
};

/// nullopt if nothing repeats. `strength` is onset_strength(onset).
[[nodiscard]] std::optional<TempoPeriod> choose_period(std::span<const MusicFrames::Onset> onset, std::span<const float> strength);

inline constexpr std::size_t kTempoFeatures = 46;
struct TempoCandidate {
    double frames = 0.0;
    std::array<double, kTempoFeatures> features{};
};
/// What is weighed, for `attune train tempo`.
[[nodiscard]] std::vector<TempoCandidate> tempo_candidates(std::span<const MusicFrames::Onset> onset, std::span<const float> strength);

}  // namespace attune::signal
