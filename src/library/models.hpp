// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The models of this room for `attune train`, `evaluate` and `models`: music-emotion, quadrant,
/// calming, genre.
#include "learn/model_registry.hpp"

namespace attune::library {

void register_models(learn::ModelRegistry& registry);

}  // namespace attune::library
