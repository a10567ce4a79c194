// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/models.hpp"

namespace attune::affect {

void register_models(learn::ModelRegistry&) {}

}  // namespace attune::affect
