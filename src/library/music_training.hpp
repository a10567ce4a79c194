// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How the models of music are made from labelled clips. The same code trains for shipping and in
/// each fold.
///
/// Clips are given by index; a caller never passes clips of a test group. Constants (kernels,
/// ridges, weights of the members) were chosen by 10-fold validation by artist over these same two
/// sets, so cross-validated figures lean a little to the good side; artists that are not in them
/// are the clean test.
#include <span>

#include "core/result.hpp"
#include "library/music_dataset.hpp"
#include "library/music_model.hpp"

namespace attune::library {

/// Valence and arousal from musifeast17; the first stage (valence, arousal, calm) from panda_4q,
/// without the artists of `musifeast` being left to it (the caller sees to that). `panda` may be
/// empty: one stage. Labels: valence, arousal. Constants sd_valence, sd_arousal are set by
/// calibrate_emotion().
[[nodiscard]] Result<MusicModel> train_emotion(const MusicSets& sets,
                                               std::span<const std::size_t> musifeast,
                                               std::span<const std::size_t> panda);
/// Residual SDs from 10-fold predictions by artist within the training clips: of all music, and of each genre that they name.
[[nodiscard]] Result<void> calibrate_emotion(MusicModel& model, const MusicSets& sets,
                                             std::span<const std::size_t> musifeast,
                                             std::span<const std::size_t> panda);

/// Valence and arousal from panda_4q's quadrants alone (signs): what the transfer figure measures.
[[nodiscard]] Result<MusicModel> train_transfer(const MusicSets& sets,
                                                std::span<const std::size_t> panda);

/// P(Q1..Q4) from panda_4q, from each clip as a whole and by halves. The kernel's width, the cost and the temperature are
/// chosen by 5-fold predictions by artist within `panda`, so they are chosen anew within each fold of a validation.
[[nodiscard]] Result<MusicModel> train_quadrant(const MusicSets& sets,
                                                std::span<const std::size_t> panda);
/// P(calm) from panda_4q alone, as a candidate beside P(Q4).
[[nodiscard]] Result<MusicModel> train_calming(const MusicSets& sets,
                                               std::span<const std::size_t> panda,
                                               std::span<const std::size_t> musifeast);
/// Genre by random forest over musifeast17's genres of style (not of decades).
[[nodiscard]] Result<MusicModel>
train_genre(const MusicSets& sets, std::span<const std::size_t> clips, std::uint64_t seed);
/// Clips that train_genre can use.
[[nodiscard]] std::vector<std::size_t> genre_clips(const MusicSets& sets);

}  // namespace attune::library
