// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A network that names the expression of a face, whoever trained it: ours, or one that was brought.
///
/// In       48x48 luma 0..255, upright. A network of ours sees signal::face_normalise of it ([1x1x48x48]);
///          one of input [1x3x112x112] sees it threefold, enlarged, less the mean colour, / 255 (face-api)
/// Out      seven probabilities in the order of kFerLabels, whatever order the network has
/// Threads  one owner
/// Errors   load(): kBadArgument if the network takes neither input or does not give seven values, or if
///          `labels` are not the seven names in some order; and as OnnxModel
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/fer2013.hpp"
#include "learn/onnx_model.hpp"

namespace attune::learn {

using FaceProbabilities = std::array<double, kFerClasses>;

/// The order of a network's outputs, from words like "angry, happy, ..." anywhere in `text`.
/// kBadArgument names the label that is missing or named twice.
[[nodiscard]] Result<std::array<int, kFerClasses>> face_label_order(const std::string& text);

class FaceClassifier {
public:
    [[nodiscard]] static Result<FaceClassifier> load(const std::filesystem::path& file, const std::string& labels);
    [[nodiscard]] Result<FaceProbabilities> classify(std::span<const float> luma);

private:
    FaceClassifier(OnnxModel model, std::array<int, kFerClasses> order, bool colour)
        : model_(std::move(model)), order_(order), colour_(colour) {}
    OnnxModel model_;
    std::array<int, kFerClasses> order_;  ///< order_[i] = our label of the network's output i
    bool colour_;
    std::vector<float> input_;
};

}  // namespace attune::learn
