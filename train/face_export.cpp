// SPDX-License-Identifier: GPL-3.0-or-later
#include "face_export.hpp"

#include <algorithm>
#include <cmath>

#include "learn/fer2013.hpp"
#include "learn/onnx_model.hpp"
#include "learn/onnx_writer.hpp"
#include "torch_weights.hpp"

namespace attune::train {
namespace {

constexpr int kSide = 48;
constexpr int kClasses = learn::kFerClasses;

std::string conv_bn(OnnxWriter& w, const std::string& x, const ConvBn& layer, int stride) {
    const auto [weights, bias] = fold(layer->conv, layer->bn);
    const int kernel = static_cast<int>(weights.shape[2]);
    return w.conv(x, weights, bias, {kernel, kernel, stride, stride, kernel / 2, kernel / 2});
}

std::string residual(OnnxWriter& w, const std::string& x, const Residual& block) {
    const int s = block->stride;
    auto y = w.relu(conv_bn(w, x, block->first, s));
    y = conv_bn(w, y, block->second, 1);
    std::string side = x;
    if (block->shortcut) {
        if (s != 1) side = w.average_pool(side, {s, s, s, s, 0, 0});
        side = conv_bn(w, side, block->shortcut, 1);
    }
    return w.relu(w.add(y, side));
}

/// [1,1,48,48] -> [2,1,48,48]: the face and its mirror image (a product with the reversed unit matrix).
std::string with_mirror(OnnxWriter& w, const std::string& x) {
    Weights reverse{std::vector<float>(kSide * kSide, 0.0F), {kSide, kSide}};
    for (int i = 0; i < kSide; ++i) reverse.values[static_cast<std::size_t>(i * kSide + kSide - 1 - i)] = 1.0F;
    const auto flat = w.reshape(x, {kSide, kSide});
    const auto mirrored = w.reshape(w.times(flat, reverse), {1, 1, kSide, kSide});
    return w.concat({x, mirrored}, 0);
}

/// [2,7] logits -> [1,7] mean of both, divided by the temperature.
std::string mean_of_both(OnnxWriter& w, const std::string& logits, double temperature) {
    Weights mean{std::vector<float>(kClasses * 2 * kClasses, 0.0F), {kClasses, 2 * kClasses}};
    for (int k = 0; k < kClasses; ++k) {
        for (int half = 0; half < 2; ++half) {
            mean.values[static_cast<std::size_t>(k * 2 * kClasses + half * kClasses + k)] =
                static_cast<float>(0.5 / temperature);
        }
    }
    const Weights none{std::vector<float>(kClasses, 0.0F), {kClasses}};
    return w.full(w.reshape(logits, {1, 2 * kClasses}), mean, none);
}

}  // namespace

Result<void> export_face(FaceNet& net, double temperature, const std::filesystem::path& file) {
    OnnxWriter w("attune-face");
    auto x = with_mirror(w, w.input("face", {1, 1, kSide, kSide}));
    x = w.relu(conv_bn(w, x, net->stem, 1));
    for (const auto& block : net->blocks) x = residual(w, x, block);
    x = w.flatten(w.global_average_pool(x));
    x = w.full(x, weights_of(net->label_head->weight), weights_of(net->label_head->bias));
    x = w.softmax(mean_of_both(w, x, temperature), 1);
    w.output(x, "probabilities", {1, kClasses});
    return w.save(file);
}

Result<double> face_parity(FaceNet& net, double temperature, const torch::Tensor& faces,
                           const std::filesystem::path& file) {
    const learn::OnnxShape shape{{{"face", {1, 1, kSide, kSide}}}, {{"probabilities", {1, kClasses}}}};
    ATTUNE_TRY(auto model, learn::OnnxModel::load(file, shape));
    torch::NoGradGuard guard;
    net->eval();
    const auto logits = (net(faces).label + net(faces.flip({3})).label) / 2;
    const auto expected = torch::softmax(logits / temperature, 1).contiguous();
    const auto flat = faces.contiguous(torch::MemoryFormat::Contiguous);
    double worst = 0.0;
    for (long i = 0; i < faces.size(0); ++i) {
        ATTUNE_TRY(const auto got, model.run(std::span<const float>(flat.data_ptr<float>() + i * kSide * kSide,
                                                                  kSide * kSide)));
        for (int k = 0; k < kClasses; ++k) {
            worst = std::max(worst, static_cast<double>(std::abs(got[static_cast<std::size_t>(k)] -
                                                                 expected.data_ptr<float>()[i * kClasses + k])));
        }
    }
    return worst;
}

}  // namespace attune::train
