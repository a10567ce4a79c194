// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The plan of a piece: phrases in sections that return changed, over seconds or over hours.
///
/// A short piece is intro, A, A', B, A'' and an ending. An endless one goes on in rounds: each round brings the
/// old theme back varied, sets a new one against it, wanders to a near key and comes home, and has its own arc
/// of players and loudness.
#include <cstdint>

#include "compose/engine.hpp"

namespace attune::compose {

struct FormPhrase {
    int bars = 4;
    int theme = 0, half = 0, variation = 0;
    Cadence cadence = Cadence::kOpen;
    int transpose = 0;           ///< semitones from the home key
    int next_transpose = 0;      ///< of the phrase that follows
    bool to_relative = false;    ///< in the relative major or minor
    bool next_relative = false;
    bool intro = false;          ///< no melody yet
    bool final = false;
    double energy = 1.0;         ///< 0.6..1.1: dynamics of the arc
    int players = 6;             ///< 2..6: how many parts take part
};

class Form {
public:
    /// total_bars = 0: endless.  Otherwise >= 2.
    Form(std::uint64_t seed, int total_bars);
    /// The phrase with this number; the ones after the last repeat the last.
    [[nodiscard]] FormPhrase phrase(int index) const;
    [[nodiscard]] int phrases() const noexcept;  ///< 0 = endless

private:
    [[nodiscard]] FormPhrase body(int index) const;
    std::uint64_t seed_;
    int total_bars_, intro_bars_ = 0, count_ = 0;
};

}  // namespace attune::compose
