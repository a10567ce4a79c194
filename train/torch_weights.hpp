// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From libtorch's tensors to the plain weights that OnnxWriter takes.
#include <torch/torch.h>

#include "learn/onnx_writer.hpp"

namespace attune::train {

using learn::OnnxWriter;
using Weights = learn::OnnxWeights;

[[nodiscard]] inline Weights weights_of(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().to(torch::kFloat).contiguous(torch::MemoryFormat::Contiguous);
    return {{flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()}, flat.sizes().vec()};
}

struct Folded { Weights weights; Weights bias; };

/// conv without bias, then norm = one conv with bias.
[[nodiscard]] inline Folded fold(const torch::nn::Conv2d& conv, const torch::nn::BatchNorm2d& bn) {
    const auto scale = (bn->weight / torch::sqrt(bn->running_var + bn->options.eps())).detach();
    return {weights_of(conv->weight * scale.view({-1, 1, 1, 1})),
            weights_of(bn->bias - bn->running_mean * scale)};
}

}  // namespace attune::train
