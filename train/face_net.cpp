// SPDX-License-Identifier: GPL-3.0-or-later
#include "face_net.hpp"

#include "learn/fer2013.hpp"

namespace attune::train {

namespace nn = torch::nn;

ConvBnImpl::ConvBnImpl(int in, int out, int kernel, int stride) {
    conv = register_module("conv", nn::Conv2d(nn::Conv2dOptions(in, out, kernel)
                                                  .stride(stride).padding(kernel / 2).bias(false)));
    bn = register_module("bn", nn::BatchNorm2d(out));
    nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
}

torch::Tensor ConvBnImpl::forward(const torch::Tensor& x) { return bn(conv(x)); }

ResidualImpl::ResidualImpl(int in, int out, int stride_) : stride(stride_) {
    first = register_module("first", ConvBn(in, out, 3, stride));
    second = register_module("second", ConvBn(out, out, 3, 1));
    if (in != out || stride != 1) shortcut = register_module("shortcut", ConvBn(in, out, 1, 1));
}

torch::Tensor ResidualImpl::forward(const torch::Tensor& x) {
    torch::Tensor side = x;
    if (shortcut) side = shortcut(stride == 1 ? x : torch::avg_pool2d(x, stride, stride, 0, true));
    return second(first(x).relu_()).add_(side).relu_();
}

FaceNetImpl::FaceNetImpl(const FaceNetShape& shape_) : shape(shape_) {
    stem = register_module("stem", ConvBn(1, shape.stem, 3, 1));
    int width = shape.stem;
    for (const auto& stage : shape.stages) {
        blocks.push_back(register_module("block" + std::to_string(blocks.size()),
                                         Residual(width, stage.width, stage.stride)));
        width = stage.width;
    }
    label_head = register_module("label_head", nn::Linear(width, learn::kFerClasses));
    votes_head = register_module("votes_head", nn::Linear(width, learn::kFerVotes));
}

torch::Tensor FaceNetImpl::features(const torch::Tensor& x) {
    torch::Tensor y = stem(x).relu_();
    for (auto& block : blocks) y = block(y);
    return y.mean(torch::IntArrayRef({2, 3}));
}

FaceNetImpl::Logits FaceNetImpl::forward(const torch::Tensor& x) {
    const torch::Tensor y = torch::dropout(features(x), shape.dropout, is_training());
    return {label_head(y), votes_head(y)};
}

}  // namespace attune::train
