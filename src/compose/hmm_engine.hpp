// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Phrases from the hidden Markov model: its chords, its melody, its rhythm, under the same rules as any engine.
#include "compose/engine.hpp"
#include "compose/hmm.hpp"

namespace attune::compose {

class HmmEngine final : public Engine {
public:
    explicit HmmEngine(Hmm model) : model_(std::move(model)) {}
    /// The installed model (models/free/compose_hmm.json). kUnavailable says how to train one.
    [[nodiscard]] static Result<std::unique_ptr<Engine>> load();

    [[nodiscard]] EngineKind kind() const noexcept override { return EngineKind::kHmm; }
    [[nodiscard]] std::optional<Phrase> compose(const PhraseRequest& request, const Late& late) override;

private:
    Hmm model_;
};

}  // namespace attune::compose
