// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What this room gives to `attune train`, `evaluate` and `models`: hmm, composer.
#include "learn/model_registry.hpp"

namespace attune::compose {

void register_models(learn::ModelRegistry& registry);

}  // namespace attune::compose
