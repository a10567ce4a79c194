// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Music of the corpora on one grid of sixteenths: melody, chords, what the accompaniment and the drums strike.
///
/// Unknown is -1: a drum take has no melody, a folk tune no drums.
/// The quadrant is the people's label where the set has one (EMOPIA, VGMIDI). Elsewhere it is derived by a rule that is
/// no claim about what anybody felt: major = positive valence; more melody notes a second than the set's median =
/// high arousal (Gabrielsson & Lindström 2010 name mode and rate as the strongest cues of either).
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compose/midi_reader.hpp"
#include "compose/theory.hpp"

namespace attune::compose {

enum class Corpus { kPop909, kNottingham, kChorales, kGroove, kEmopia, kVgmidi };
inline constexpr int kCorpora = 6;
[[nodiscard]] const char* to_string(Corpus corpus) noexcept;  ///< its folder: "pop909" ...

struct GridPiece {
    Corpus corpus = Corpus::kPop909;
    std::string name;             ///< unique in its set
    std::string group;            ///< what must not be split: the song, the game, the drummer
    Key key;                      ///< kMajor or kMinor
    int beats_per_bar = 4;        ///< 3 or 4
    double bpm = 100.0;
    int quadrant = -1;            ///< 0..3 = Q1..Q4 (valence, arousal: ++, -+, --, +-)
    std::vector<MidiNote> notes;  ///< the melody, one voice, on the grid
    std::vector<int> melody;      ///< each sixteenth: the pitch that begins, 0 = none does, -1 = unknown
    std::vector<int> chord;       ///< 0..11 major, 12..23 minor triads relative to the tonic, -1 unknown
    std::vector<int> comp;        ///< bit 0: something below E3 begins, bit 1: something above; -1 unknown
    std::vector<int> drums;       ///< bit 0 kick, 1 snare, 2 cymbals and the rest; -1 unknown
    [[nodiscard]] std::size_t steps() const noexcept { return melody.size(); }
};

/// All readable pieces of a set below `data`, by name, with quadrants. kNotFound names the folder.
[[nodiscard]] Result<std::vector<GridPiece>> read_corpus(const std::filesystem::path& data, Corpus corpus);
/// Melody notes a beat in the bars round a step; 0 if unknown.
[[nodiscard]] double rate_at(const GridPiece& piece, std::size_t step);
/// Soprano, alto, tenor, bass of each chorale: pitches per sixteenth, -1 silent.
[[nodiscard]] Result<std::vector<std::vector<std::vector<int>>>> read_chorale_voices(const std::filesystem::path& data);

}  // namespace attune::compose
