// SPDX-License-Identifier: GPL-3.0-or-later
#include "mel_net.hpp"

namespace attune::train {

namespace nn = torch::nn;
constexpr int kWide = 64, kWidest = 96;

namespace {
nn::Conv2d in_time(int in, int out) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, {MelNetImpl::kKernel, 1}).padding({MelNetImpl::kKernel / 2, 0}).bias(false));
}
torch::Tensor pooled(const torch::Tensor& x) { return torch::max_pool2d(x, {MelNetImpl::kPool, 1}); }
}  // namespace

MelNetImpl::MelNetImpl() {
    c1 = register_module("c1", in_time(kMelBands, kWide));
    c2 = register_module("c2", in_time(kWide, kWide));
    c3 = register_module("c3", in_time(kWide, kWidest));
    b1 = register_module("b1", nn::BatchNorm2d(kWide));
    b2 = register_module("b2", nn::BatchNorm2d(kWide));
    b3 = register_module("b3", nn::BatchNorm2d(kWidest));
    head = register_module("head", nn::Linear(2 * kWidest, kMelOutputs));
}

torch::Tensor MelNetImpl::forward(torch::Tensor x) {
    const bool learns = is_training();
    x = pooled(torch::relu(b1(c1(x))));
    x = pooled(torch::relu(b2(c2(torch::dropout(x, 0.1, learns)))));
    x = torch::relu(b3(c3(torch::dropout(x, 0.2, learns))));
    x = x.squeeze(3);
    const auto z = torch::cat({x.mean(2), std::get<0>(x.max(2))}, 1);
    return head(torch::dropout(z, 0.5, learns));
}

}  // namespace attune::train
