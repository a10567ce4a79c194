// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Trains the mel network on panda_4q (quadrants) and musifeast17 (valence, arousal) at once, artists disjoint, and says
/// whether it adds to the ensemble of descriptors.
///
/// The artists of both sets are dealt into `folds` (learn::Split over the union); each fold trains one network and
/// answers for its own artists. Those answers are measured alone, and as the mean of probabilities with the descriptor
/// model's answers (library::train_quadrant, ten folds by artist): equal weights fixed beforehand, so nothing is tuned on
/// the folds. A finished fold is kept: the same command goes on.
///
/// Out      OUT/mel-cnn.onnx (mean of the fold networks), OUT/mel-cnn.evaluation.json, OUT/mel_folds.csv,
///          OUT/mel_foldN.checkpoint, OUT/mel_cache.f32 (log-mel of the clips)
#include <filesystem>

#include "core/result.hpp"

namespace attune::train {

struct MelTrainConfig {
    std::filesystem::path data;      ///< holds panda_4q and musifeast17
    std::filesystem::path data_dir;  ///< keeps the cache of descriptors
    std::filesystem::path out;
    int folds = 5;
    int epochs = 24;
    int batch = 32;
    double rate = 2e-3;
    std::uint64_t seed = 1;
};

[[nodiscard]] Result<void> train_mel(const MelTrainConfig& config);

}  // namespace attune::train
