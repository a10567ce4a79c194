// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The models of this room, by name: each recogniser's file registers its own, models.cpp calls them.
#include "learn/model_registry.hpp"

namespace attune::affect {

/// Adds face, voice, stress, beats, eeg as far as they are built.
void register_models(learn::ModelRegistry& registry);

}  // namespace attune::affect
