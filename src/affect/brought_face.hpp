// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune models add face FILE --labels ...`: a face network that somebody brought, in place of ours.
///
/// In       an ONNX file that FaceClassifier takes and the seven labels in the order of its outputs
/// Out      DATA/models/face.onnx and face.card.json, which win over ours; with `data` also how well it does on
///          FER2013 with ours beside it, from which the card takes the figures that fusion reads
/// Unmeasured or suspected of having seen the test faces: its card has no figure, so fusion gives it no weight
/// Errors   as FaceClassifier::load; kBadArgument if it does not answer a test face with probabilities, or the
///          licence is empty; as evaluate_face. After an error nothing has changed
#include <filesystem>
#include <optional>
#include <string>

#include "learn/evaluation.hpp"
#include "learn/model_card.hpp"
#include "learn/model_registry.hpp"

namespace attune::affect {

struct BroughtFace {
    std::filesystem::path file, data_dir;
    std::string labels;                          ///< "angry, happy, ..."
    std::string licence = "not stated by whoever added it";
    std::optional<std::filesystem::path> data;   ///< holds fer2013; none = not measured
    const core::CancelToken* cancel = nullptr;
    learn::Progress progress;
};

struct AddedModel {
    learn::ModelCard card;
    std::filesystem::path card_file;
    std::optional<learn::Evaluation> evaluation;
};

[[nodiscard]] Result<AddedModel> add_brought_face(const BroughtFace& brought);
/// Takes the brought network away, so that ours counts again. kNotFound if there is none.
[[nodiscard]] Result<void> remove_brought_face(const std::filesystem::path& data_dir);

}  // namespace attune::affect
