// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate craft`: the composer's melodies against POP909, Nottingham and the chorales.
#include "learn/model_registry.hpp"

namespace attune::compose {

[[nodiscard]] Result<learn::Evaluation> evaluate_craft(const learn::EvaluateRequest& request);

}  // namespace attune::compose
