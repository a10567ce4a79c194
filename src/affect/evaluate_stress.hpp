// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate stress` and `attune train stress`.
///
/// In       folders stress_predict and/or wearable_stress_exercise, any people with that layout
/// Out      installed model: people it was not trained on. --cross-validate: each person scored by a model of the
///          others, each set by a model of the other set. Time-matched AUC first; a clock-only model stands beside it
/// Groups   people; STRESS and AEROBIC share them
#include "affect/stress_data.hpp"
#include "learn/model_registry.hpp"

namespace attune::affect {

/// `reader` opens a folder of an E4 recording; it is given by whoever may see the room that reads files.
void register_stress(learn::ModelRegistry& registry, RecordingReader reader);

}  // namespace attune::affect
