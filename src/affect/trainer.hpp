// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Starts attune-train, the separate executable with libtorch, and waits for it.
/// `set` empty: the trainer finds its sets below request.data itself.
///
/// In       ATTUNE_TRAIN (a path), else attune-train beside the program, else in the build tree's train preset
/// Errors   kUnavailable says how to build it; kNotFound without the set; kCancelled; kInternal with its status
#include "learn/model_registry.hpp"

namespace attune::affect {

[[nodiscard]] Result<void> run_trainer(const std::string& model, const std::string& set, const learn::TrainRequest& request);

}  // namespace attune::affect
