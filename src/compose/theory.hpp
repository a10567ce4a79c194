// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Keys, modes, scales and chords: the little music theory that everything else in the room speaks.
///
/// Pitches are MIDI numbers (60 = middle C), pitch classes 0..11 with 0 = C. A *scale step* counts
/// diatonic notes from the tonic in octave 0 of MIDI, so that step 7 n + d is degree d, n octaves up.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::compose {

/// From bright to dark, by the number of raised degrees (Lydian +1 .. Phrygian -4).
enum class Mode { kLydian, kMajor, kMixolydian, kDorian, kMinor, kHarmonicMinor, kPhrygian };
inline constexpr int kModes = 7;
[[nodiscard]] const char* to_string(Mode mode) noexcept;
[[nodiscard]] bool is_major(Mode mode) noexcept;  ///< its third is major

struct Key {
    int tonic = 0;  ///< pitch class
    Mode mode = Mode::kMajor;
    bool operator==(const Key&) const = default;
};
/// "C", "Db", ... as written in the key's signature.
[[nodiscard]] std::string tonic_name(const Key& key);
/// Sharps (+) or flats (-) of the signature, -7..7.
[[nodiscard]] int signature(const Key& key) noexcept;
/// Semitones above the tonic of degree 0..6.
[[nodiscard]] int scale_semitone(Mode mode, int degree) noexcept;
[[nodiscard]] int pitch_of_step(const Key& key, int step) noexcept;
/// The step whose pitch is nearest; on a tie the lower one.
[[nodiscard]] int nearest_step(const Key& key, int pitch) noexcept;
[[nodiscard]] bool in_scale(const Key& key, int pitch) noexcept;

enum class ChordKind { kMajor, kMinor, kDiminished, kAugmented, kDominant7, kMajor7, kMinor7, kHalfDiminished, kSus4, kSus2 };
inline constexpr int kChordKinds = 10;

struct Chord {
    int root = 0;  ///< pitch class
    ChordKind kind = ChordKind::kMajor;
    int bass = -1;  ///< pitch class of the bass, -1 = root
    bool operator==(const Chord&) const = default;
    [[nodiscard]] int bass_class() const noexcept { return bass < 0 ? root : bass; }
};
/// Intervals above the root, 3 or 4 of them, first 0.
[[nodiscard]] std::vector<int> intervals(ChordKind kind);
[[nodiscard]] std::vector<int> pitch_classes(const Chord& chord);
[[nodiscard]] bool contains(const Chord& chord, int pitch) noexcept;
/// The triad (or seventh chord) that the scale builds on degree 0..6.
[[nodiscard]] Chord diatonic_chord(const Key& key, int degree, bool seventh = false);
/// Nearest pitch to `target` that belongs to the chord; on a tie the lower one.
[[nodiscard]] int nearest_chord_tone(const Chord& chord, double target) noexcept;
[[nodiscard]] std::string name(const Chord& chord);

[[nodiscard]] inline int mod12(int x) noexcept { return ((x % 12) + 12) % 12; }

}  // namespace attune::compose
