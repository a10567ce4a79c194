// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What of a melody's craft can be counted, and whether it was heard before: for corpora and for our own pieces alike.
///
/// In       a melody on the grid with its chords (a GridPiece, or the melody part of a Score)
/// Out      ten features of each stretch of 16 bars that holds at least 16 notes; the runs of 8 notes
/// Lengths  from the beginning of a note to that of the next (at most 8 beats), since players hold notes as they like
/// Errors   none; too short gives nothing
/// Method   pitch-class entropy and grooving similarity after Wu & Yang 2020 (arXiv:2008.01307): mean share of a bar's
///          sixteenths in which it and the next bar agree about what begins; motif repetition: share of the 4-note
///          patterns (3 intervals, 3 lengths) that occur again in the stretch; the rest is counting
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compose/grid_piece.hpp"
#include "compose/score.hpp"
#include "compose/style.hpp"

namespace attune::compose {

enum class Craft {
    kPitchClassEntropy,  ///< [bits]
    kMeanInterval,       ///< [semitones]
    kRepeatedShare,      ///< of intervals that are 0
    kStepShare,          ///< 1..2 semitones
    kLeapShare,          ///< more than 7
    kMeanLength,         ///< [beats]
    kLengthEntropy,      ///< [bits]
    kChordToneRatio,     ///< on strong beats
    kGrooveConsistency,
    kMotifRepetition
};
inline constexpr int kCraftFeatures = 10;
[[nodiscard]] const char* to_string(Craft feature) noexcept;
using CraftFeatures = std::array<double, kCraftFeatures>;

struct CraftLine {
    std::vector<MidiNote> notes;    ///< one voice, by start
    std::vector<ChordSpan> chords;  ///< may have gaps
    int beats_per_bar = 4;
};
[[nodiscard]] CraftLine line_of(const GridPiece& piece);
[[nodiscard]] CraftLine line_of(const Score& score);
[[nodiscard]] std::vector<CraftFeatures> craft_windows(const CraftLine& line);

/// The 5th and 95th percentile of each feature over a corpus: craft_bounds.hpp, made by scripts/craft-bounds.
struct CraftBounds {
    CraftFeatures low{}, high{};
};
/// Which corpus a style is held to: folk to Nottingham, chamber to the chorales, the others to POP909.
[[nodiscard]] Corpus corpus_for(Style style) noexcept;
/// `corpus` must be one of these three.
[[nodiscard]] const CraftBounds& craft_bounds(Corpus corpus) noexcept;

inline constexpr std::size_t kRunNotes = 8;
/// Eight notes as 7 intervals and 7 lengths, so that transposition and tempo do not hide a copy.
struct Run {
    std::uint64_t hash = 0;
    bool plain = false;  ///< one length throughout and nothing but one-way steps or repeated notes: anybody's
};
[[nodiscard]] std::vector<Run> runs_of(std::span<const MidiNote> melody);

/// All runs of many melodies.
class RunIndex {
public:
    void add(std::span<const MidiNote> melody);
    /// Call once after the last add().
    void finish();
    [[nodiscard]] bool contains(const Run& run) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return hashes_.size(); }

private:
    std::vector<std::uint64_t> hashes_;
};

}  // namespace attune::compose
