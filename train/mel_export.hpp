// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The mel networks as one ONNX file: input "mel" 1×kMelBands×kMelFrames×1, output "emotion" 1×kMelOutputs, the mean of
/// the networks' outputs.
#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "mel_net.hpp"

namespace attune::train {

[[nodiscard]] Result<void> export_mel(std::vector<MelNet>& nets, const std::filesystem::path& file);
/// Largest difference between the networks' mean and the file, run by OpenCV, over a batch.
[[nodiscard]] Result<double> mel_parity(std::vector<MelNet>& nets, const torch::Tensor& batch, const std::filesystem::path& file);

}  // namespace attune::train
