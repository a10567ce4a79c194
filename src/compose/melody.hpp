// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Melody from a motif: a rhythm and a contour that repeat, move with the harmony and vary.
///
/// Each sixteenth of a bar has a rank (how early it sounds as density grows) and a contour (scale steps
/// from the bar's anchor). A theme owns two such cells, a phrase places them a a' b c: statement, sequence,
/// contrast, cadence. Anchors are chord tones near an arch round the register's centre.
///
/// Method   Repetition with variation and gap-fill after Huron 2006 (Sweet Anticipation, ch. 5-6); the arch
///          of phrases after Huron 1996; density as reduction after Lerdahl & Jackendoff 1983.
#include "compose/engine.hpp"

namespace attune::compose {

[[nodiscard]] std::vector<MelodyNote> melodise(const PhraseRequest& request, const std::vector<ChordSpan>& chords);
/// The chord that sounds at a tick of the phrase.
[[nodiscard]] const Chord& chord_at(const std::vector<ChordSpan>& chords, Ticks tick) noexcept;
/// 0 = downbeat, 1 = other strong beat, 2 = beat, 3 = eighth, 4 = sixteenth.
[[nodiscard]] int metric_level(int sixteenth, int beats_per_bar) noexcept;

}  // namespace attune::compose
