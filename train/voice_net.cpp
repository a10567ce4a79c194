// SPDX-License-Identifier: GPL-3.0-or-later
#include "voice_net.hpp"

#include "learn/voice_set.hpp"
#include "signal/voice_front.hpp"

namespace attune::train {

namespace nn = torch::nn;
constexpr int kStatWidth = 32;
constexpr int kTrackWidth = 24;

VoiceConvImpl::VoiceConvImpl(int in, int out, int stride_t_, int stride_f_) : stride_t(stride_t_), stride_f(stride_f_) {
    conv = register_module("conv", nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride({stride_t, stride_f}).padding(1).bias(false)));
    bn = register_module("bn", nn::BatchNorm2d(out));
    nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
}
torch::Tensor VoiceConvImpl::forward(const torch::Tensor& x) { return bn(conv(x)).relu_(); }

VoiceNetImpl::VoiceNetImpl() {
    c1 = register_module("c1", VoiceConv(1, 16, 1, 2));
    c2 = register_module("c2", VoiceConv(16, 32, 2, 2));
    c3 = register_module("c3", VoiceConv(32, 48, 2, 2));
    c4 = register_module("c4", VoiceConv(48, 64, 2, 2));
    track_conv = register_module("track_conv", nn::Conv2d(nn::Conv2dOptions(signal::kVoiceTracks, kTrackWidth, {9, 1})
                                                              .stride({8, 1}).padding({4, 0})));
    const int joined = 64 * 3 + kTrackWidth;
    lstm = register_module("lstm", nn::LSTM(nn::LSTMOptions(joined, kHidden).bidirectional(true)));
    stat_layer = register_module("stat_layer", nn::Linear(static_cast<long>(signal::kVoiceStats) + 1, kStatWidth));
    head = register_module("head", nn::Linear(4 * kHidden + kStatWidth, learn::kVoiceClasses));
}

torch::Tensor VoiceNetImpl::forward(const VoiceBatch& x) {
    const bool learns = is_training();
    auto y = c4(c3(c2(c1(x.mel))));                                   // B x 64 x 24 x 3
    y = torch::dropout(y, 0.2, learns);
    y = y.permute({2, 0, 1, 3}).reshape({kSteps, y.size(0), -1});     // T x B x 192
    auto t = torch::relu(track_conv(x.tracks)).permute({2, 0, 1, 3}).reshape({kSteps, y.size(1), -1});
    y = std::get<0>(lstm(torch::cat({y, t}, 2)));                     // T x B x 128
    const auto pooled = torch::cat({y.mean(0), std::get<0>(y.max(0))}, 1);
    auto s = torch::relu(stat_layer(torch::dropout(x.stats, 0.1, learns)));
    auto z = torch::cat({pooled, s}, 1);
    return head(torch::dropout(z, 0.45, learns));
}

}  // namespace attune::train
