// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads Standard MIDI Files of any origin: bytes from outside, so every length is checked.
///
/// In       a file of at most 16 MiB, format 0 or 1, beats as time base
/// Out      notes per track and channel in ticks of 1/480 beat, tempo, metre; hanging notes end with their track
/// Threads  any
/// Errors   kCorrupt names the byte; kUnsupported: format 2, SMPTE time; kDiskFull: more than a million notes
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compose/score.hpp"
#include "core/result.hpp"

namespace attune::compose {

struct MidiNote {
    Ticks start = 0, length = 0;  ///< length > 0
    int pitch = 60, velocity = 64;
    bool operator==(const MidiNote&) const = default;
};

struct MidiTrack {
    std::string name;       ///< UTF-8
    int channel = 0;        ///< 0..15; 9 = drums
    int program = 0;
    std::vector<MidiNote> notes;  ///< by start, then pitch
};

struct MidiFile {
    std::vector<MidiTrack> tracks;   ///< one per track chunk and channel that has notes
    std::vector<TempoPoint> tempo;   ///< by tick; 120 bpm at 0 if the file says nothing
    int beats_per_bar = 4;           ///< of the first time signature, in quarters (6/8 = 3)

    [[nodiscard]] double seconds_at(Ticks tick) const noexcept;
    [[nodiscard]] std::size_t notes() const noexcept;
};

[[nodiscard]] Result<MidiFile> read_midi(std::span<const std::uint8_t> bytes);
[[nodiscard]] Result<MidiFile> read_midi(const std::filesystem::path& file);

/// The dominant melody: the track called so, else the highest of those that are (nearly) one voice, else the
/// upper line of a piano track if it is one voice at a time most of the time.
/// kUnsupported says how polyphonic the best track is; kNotFound if there is no note.
[[nodiscard]] Result<std::vector<MidiNote>> extract_melody(const MidiFile& file);

}  // namespace attune::compose
