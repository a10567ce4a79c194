// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What was composed: notes with beat-exact times, the tempo, and who plays what.
///
/// Times are ticks of 1/480 beat. `start` and `length` lie on the grid (what a notation program shows);
/// `delay_ms` and the velocity carry the performance.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "compose/controls.hpp"
#include "compose/theory.hpp"
#include "flow/affect.hpp"

namespace attune::compose {

using Ticks = std::int64_t;
inline constexpr Ticks kTicksPerBeat = 480;
inline constexpr Ticks kSixteenth = kTicksPerBeat / 4;

enum class Part { kMelody, kChords, kBass, kPad, kCounter, kDrums };
inline constexpr int kParts = 6;
[[nodiscard]] const char* to_string(Part part) noexcept;
/// MIDI channel 0..15 of a part; drums are on 9.
[[nodiscard]] int channel_of(Part part) noexcept;

struct Note {
    Ticks start = 0;
    Ticks length = kTicksPerBeat;  ///< > 0
    int pitch = 60;                ///< 0..127; for drums the General MIDI percussion key
    int velocity = 64;             ///< 1..127
    Part part = Part::kMelody;
    float delay_ms = 0.0F;         ///< >= 0: played this much late
    bool operator==(const Note&) const = default;
};
/// Order of a score: start, part, pitch.
[[nodiscard]] bool earlier(const Note& a, const Note& b) noexcept;

struct TempoPoint {
    Ticks tick = 0;
    double bpm = 100.0;  ///< quarter notes a minute from here on
};

struct ChordSpan {
    Ticks start = 0, length = 0;
    Chord chord;
};

struct PartSetup {
    int program = 0;      ///< General MIDI, 0..127
    double pan = 0.0;     ///< -1 left .. 1 right
    double level_db = 0;  ///< relative to the melody
    double reverb = .35;  ///< send, 0..1
};

struct Score {
    std::string title, engine, style;
    std::uint64_t seed = 0;
    flow::Va target;
    Controls controls;
    Key key;
    int beats_per_bar = 4;
    int bars = 0;
    std::vector<TempoPoint> tempo;  ///< first at tick 0
    std::array<PartSetup, kParts> parts{};
    double calibration_db = 20;     ///< fixed gain of the style's output stage
    std::vector<ChordSpan> chords;
    std::vector<Note> notes;  ///< sorted by earlier()

    [[nodiscard]] Ticks ticks_per_bar() const noexcept { return beats_per_bar * kTicksPerBeat; }
    [[nodiscard]] Ticks length() const noexcept { return bars * ticks_per_bar(); }
    [[nodiscard]] double seconds_at(Ticks tick) const noexcept;
    /// The tempo asked for; single bars sway round it.
    [[nodiscard]] double tempo_bpm() const noexcept { return compose::tempo_bpm(controls); }
};

}  // namespace attune::compose
