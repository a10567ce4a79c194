// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The fold networks, side by side in one ONNX graph, their logits averaged and divided by the temperature.
///
/// Out      inputs "mel" [1x1x192x48], "tracks" [1x4x192x1], "stats" [1x17] (signal::voice_input), output
///          "logits" [1x8] (kVoiceLabels): averaged over the looks of a stretch before the softmax
/// Errors   kIo; kInternal if OpenCV's answer differs from libtorch's by more than 1e-5
#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "voice_net.hpp"

namespace attune::train {

[[nodiscard]] Result<void> export_voice(std::vector<VoiceNet>& nets, double temperature, const std::filesystem::path& file);
/// Largest difference of a probability over the batch.
[[nodiscard]] Result<double> voice_parity(std::vector<VoiceNet>& nets, double temperature, const VoiceBatch& batch,
                                          const std::filesystem::path& file);

}  // namespace attune::train
