// SPDX-License-Identifier: GPL-3.0-or-later
#include "mel_export.hpp"

#include <algorithm>
#include <cmath>

#include "learn/onnx_model.hpp"
#include "learn/onnx_writer.hpp"
#include "torch_weights.hpp"

namespace attune::train {
namespace {

std::string layer(OnnxWriter& w, const std::string& x, const torch::nn::Conv2d& conv, const torch::nn::BatchNorm2d& bn) {
    const auto [weights, bias] = fold(conv, bn);
    return w.relu(w.conv(x, weights, bias, {MelNetImpl::kKernel, 1, 1, 1, MelNetImpl::kKernel / 2, 0}));
}

std::string one_net(OnnxWriter& w, MelNet& net, const std::string& mel) {
    constexpr int kP = MelNetImpl::kPool;
    const OnnxWriter::Window pool{kP, 1, kP, 1, 0, 0}, whole{kMelFrames / kP / kP, 1, 1, 1, 0, 0};
    auto y = w.max_pool(layer(w, mel, net->c1, net->b1), pool);
    y = w.max_pool(layer(w, y, net->c2, net->b2), pool);
    y = layer(w, y, net->c3, net->b3);
    const auto z = w.concat({w.flatten(w.average_pool(y, whole)), w.flatten(w.max_pool(y, whole))}, 1);
    return w.full(z, weights_of(net->head->weight), weights_of(net->head->bias));
}

}  // namespace

Result<void> export_mel(std::vector<MelNet>& nets, const std::filesystem::path& file) {
    OnnxWriter w("attune-mel-cnn");
    const auto mel = w.input("mel", {1, kMelBands, kMelFrames, 1});
    std::vector<std::string> answers;
    for (auto& net : nets) {
        net->eval();
        answers.push_back(one_net(w, net, mel));
    }
    const auto n = static_cast<int>(nets.size());
    Weights mean{std::vector<float>(static_cast<std::size_t>(kMelOutputs * n * kMelOutputs), 0.0F), {kMelOutputs, n * kMelOutputs}};
    for (int k = 0; k < kMelOutputs; ++k)
        for (int i = 0; i < n; ++i) mean.values[static_cast<std::size_t>((k * n + i) * kMelOutputs + k)] = 1.0F / static_cast<float>(n);
    const auto all = n > 1 ? w.concat(answers, 1) : answers.front();
    w.output(w.full(all, mean, {std::vector<float>(kMelOutputs, 0.0F), {kMelOutputs}}), "emotion", {1, kMelOutputs});
    return w.save(file);
}

Result<double> mel_parity(std::vector<MelNet>& nets, const torch::Tensor& batch, const std::filesystem::path& file) {
    const learn::OnnxShape shape{{{"mel", {1, kMelBands, kMelFrames, 1}}}, {{"emotion", {1, kMelOutputs}}}};
    ATTUNE_TRY(auto model, learn::OnnxModel::load(file, shape));
    torch::NoGradGuard guard;
    torch::Tensor expected;
    for (auto& net : nets) {
        const auto y = net(batch) / static_cast<double>(nets.size());
        expected = expected.defined() ? expected + y : y;
    }
    expected = expected.contiguous();
    const auto flat = batch.contiguous();
    constexpr std::size_t kSize = static_cast<std::size_t>(kMelBands) * kMelFrames;
    double worst = 0.0;
    for (long i = 0; i < flat.size(0); ++i) {
        ATTUNE_TRY(const auto got, model.run(std::span<const float>(flat.data_ptr<float>() + static_cast<std::size_t>(i) * kSize, kSize)));
        for (int k = 0; k < kMelOutputs; ++k)
            worst = std::max(worst, static_cast<double>(std::abs(got[static_cast<std::size_t>(k)] - expected[i][k].item<float>())));
    }
    return worst;
}

}  // namespace attune::train
