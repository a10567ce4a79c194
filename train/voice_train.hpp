// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Trains the voice network on RAVDESS, speakers disjoint.
///
/// The speakers are dealt into `folds` (learn::Split); each fold trains one network on the others'
/// recordings, each in kVoiceVariants variants, and answers for its own speakers. Those answers give the
/// honest figures and the temperature. The model that is installed is the mean of the fold networks, so a
/// new speaker gets at least what was measured. A finished fold is kept: the same command goes on.
///
/// Out      OUT/voice.onnx, OUT/voice_folds.csv (one line a recording: file, speaker, truth, logits with and
///          without a baseline), OUT/voice_temperature.txt, OUT/voice_foldN.checkpoint
#include <filesystem>

#include "core/result.hpp"

namespace attune::train {

struct VoiceTrainConfig {
    std::filesystem::path data;  ///< folder of ravdess
    std::filesystem::path out;
    int folds = 6;
    int only_fold = -1;          ///< >= 0: train this one alone and leave
    int epochs = 30;
    int batch = 32;
    double rate = 2e-3;
    double cold_share = 0.35;    ///< looks that are learnt without a baseline
    std::uint64_t seed = 1;
};

[[nodiscard]] Result<void> train_voice(const VoiceTrainConfig& config);

}  // namespace attune::train
