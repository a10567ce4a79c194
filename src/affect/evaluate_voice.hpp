// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate voice` and `attune train voice`: eight emotions of acted speech, speakers disjoint.
///
/// In       folders ravdess and nemo, either or both, or a folder that is such a set; speakers that the card lists are left out
/// Out      UAR, accuracy, ECE on RAVDESS, each stretch set against the same speaker's other, unlabelled ones
///          (as earlier check-ins are in use), and again cold, without any; nEMO the same by speaker, calm
///          counted as neutral; time a second of speech
/// Errors   as find_model, read_voice_set; kNotFound if no speaker is left
#include "learn/model_registry.hpp"

namespace attune::affect {

[[nodiscard]] Result<learn::Evaluation> evaluate_voice(const learn::EvaluateRequest& request);
/// Writes OUT/voice.model: all speakers of ravdess; the temperature from speaker-disjoint folds.
[[nodiscard]] Result<void> train_voice(const learn::TrainRequest& request);
void register_voice(learn::ModelRegistry& registry);

}  // namespace attune::affect
