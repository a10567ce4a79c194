// SPDX-License-Identifier: GPL-3.0-or-later
#include "voice_export.hpp"

#include <algorithm>
#include <cmath>

#include "learn/onnx_model.hpp"
#include "learn/voice_set.hpp"
#include "learn/onnx_writer.hpp"
#include "signal/voice_front.hpp"
#include "torch_weights.hpp"

namespace attune::train {
namespace {

constexpr int kClasses = learn::kVoiceClasses;
constexpr int kFrames = static_cast<int>(signal::kVoiceFrames);
constexpr int kBands = static_cast<int>(signal::kVoiceBands);
constexpr int kTracks = static_cast<int>(signal::kVoiceTracks);
constexpr int kStats = static_cast<int>(signal::kVoiceStats) + 1;

std::string conv_bn(OnnxWriter& w, const std::string& x, const VoiceConv& layer) {
    const auto [weights, bias] = fold(layer->conv, layer->bn);
    return w.relu(w.conv(x, weights, bias, {3, 3, layer->stride_t, layer->stride_f, 1, 1}));
}

/// libtorch orders the gates i f g o; ONNX i o f c.
torch::Tensor reorder(const torch::Tensor& t) {
    const auto g = t.detach().chunk(4, 0);
    return torch::cat({g[0], g[3], g[1], g[2]}, 0);
}

std::string lstm(OnnxWriter& w, const std::string& x, torch::nn::LSTM& layer) {
    const auto p = layer->named_parameters();
    const auto both = [&](const std::string& name) {
        return torch::stack({reorder(p[name + "_l0"]), reorder(p[name + "_l0_reverse"])});
    };
    const auto bias = torch::cat({both("bias_ih"), both("bias_hh")}, 1);
    return w.lstm_both_ways(x, weights_of(both("weight_ih")), weights_of(both("weight_hh")), weights_of(bias),
                            VoiceNetImpl::kHidden);
}

std::string one_net(OnnxWriter& w, VoiceNet& net, const std::string& mel, const std::string& tracks,
                    const std::string& stats) {
    constexpr int kT = VoiceNetImpl::kSteps;
    constexpr int kH = 2 * VoiceNetImpl::kHidden;
    auto y = conv_bn(w, conv_bn(w, conv_bn(w, conv_bn(w, mel, net->c1), net->c2), net->c3), net->c4);
    const int width = static_cast<int>(net->c4->conv->options.out_channels()) * 3;
    y = w.reshape(w.transpose(y, {2, 0, 1, 3}), {kT, 1, width});
    auto t = w.relu(w.conv(tracks, weights_of(net->track_conv->weight), weights_of(net->track_conv->bias), {9, 1, 8, 1, 4, 0}));
    t = w.reshape(w.transpose(t, {2, 0, 1, 3}), {kT, 1, static_cast<int>(net->track_conv->options.out_channels())});
    y = lstm(w, w.concat({y, t}, 2), net->lstm);
    y = w.reshape(w.transpose(y, {2, 0, 1, 3}), {1, 1, kT, kH});
    const OnnxWriter::Window over_time{kT, 1, 1, 1, 0, 0};
    const auto mean = w.reshape(w.average_pool(y, over_time), {1, kH});
    const auto most = w.reshape(w.max_pool(y, over_time), {1, kH});
    const auto s = w.relu(w.full(stats, weights_of(net->stat_layer->weight), weights_of(net->stat_layer->bias)));
    return w.full(w.concat({mean, most, s}, 1), weights_of(net->head->weight), weights_of(net->head->bias));
}

}  // namespace

Result<void> export_voice(std::vector<VoiceNet>& nets, double temperature, const std::filesystem::path& file) {
    OnnxWriter w("attune-voice");
    const auto mel = w.input("mel", {1, 1, kFrames, kBands});
    const auto tracks = w.input("tracks", {1, kTracks, kFrames, 1});
    const auto stats = w.input("stats", {1, kStats});
    std::vector<std::string> logits;
    for (auto& net : nets) {
        net->eval();
        logits.push_back(one_net(w, net, mel, tracks, stats));
    }
    const auto n = static_cast<int>(nets.size());
    Weights mean{std::vector<float>(static_cast<std::size_t>(kClasses * n * kClasses), 0.0F), {kClasses, n * kClasses}};
    for (int k = 0; k < kClasses; ++k) {
        for (int i = 0; i < n; ++i) {
            mean.values[static_cast<std::size_t>(k * n * kClasses + i * kClasses + k)] = static_cast<float>(1.0 / (n * temperature));
        }
    }
    const auto all = nets.size() > 1 ? w.concat(logits, 1) : logits.front();
    w.output(w.full(all, mean, {std::vector<float>(kClasses, 0.0F), {kClasses}}), "logits", {1, kClasses});
    return w.save(file);
}

Result<double> voice_parity(std::vector<VoiceNet>& nets, double temperature, const VoiceBatch& batch,
                            const std::filesystem::path& file) {
    const learn::OnnxShape shape{{{"mel", {1, 1, kFrames, kBands}}, {"tracks", {1, kTracks, kFrames, 1}}, {"stats", {1, kStats}}},
                                 {{"logits", {1, kClasses}}}};
    ATTUNE_TRY(auto model, learn::OnnxModel::load(file, shape));
    torch::NoGradGuard guard;
    torch::Tensor logits;
    for (auto& net : nets) logits = logits.defined() ? logits + net(batch) : net(batch);
    const auto expected = torch::softmax(logits / (static_cast<double>(nets.size()) * temperature), 1).contiguous();
    double worst = 0.0;
    for (long i = 0; i < expected.size(0); ++i) {
        const auto part = [i](const torch::Tensor& t, std::size_t n) {
            return std::span<const float>(t.data_ptr<float>() + static_cast<std::size_t>(i) * n, n);
        };
        const std::span<const float> inputs[] = {part(batch.mel, kFrames * kBands), part(batch.tracks, kTracks * kFrames),
                                                 part(batch.stats, kStats)};
        ATTUNE_TRY(const auto outputs, model.run(std::span<const std::span<const float>>(inputs)));
        const auto got = torch::softmax(torch::from_blob(const_cast<float*>(outputs[0].data()), {kClasses}), 0);
        worst = std::max(worst, (got - expected[i]).abs().max().item<double>());
    }
    return worst;
}

}  // namespace attune::train
