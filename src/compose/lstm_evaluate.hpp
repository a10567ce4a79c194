// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate compose_lstm` (free weights) and `compose_lstm_research`: likelihood of songs that were not learnt from.
///
/// Nats a melody note = when it begins + which pitch, against a note-level bigram (pitch after pitch, length after
/// length, add .5) counted on the pieces that the card lists; intervals by bootstrap over songs.
#include "learn/model_registry.hpp"

namespace attune::compose {

[[nodiscard]] Result<learn::Evaluation> evaluate_lstm(const learn::EvaluateRequest& request, bool research);

}  // namespace attune::compose
