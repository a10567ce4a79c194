// SPDX-License-Identifier: GPL-3.0-or-later
// A room that owns models offers `void register_models(learn::ModelRegistry&)` in <room>/models.hpp.
#include "app/model_registry.hpp"

#include "affect/models.hpp"
#if __has_include("library/models.hpp")
#include "library/models.hpp"
#define ATTUNE_LIBRARY_MODELS 1
#endif

namespace attune::app {

learn::ModelRegistry make_model_registry() {
    learn::ModelRegistry registry;
    affect::register_models(registry);
#ifdef ATTUNE_LIBRARY_MODELS
    library::register_models(registry);
#endif
    return registry;
}

}  // namespace attune::app
