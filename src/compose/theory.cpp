// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/theory.hpp"

#include <cmath>
#include <cstdlib>

namespace attune::compose {
namespace {

constexpr std::array<std::array<int, 7>, kModes> kScales = {{{0, 2, 4, 6, 7, 9, 11},
                                                             {0, 2, 4, 5, 7, 9, 11},
                                                             {0, 2, 4, 5, 7, 9, 10},
                                                             {0, 2, 3, 5, 7, 9, 10},
                                                             {0, 2, 3, 5, 7, 8, 10},
                                                             {0, 2, 3, 5, 7, 8, 11},
                                                             {0, 1, 3, 5, 7, 8, 10}}};
/// Sharps of the signature when the tonic is C.
constexpr std::array<int, kModes> kModeSharps = {1, 0, -1, -2, -3, -3, -4};

constexpr std::array<const char*, 12> kSharpNames = {"C",  "C#", "D",  "D#", "E",  "F",
                                                     "F#", "G",  "G#", "A",  "A#", "B"};
constexpr std::array<const char*, 12> kFlatNames = {"C",  "Db", "D",  "Eb", "E",  "F",
                                                    "Gb", "G",  "Ab", "A",  "Bb", "B"};

const std::array<int, 7>& scale(Mode mode) { return kScales[static_cast<std::size_t>(mode)]; }

}  // namespace

const char* to_string(Mode mode) noexcept {
    switch (mode) {
    case Mode::kLydian: return "lydian";
    case Mode::kMajor: return "major";
    case Mode::kMixolydian: return "mixolydian";
    case Mode::kDorian: return "dorian";
    case Mode::kMinor: return "minor";
    case Mode::kHarmonicMinor: return "harmonic_minor";
    case Mode::kPhrygian: return "phrygian";
    }
    return "major";
}

bool is_major(Mode mode) noexcept { return scale(mode)[2] == 4; }

int signature(const Key& key) noexcept {
    int sharps = mod12(key.tonic * 7);  // fifths above C
    if (sharps > 6) sharps -= 12;
    sharps += kModeSharps[static_cast<std::size_t>(key.mode)];
    if (sharps > 6) sharps -= 12;
    if (sharps < -6) sharps += 12;
    return sharps;
}

std::string tonic_name(const Key& key) {
    const auto& names = signature(key) < 0 ? kFlatNames : kSharpNames;
    return names[static_cast<std::size_t>(mod12(key.tonic))];
}

int scale_semitone(Mode mode, int degree) noexcept {
    return scale(mode)[static_cast<std::size_t>(((degree % 7) + 7) % 7)];
}

int pitch_of_step(const Key& key, int step) noexcept {
    const int octave = step >= 0 ? step / 7 : -((6 - step) / 7);
    return key.tonic + 12 * octave + scale_semitone(key.mode, step - 7 * octave);
}

int nearest_step(const Key& key, int pitch) noexcept {
    int best = 0, best_distance = 1000;
    const int octave = (pitch - key.tonic) / 12;
    for (int step = 7 * (octave - 1); step <= 7 * (octave + 2); ++step) {
        const int distance = std::abs(pitch_of_step(key, step) - pitch);
        if (distance < best_distance) best = step, best_distance = distance;
    }
    return best;
}

bool in_scale(const Key& key, int pitch) noexcept {
    const int above = mod12(pitch - key.tonic);
    for (int semitone : scale(key.mode))
        if (semitone == above) return true;
    return false;
}

std::vector<int> intervals(ChordKind kind) {
    switch (kind) {
    case ChordKind::kMajor: return {0, 4, 7};
    case ChordKind::kMinor: return {0, 3, 7};
    case ChordKind::kDiminished: return {0, 3, 6};
    case ChordKind::kAugmented: return {0, 4, 8};
    case ChordKind::kDominant7: return {0, 4, 7, 10};
    case ChordKind::kMajor7: return {0, 4, 7, 11};
    case ChordKind::kMinor7: return {0, 3, 7, 10};
    case ChordKind::kHalfDiminished: return {0, 3, 6, 10};
    case ChordKind::kSus4: return {0, 5, 7};
    case ChordKind::kSus2: return {0, 2, 7};
    }
    return {0, 4, 7};
}

std::vector<int> pitch_classes(const Chord& chord) {
    auto classes = intervals(chord.kind);
    for (int& c : classes) c = mod12(c + chord.root);
    return classes;
}

bool contains(const Chord& chord, int pitch) noexcept {
    const int above = mod12(pitch - chord.root);
    switch (chord.kind) {
    case ChordKind::kMajor: return above == 0 || above == 4 || above == 7;
    case ChordKind::kMinor: return above == 0 || above == 3 || above == 7;
    case ChordKind::kDiminished: return above == 0 || above == 3 || above == 6;
    case ChordKind::kAugmented: return above == 0 || above == 4 || above == 8;
    case ChordKind::kDominant7: return above == 0 || above == 4 || above == 7 || above == 10;
    case ChordKind::kMajor7: return above == 0 || above == 4 || above == 7 || above == 11;
    case ChordKind::kMinor7: return above == 0 || above == 3 || above == 7 || above == 10;
    case ChordKind::kHalfDiminished: return above == 0 || above == 3 || above == 6 || above == 10;
    case ChordKind::kSus4: return above == 0 || above == 5 || above == 7;
    case ChordKind::kSus2: return above == 0 || above == 2 || above == 7;
    }
    return false;
}

Chord diatonic_chord(const Key& key, int degree, bool seventh) {
    const int root = scale_semitone(key.mode, degree);
    const auto above = [&](int steps) { return mod12(scale_semitone(key.mode, degree + steps) - root); };
    const int third = above(2), fifth = above(4), top = above(6);
    Chord chord{mod12(key.tonic + root), ChordKind::kMajor, -1};
    if (fifth == 6) {
        chord.kind = seventh ? ChordKind::kHalfDiminished : ChordKind::kDiminished;
    } else if (fifth == 8) {
        chord.kind = ChordKind::kAugmented;
    } else if (third == 4) {
        chord.kind = !seventh ? ChordKind::kMajor : top == 10 ? ChordKind::kDominant7 : ChordKind::kMajor7;
    } else {
        chord.kind = seventh && top == 10 ? ChordKind::kMinor7 : ChordKind::kMinor;
    }
    return chord;
}

int nearest_chord_tone(const Chord& chord, double target) noexcept {
    const int middle = static_cast<int>(std::lround(target));
    int best = middle;
    double best_distance = 1e9;
    for (int pitch = middle - 7; pitch <= middle + 7; ++pitch) {
        if (!contains(chord, pitch)) continue;
        const double distance = std::abs(static_cast<double>(pitch) - target);
        if (distance < best_distance - 1e-9) best = pitch, best_distance = distance;
    }
    return best;
}

std::string name(const Chord& chord) {
    static constexpr std::array<const char*, kChordKinds> kSuffix = {
        "", "m", "dim", "aug", "7", "maj7", "m7", "m7b5", "sus4", "sus2"};
    std::string text = kFlatNames[static_cast<std::size_t>(mod12(chord.root))];
    text += kSuffix[static_cast<std::size_t>(chord.kind)];
    if (chord.bass >= 0 && chord.bass != chord.root)
        text += std::string("/") + kFlatNames[static_cast<std::size_t>(mod12(chord.bass))];
    return text;
}

}  // namespace attune::compose
