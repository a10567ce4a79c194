// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Voicings that move little and keep the voices apart.
///
/// Method   Exhaustive choice among close and open voicings round a centre, at least total motion first
///          (Tymoczko 2006, doi:10.1126/science.1126287), with the rules of four-part writing as costs: parallel
///          fifths, octaves and unisons are excluded wherever any other voicing exists; crossing and
///          overlapping never happen, hidden perfect intervals cost.
#include <vector>

#include "compose/theory.hpp"

namespace attune::compose {

/// Pitches from low to high; bass first where the voicing has one.
using Voicing = std::vector<int>;

struct VoicingRules {
    int voices = 4;            ///< 2..6
    double centre = 60.0;      ///< mean pitch wished for
    int lowest = 36, highest = 88;
    bool with_bass = true;     ///< the lowest voice has the chord's bass
    int gap = 12;              ///< most semitones between neighbours, the bass excepted (19)
    bool strict = true;        ///< no parallel perfect intervals
    std::vector<int> tired{};  ///< pitches that have sounded long enough: taken only where the rest would suffer
};

/// previous may be empty (or of another size: then it does not count).
[[nodiscard]] Voicing voice_chord(const Chord& chord, const Voicing& previous, const VoicingRules& rules);
/// True if a pair of voices moves in the same direction from one perfect fifth, octave or unison to the same.
[[nodiscard]] bool has_parallels(const Voicing& from, const Voicing& to) noexcept;

}  // namespace attune::compose
