// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose_net.hpp"

#include <algorithm>
#include <cmath>

#include "compose/note_net.hpp"
#include "learn/onnx_model.hpp"
#include "learn/onnx_writer.hpp"
#include "torch_weights.hpp"

namespace attune::train {

namespace nn = torch::nn;
using compose::kNoteHidden;
using compose::kNoteInputs;
using compose::kNoteLogits;

ComposeNetImpl::ComposeNetImpl() {
    lstm = register_module("lstm", nn::LSTM(nn::LSTMOptions(kNoteInputs, kNoteHidden)));
    head = register_module("head", nn::Linear(kNoteHidden, kNoteLogits));
    // Remember by default: the forget gate's bias begins at 1 (Jozefowicz et al. 2015).
    torch::NoGradGuard guard;
    lstm->named_parameters()["bias_ih_l0"].slice(0, kNoteHidden, 2 * kNoteHidden).fill_(1.0);
}

torch::Tensor ComposeNetImpl::forward(const torch::Tensor& x) {
    const auto h = std::get<0>(lstm(torch::dropout(x, .05, is_training())));
    return head(torch::dropout(h, .25, is_training()));
}

Result<void> export_compose(ComposeNet& net, const std::filesystem::path& file) {
    OnnxWriter w("attune-compose");
    const auto x = w.input("moment", {1, kNoteInputs});
    const auto h = w.input("h", {1, kNoteHidden});
    const auto c = w.input("c", {1, kNoteHidden});
    const auto p = net->lstm->named_parameters();
    // libtorch orders the gates i f g o. Both matrices side by side, both biases added.
    const auto weights = torch::cat({p["weight_ih_l0"], p["weight_hh_l0"]}, 1).chunk(4, 0);
    const auto bias = (p["bias_ih_l0"] + p["bias_hh_l0"]).chunk(4, 0);
    const auto xh = w.concat({x, h}, 1);
    const auto gate = [&](std::size_t i) { return w.full(xh, weights_of(weights[i]), weights_of(bias[i])); };
    const auto in = w.sigmoid(gate(0)), keep = w.sigmoid(gate(1)), fresh = w.tanh(gate(2)), out = w.sigmoid(gate(3));
    const auto kept = w.mul(keep, c), added = w.mul(in, fresh);
    const auto c_next = w.add(kept, added);
    const auto h_next = w.mul(out, w.tanh(c_next));
    const auto logits = w.full(h_next, weights_of(net->head->weight), weights_of(net->head->bias));
    // An output's name may feed no other node: the two states are made once more under their own names.
    w.output(logits, "logits", {1, kNoteLogits});
    w.output(w.mul(out, w.tanh(c_next)), "h_next", {1, kNoteHidden});
    w.output(w.add(kept, added), "c_next", {1, kNoteHidden});
    return w.save(file);
}

Result<double> compose_parity(ComposeNet& net, const torch::Tensor& window, const std::filesystem::path& file) {
    ATTUNE_TRY(auto model, learn::OnnxModel::load(file, compose::note_net_shape()));
    torch::NoGradGuard guard;
    net->eval();
    const auto expected = net(window).contiguous();
    const auto flat = window.contiguous();
    std::vector<float> h(kNoteHidden, 0.0F), c(kNoteHidden, 0.0F);
    double worst = 0.0;
    for (long t = 0; t < window.size(0); ++t) {
        const std::span<const float> inputs[] = {{flat.data_ptr<float>() + t * kNoteInputs, kNoteInputs}, h, c};
        ATTUNE_TRY(const auto outputs, model.run(std::span<const std::span<const float>>(inputs)));
        const auto got = torch::from_blob(const_cast<float*>(outputs[0].data()), {kNoteLogits}).clone();
        const auto want = expected[t][0];
        long first = 0;
        for (const int n : {compose::kMelodyClasses, compose::kChordClasses, compose::kCompClasses, compose::kDrumClasses}) {
            const auto a = torch::softmax(got.slice(0, first, first + n), 0), b = torch::softmax(want.slice(0, first, first + n), 0);
            worst = std::max(worst, (a - b).abs().max().item<double>());
            first += n;
        }
        h = outputs[1];
        c = outputs[2];
    }
    return worst;
}

}  // namespace attune::train
