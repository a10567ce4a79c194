// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Endless variation of a piece that somebody likes, for people with tinnitus (system A21).
///
/// In       a melody of at least 16 notes (extract_melody), how long, a seed, optionally the tinnitus pitch [Hz]
/// Out      a Score: the melody continued without verbatim repetition, over soft chords
/// Holds    no run of 8 notes (pitch and length) occurs twice, nor in the source; no interval and no note longer than
///          the source's 95th percentile; the source's own steps, lengths and pitches otherwise
/// Pitch    Performer::set_notch lowers what lies within a third of an octave of the tinnitus pitch; a clinician may
///          switch that off (opt in)
/// Errors   kBadArgument names value and range
/// Method   after Chen et al. 2020 (segments by the dominant melody's pitch sequence, initial pitch and trend
///          predicted): here segments give the openings, and a variable-order Markov model over (interval, length) the
///          continuation, with rejection of any continuation that would complete a known run of 8
#include <optional>
#include <span>
#include <vector>

#include "compose/midi_reader.hpp"

namespace attune::compose {

struct VariationBrief {
    double seconds = 1800.0;        ///< 10..7200
    double bpm = 72.0;              ///< 40..120
    std::uint64_t seed = 1;
    std::optional<double> tinnitus_hz;  ///< 200..16000
};

/// Where the melody breathes: after rests and long notes. Indices of first notes, the first is 0.
[[nodiscard]] std::vector<std::size_t> segment(std::span<const MidiNote> melody);
/// The melody alone.
[[nodiscard]] Result<std::vector<MidiNote>> vary_melody(std::span<const MidiNote> source, const VariationBrief& brief);
[[nodiscard]] Result<Score> compose_variation(std::span<const MidiNote> source, const VariationBrief& brief);

/// Longest run of notes (pitch and length) of `melody` that occurs earlier in it or anywhere in `source`.
[[nodiscard]] std::size_t longest_repeat(std::span<const MidiNote> melody, std::span<const MidiNote> source);
/// 0..1: overlap of the distributions of interval pairs, note lengths and pitch classes.
[[nodiscard]] double similarity(std::span<const MidiNote> a, std::span<const MidiNote> b);
/// The p quantile (0..1) of |interval| and of length.
[[nodiscard]] int interval_quantile(std::span<const MidiNote> melody, double p);
[[nodiscard]] Ticks length_quantile(std::span<const MidiNote> melody, double p);

}  // namespace attune::compose
