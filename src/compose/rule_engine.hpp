// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The default engine: rules and probabilities, no model, no file.
#include "compose/engine.hpp"

namespace attune::compose {

class RuleEngine final : public Engine {
public:
    [[nodiscard]] EngineKind kind() const noexcept override { return EngineKind::kRule; }
    [[nodiscard]] std::optional<Phrase> compose(const PhraseRequest& request, const Late& late) override;
    /// The same, which cannot be late.
    [[nodiscard]] static Phrase make(const PhraseRequest& request);
};

}  // namespace attune::compose
