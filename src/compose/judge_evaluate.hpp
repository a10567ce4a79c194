// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate composer | composer-hmm | composer-lstm`: does the music lie where it was asked to?
///
/// 100 points of the plane x 2 seeds, rated by judges that are not in the composer's loop: the symbolic one (judge.hpp)
/// and whoever the program gives as audio judge. A judge is no listener: `attune compose --listening-kit` asks those.
#include <functional>
#include <span>

#include "compose/engine.hpp"
#include "learn/model_registry.hpp"

namespace attune::compose {

/// Stereo at kEngineRate -> expressed valence and arousal; kUnavailable without its model.
using AudioJudge = std::function<Result<flow::Va>(std::span<const float> left, std::span<const float> right)>;

[[nodiscard]] Result<learn::Evaluation> evaluate_composer(const learn::EvaluateRequest& request, EngineKind engine, const AudioJudge& audio);

}  // namespace attune::compose
