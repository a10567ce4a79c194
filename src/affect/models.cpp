// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/models.hpp"

#include "affect/evaluate_beats.hpp"
#include "affect/evaluate_detection.hpp"
#include "affect/evaluate_face.hpp"
#include "affect/evaluate_fusion.hpp"
#include "affect/evaluate_voice.hpp"

namespace attune::affect {

void register_models(learn::ModelRegistry& registry) {
    register_beats(registry);
    register_detection(registry);
    register_face(registry);
    register_fusion(registry);
    register_voice(registry);
}

}  // namespace attune::affect
