// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The one place that calls the rooms which own models.
#include "learn/model_registry.hpp"

namespace attune::app {

/// Every model of this build, in the order of `attune models list`.
[[nodiscard]] learn::ModelRegistry make_model_registry();

}  // namespace attune::app
