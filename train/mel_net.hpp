// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The network of music: three convolutions in time over log-mel bands, mean and maximum over the window, and from them
/// four logits of quadrants, valence and arousal.
///
/// In       batch × kMelBands × frames × 1: ln of mel power (signal::MusicFrames::Timbre), each window less its own mean
/// Out      batch × kMelOutputs: Q1..Q4 logits, valence, arousal in -1..1
#include <torch/torch.h>

#include "signal/music_frames.hpp"

namespace attune::train {

inline constexpr int kMelBands = static_cast<int>(signal::MusicFrames::kMel);
inline constexpr int kMelFrames = 640;      ///< of a window that is judged: 29.7 s
inline constexpr int kMelCropFrames = 208;  ///< of a stretch that is learnt from: 9.7 s
inline constexpr int kMelOutputs = 6;

struct MelNetImpl : torch::nn::Module {
    static constexpr int kKernel = 5, kPool = 4;
    MelNetImpl();
    torch::Tensor forward(torch::Tensor x);
    torch::nn::Conv2d c1{nullptr}, c2{nullptr}, c3{nullptr};
    torch::nn::BatchNorm2d b1{nullptr}, b2{nullptr}, b3{nullptr};
    torch::nn::Linear head{nullptr};
};
TORCH_MODULE(MelNet);

}  // namespace attune::train
