// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The default engine: rules and probabilities, no model, no file.
#include "compose/engine.hpp"

namespace attune::compose {

class RuleEngine final : public Engine {
public:
    [[nodiscard]] EngineKind kind() const noexcept override { return EngineKind::kRule; }
    [[nodiscard]] Phrase compose(const PhraseRequest& request) override;
};

}  // namespace attune::compose
