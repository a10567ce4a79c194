// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A stretch of music as one vector of numbers: timbre, harmony, rhythm, dynamics. None depends on
/// gain.
///
/// In       frames of MusicFramer and a stretch of time, best 15..60 s
/// Out      one float for each of descriptor_names(); finite. nullopt if the stretch is silent or
///          below 1 s
/// Threads  any: pure functions
/// Method   statistics (mean, SD, 10th and 90th percentile, mean absolute change) of frame
///          features; frames over 60 dB below the stretch's mean power are left out. Tonnetz: Harte
///          et al. 2006 (doi:10.1145/1178723.1178727); key profiles: Krumhansl 1990 (ISBN
///          0195054753), pulse clarity: Lartillot et al. 2008
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "signal/key.hpp"
#include "signal/music_frames.hpp"

namespace attune::signal {

/// Where each group lies is in the names: "mel_mean_07", "key_clarity" ... Never reordered; new
/// ones at the end make a new version of the models.
[[nodiscard]] const std::vector<std::string>& descriptor_names();

[[nodiscard]] std::optional<std::vector<float>> describe(const MusicFrames& frames, double from_s,
                                                         double to_s);

/// Twelve pitch classes of a stretch (0 = C), tuned, each frame weighing by the root of its
/// amplitude; sums to 1. All zero if there is no partial.
[[nodiscard]] std::array<float, 12> mean_chroma(const MusicFrames& frames, double from_s,
                                                double to_s);

/// What the choice of a key looks at. Sums over frames, not shares: those of stretches may be added. mean is mean_chroma().
[[nodiscard]] KeyEvidence key_evidence(const MusicFrames& frames, double from_s, double to_s);

}  // namespace attune::signal
