// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The voice network: convolutions over 3 s of log-mel, joined by the tracks of pitch and loudness, into a
/// two-sided LSTM; its mean and maximum over time join the numbers of the whole stretch; eight logits.
#include <torch/torch.h>

namespace attune::train {

struct VoiceConvImpl : torch::nn::Module {
    VoiceConvImpl(int in, int out, int stride_t, int stride_f);
    torch::Tensor forward(const torch::Tensor& x);
    torch::nn::Conv2d conv{nullptr};
    torch::nn::BatchNorm2d bn{nullptr};
    int stride_t, stride_f;
};
TORCH_MODULE(VoiceConv);

struct VoiceBatch { torch::Tensor mel, tracks, stats; };

struct VoiceNetImpl : torch::nn::Module {
    static constexpr int kHidden = 64;
    static constexpr int kSteps = 24;  ///< 192 frames / 8
    VoiceNetImpl();
    torch::Tensor forward(const VoiceBatch& x);
    VoiceConv c1{nullptr}, c2{nullptr}, c3{nullptr}, c4{nullptr};
    torch::nn::Conv2d track_conv{nullptr};
    torch::nn::LSTM lstm{nullptr};
    torch::nn::Linear stat_layer{nullptr};
    torch::nn::Linear head{nullptr};
};
TORCH_MODULE(VoiceNet);

}  // namespace attune::train
