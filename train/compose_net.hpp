// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The composer's network for the trainer: one LSTM layer and one head, as compose/note_net.hpp describes it.
#include <filesystem>

#include <torch/torch.h>

#include "core/result.hpp"

namespace attune::train {

struct ComposeNetImpl : torch::nn::Module {
    ComposeNetImpl();
    /// x T×B×inputs, fresh state -> logits T×B×kNoteLogits.
    torch::Tensor forward(const torch::Tensor& x);
    torch::nn::LSTM lstm{nullptr};
    torch::nn::Linear head{nullptr};
};
TORCH_MODULE(ComposeNet);

/// One step of the network as ONNX: inputs moment, h, c; outputs logits, h_next, c_next.
[[nodiscard]] Result<void> export_compose(ComposeNet& net, const std::filesystem::path& file);
/// Largest difference of a probability over a window (T×1×inputs), state carried along, between the file
/// run by OpenCV and the net run by libtorch.
[[nodiscard]] Result<double> compose_parity(ComposeNet& net, const torch::Tensor& window, const std::filesystem::path& file);

}  // namespace attune::train
