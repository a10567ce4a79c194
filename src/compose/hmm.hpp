// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A hidden Markov model of harmony and melody, learned from tunes with chords.
///
/// Hidden   the chord of each melody note: 24 states (major and minor triads on 12 roots, relative to the tonic), per
///          gender of mode
/// Seen     the note's pitch class relative to the tonic, given the chord and the class before (autoregressive)
/// Rhythm   a Markov chain over the onset patterns of a beat (16: which of its sixteenths begin a note)
/// Errors   load(): kCorrupt, kUnavailable.  train(): kBadArgument for fewer than 20 tunes
/// Method   Rabiner 1989 (doi:10.1109/5.18626), states labelled by the corpus' chords, so counting is the maximum
///          likelihood estimate; smoothing by n/(n+k) interpolation (Witten & Bell 1991)
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compose/midi_reader.hpp"
#include "compose/theory.hpp"
#include "core/random.hpp"

namespace attune::compose {

/// A melody with chords, on one key.
struct LeadTune {
    std::string name;
    Key key;                      ///< mode is kMajor or kMinor
    std::vector<MidiNote> melody; ///< one voice
    std::vector<int> chords;      ///< per note: state 0..23, -1 unknown
};
/// The major or minor key whose profile fits the time spent on each pitch class (Krumhansl & Kessler 1982).
[[nodiscard]] Key key_of_notes(const MidiFile& file);
/// kUnsupported without a chord track and a melody.
[[nodiscard]] Result<LeadTune> read_lead_tune(const std::filesystem::path& midi);

class Hmm {
public:
    static constexpr int kStates = 24, kClasses = 12, kBeats = 16;

    [[nodiscard]] static Result<Hmm> train(std::span<const LeadTune> tunes);
    [[nodiscard]] static Result<Hmm> from_json(const std::string& text);
    [[nodiscard]] std::string to_json() const;

    /// Mean negative log-likelihood [nats a note] of the melody's pitch classes, chords not seen.
    [[nodiscard]] double nll(const LeadTune& tune) const;
    /// The same of the bigram P(class | class before), learned from the same tunes.
    [[nodiscard]] double bigram_nll(const LeadTune& tune) const;

    /// n chords from `first` to `last` (states), drawn from the chain given both ends.
    [[nodiscard]] std::vector<int> chords(bool major, int first, int last, int n, core::Random& random) const;
    /// The next pitch class.
    [[nodiscard]] int next_class(bool major, int chord, int previous, core::Random& random) const;
    /// The next beat's onset pattern, bit i = sixteenth i.
    [[nodiscard]] int next_beat(int previous, core::Random& random) const;

private:
    [[nodiscard]] double emission(bool major, int chord, int previous, int now) const;
    [[nodiscard]] double transition(bool major, int from, int to) const;
    struct Counts {
        std::array<std::array<double, kStates>, kStates> chord{};                           // from, to: per chord change
        std::array<std::array<double, kStates>, kStates> step{};                            // from, to: per note
        std::array<std::array<std::array<double, kClasses>, kClasses>, kStates> note{};     // chord, previous, now
    };
    std::array<Counts, 2> counts_{};  // 0 minor, 1 major
    std::array<std::array<double, kBeats>, kBeats> beat_{};
};

[[nodiscard]] int chord_state(const Chord& chord, int tonic) noexcept;  ///< 0..11 major, 12..23 minor
[[nodiscard]] Chord chord_of_state(int state, int tonic) noexcept;

}  // namespace attune::compose
