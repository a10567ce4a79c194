// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The trained expression network as ONNX: norms folded into the convolutions, the mirrored face, the mean
/// of both and the temperature inside the graph, so that whoever runs it cannot forget them.
///
/// Out      input "face" [1x1x48x48] (signal::face_normalise), output "probabilities" [1x7] (kFerLabels)
/// Errors   kIo; kInternal if OpenCV's answer differs from libtorch's by more than 1e-5
#include <filesystem>

#include "core/result.hpp"
#include "face_net.hpp"

namespace attune::train {

[[nodiscard]] Result<void> export_face(FaceNet& net, double temperature, const std::filesystem::path& file);
/// The largest difference of a probability, over `faces` [n x 1 x 48 x 48], between the file run by OpenCV
/// and the net run by libtorch.
[[nodiscard]] Result<double> face_parity(FaceNet& net, double temperature, const torch::Tensor& faces,
                                         const std::filesystem::path& file);

}  // namespace attune::train
