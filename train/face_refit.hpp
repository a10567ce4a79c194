// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The last layer once more, on what the finished network sees of the faces as they are.
///
/// While the network learns, its faces are bent, darkened and covered, and its targets are softened; the network in
/// use sees plain faces and is asked for their label. So its features stay and the label's layer is fitted
/// again: softmax regression with an L2 penalty, on the mean of a face's and its mirror image's features.
/// Method   convex; limited-memory BFGS from zero, full batch, no random draw
/// Threads  one owner of the net
#include <torch/torch.h>

#include "face_net.hpp"

namespace attune::train {

/// `features` [n, width], `labels` [n] of int64. `penalty` is a share of n, on weights of standardised features.
void refit_label_head(FaceNet& net, const torch::Tensor& features, const torch::Tensor& labels, double penalty);

}  // namespace attune::train
