// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The expression network: a small residual net over 48x48 grey faces.
///
/// stem 3x3 -> residual blocks (two 3x3 each) -> mean over the face -> dropout -> seven logits, and
/// in training a second head that predicts the FER+ votes from the same features (ten people's
/// opinions teach the features; only the first head is exported).
#include <torch/torch.h>

#include <vector>

namespace attune::train {

struct FaceNetShape {
    int stem = 24;
    struct Stage { int width = 0; int stride = 1; };
    std::vector<Stage> stages = {{48, 2}, {96, 2}, {192, 2}, {224, 2}};
    double dropout = 0.2;
};

struct ConvBnImpl : torch::nn::Module {
    ConvBnImpl(int in, int out, int kernel, int stride);
    torch::Tensor forward(const torch::Tensor& x);
    torch::nn::Conv2d conv{nullptr};
    torch::nn::BatchNorm2d bn{nullptr};
};
TORCH_MODULE(ConvBn);

struct ResidualImpl : torch::nn::Module {
    ResidualImpl(int in, int out, int stride);
    torch::Tensor forward(const torch::Tensor& x);
    ConvBn first{nullptr};
    ConvBn second{nullptr};
    ConvBn shortcut{nullptr};  ///< empty if the shape stays
    int stride;
};
TORCH_MODULE(Residual);

struct FaceNetImpl : torch::nn::Module {
    explicit FaceNetImpl(const FaceNetShape& shape);
    struct Logits { torch::Tensor label; torch::Tensor votes; };
    Logits forward(const torch::Tensor& x);
    /// What the heads see: [n, width of the last stage].
    torch::Tensor features(const torch::Tensor& x);
    FaceNetShape shape;
    ConvBn stem{nullptr};
    std::vector<Residual> blocks;
    torch::nn::Linear label_head{nullptr};
    torch::nn::Linear votes_head{nullptr};
};
TORCH_MODULE(FaceNet);

}  // namespace attune::train
