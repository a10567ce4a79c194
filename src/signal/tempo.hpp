// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Tempo and beats of a whole track from its onset strength.
///
/// In       onset frames of MusicFramer (86.1 a second), at least 3 s
/// Out      tempo [bpm], 30..300, its confidence 0..1, and the times of beats [s]; nullopt without
///          a pulse
/// Threads  any: a pure function
/// Method   (1) period and octave: tempo_choice.hpp; (2) beats by dynamic programming around that period (Ellis 2007,
///          doi:10.1080/09298210701653344); (3) tempo as the slope of a robust regression over beat numbers, which frees
///          it of the grid of frames. Confidence: how strongly the period repeats, times its probability among its rivals
#include <optional>
#include <span>
#include <vector>

#include "signal/music_frames.hpp"

namespace attune::signal {

struct TempoEstimate {
    double bpm = 0.0;
    double sd_bpm = 0.0;         ///< of local tempi around it (median absolute deviation × 1.4826)
    double confidence = 0.0;     ///< 0..1
    std::vector<float> beats_s;  ///< rising
};

[[nodiscard]] std::optional<TempoEstimate>
estimate_tempo(std::span<const MusicFrames::Onset> onset);

}  // namespace attune::signal
