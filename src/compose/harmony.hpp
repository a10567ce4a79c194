// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Functional harmony: phrases of chords that depart, prepare and close.
///
/// Method   Tonic, subdominant, dominant areas with a table of moves between degrees per gender of mode (after
///          Piston 1987, ch. 3, and the chord statistics of POP909), walked backwards from the cadence, so that each
///          phrase ends as asked. Modulation by a dominant of the coming key (Rohrmeier 2011, doi:10.1080/17459737.2011.573676).
#include <vector>

#include "compose/engine.hpp"

namespace attune::compose {

/// Chords for request.bars bars, one or two a bar by controls and style; spans tile the phrase.
[[nodiscard]] std::vector<ChordSpan> harmonise(const PhraseRequest& request);
/// The dominant (a seventh where `seventh`) of a key, major also in minor.
[[nodiscard]] Chord dominant_of(const Key& key, bool seventh) noexcept;
/// The last bar of a piece is its tonic, and what stands before it leads there.
void close_piece(const PhraseRequest& request, std::vector<ChordSpan>& chords);
/// The chord that the cadence ends on.
[[nodiscard]] Chord cadence_chord(const PhraseRequest& request) noexcept;

}  // namespace attune::compose
