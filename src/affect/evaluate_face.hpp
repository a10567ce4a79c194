// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate face`: the installed expression network on the faces of FER2013 that it was not trained on.
///
/// In       a folder fer2013 with PublicTest, PrivateTest or both; Training is left out, as the card says
/// Out      accuracy, macro F1, ECE on the original labels, on those without a twin in Training, against the
///          majority of the FER+ votes; time a face; r_rec of the valence index; face-api's own expression
///          network beside it where its part is installed
/// Errors   as find_model, read_fer2013; kNotFound if no split but Training is there
#include "learn/model_registry.hpp"

namespace attune::affect {

[[nodiscard]] Result<learn::Evaluation> evaluate_face(const learn::EvaluateRequest& request);
void register_face(learn::ModelRegistry& registry);

}  // namespace attune::affect
