// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/models.hpp"

#include "affect/evaluate_beats.hpp"

namespace attune::affect {

void register_models(learn::ModelRegistry& registry) { register_beats(registry); }

}  // namespace attune::affect
