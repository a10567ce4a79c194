// SPDX-License-Identifier: GPL-3.0-or-later
#include "face_refit.hpp"

namespace attune::train {

void refit_label_head(FaceNet& net, const torch::Tensor& features, const torch::Tensor& labels, double penalty) {
    const auto mean = features.mean(0);
    const auto sd = features.std(0, false).clamp_min(1e-6);
    const auto x = (features - mean) / sd;
    const auto classes = net->label_head->weight.size(0);
    auto weight = torch::zeros({classes, x.size(1)}, torch::requires_grad());
    auto bias = torch::zeros({classes}, torch::requires_grad());
    torch::optim::LBFGS optimizer({weight, bias},
                                  torch::optim::LBFGSOptions(1.0).max_iter(150).history_size(10).line_search_fn("strong_wolfe"));
    optimizer.step([&] {
        optimizer.zero_grad();
        const auto loss = torch::cross_entropy_loss(torch::addmm(bias, x, weight.t()), labels) +
                          0.5 * penalty * weight.square().sum();
        loss.backward();
        return loss;
    });
    torch::NoGradGuard guard;
    const auto plain = weight / sd;
    net->label_head->weight.copy_(plain);
    net->label_head->bias.copy_(bias - plain.mv(mean));
}

}  // namespace attune::train
