// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/rule_engine.hpp"

#include "compose/harmony.hpp"
#include "compose/melody.hpp"

namespace attune::compose {

std::optional<Phrase> RuleEngine::compose(const PhraseRequest& request, const Late&) { return make(request); }

Phrase RuleEngine::make(const PhraseRequest& request) {
    Phrase phrase;
    phrase.length = request.bars * request.beats_per_bar * kTicksPerBeat;
    phrase.chords = harmonise(request);
    phrase.melody = melodise(request, phrase.chords);
    enforce(request, phrase);
    return phrase;
}

}  // namespace attune::compose
