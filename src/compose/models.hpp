// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What this room gives to `attune train`, `evaluate` and `models`: compose_hmm, compose_lstm,
/// compose_lstm_research, compose_runs, each named as its card, and what measures without weights: compose_craft, composer,
/// composer-hmm, composer-lstm.
#include "compose/judge_evaluate.hpp"
#include "learn/model_registry.hpp"

namespace attune::compose {

/// What this room cannot know and is given: how attune-train is started, who judges sound.
struct Outside {
    std::function<Result<void>(const std::string& model, const learn::TrainRequest& request)> train;
    AudioJudge audio_judge;  ///< empty: no audio judge
};

void register_models(learn::ModelRegistry& registry, const Outside& outside);

}  // namespace attune::compose
