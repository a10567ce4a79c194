// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/form.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "core/random.hpp"

namespace attune::compose {
namespace {

constexpr int kPhraseBars = 4;
constexpr int kRound = 16;  ///< phrases of a round: A A' B A'' | A C B' A'''

struct Slot {
    int theme, half, variation;
};
/// Themes within a round; 0 is the piece's own, 1 and 2 are the round's.
constexpr std::array<Slot, kRound> kPlan = {{{0, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 1}, {1, 0, 0}, {1, 1, 0}, {0, 0, 2}, {0, 1, 2},
                                             {2, 0, 0}, {2, 1, 0}, {1, 0, 1}, {1, 1, 1}, {2, 0, 1}, {2, 1, 2}, {0, 0, 3}, {0, 1, 3}}};

}  // namespace

Form::Form(std::uint64_t seed, int total_bars) : seed_(seed), total_bars_(total_bars) {
    if (total_bars == 0) return;
    const int rest = total_bars % kPhraseBars;
    intro_bars_ = total_bars >= 12 ? (rest == 0 ? 4 : rest) : 0;
    count_ = (intro_bars_ > 0 ? 1 : 0) + std::max(1, (total_bars - intro_bars_) / kPhraseBars);
}

int Form::phrases() const noexcept { return count_; }

FormPhrase Form::body(int index) const {
    const int round = index / kRound, place = index % kRound;
    const Slot slot = kPlan[static_cast<std::size_t>(place)];
    core::Random random(seed_, "compose/form/" + std::to_string(round));
    FormPhrase p;
    p.theme = slot.theme == 0 ? 0 : slot.theme + 2 * round;
    p.half = slot.half;
    p.variation = slot.variation + (slot.theme == 0 ? 4 * round : 0);
    // A round's second theme lies in a near key: dominant, subdominant, or the relative.
    static constexpr std::array<int, 3> kNear = {7, 5, 0};
    const auto away = kNear[random.below(kNear.size())];
    const bool relative = away == 0;
    if (slot.theme == 2) p.transpose = away, p.to_relative = relative;
    static constexpr std::array<Cadence, 4> kCadences = {Cadence::kHalf, Cadence::kAuthentic, Cadence::kHalf, Cadence::kPlagal};
    p.cadence = kCadences[static_cast<std::size_t>(place % 4)];
    if (place == 5 || place == 11) p.cadence = Cadence::kDeceptive;
    const double phase = (place + .5) / kRound;
    p.energy = .82 + .24 * std::sin(std::numbers::pi * phase) + .04 * (random.uniform() - .5);
    static constexpr std::array<int, 8> kPlayers = {3, 4, 5, 5, 6, 6, 4, 5};
    p.players = kPlayers[static_cast<std::size_t>(place / 2)];
    return p;
}

FormPhrase Form::phrase(int index) const {
    if (count_ > 0) index = std::min(index, count_ - 1);
    const bool has_intro = intro_bars_ > 0;
    if (has_intro && index == 0) {
        FormPhrase p = body(0);
        p.bars = intro_bars_;
        p.intro = true;
        p.players = 3;
        p.energy = .75;
        p.cadence = Cadence::kHalf;
        return p;
    }
    const int i = index - (has_intro ? 1 : 0);
    FormPhrase p = body(i);
    p.bars = kPhraseBars;
    const FormPhrase after = body(i + 1);
    p.next_transpose = after.transpose;
    p.next_relative = after.to_relative;
    if (count_ == 0) return p;
    const int last = count_ - 1 - (has_intro ? 1 : 0);
    if (last == 0) p.bars = total_bars_;
    if (i >= last - 1) {  // home for the end
        p.theme = 0, p.transpose = p.next_transpose = 0, p.to_relative = p.next_relative = false;
        p.half = i == last ? 1 : 0;
        p.cadence = i == last ? Cadence::kAuthentic : Cadence::kHalf;
    }
    if (i == last - 2) p.next_transpose = 0, p.next_relative = false;
    if (i == last) {
        p.final = true;
        p.energy = .82;
        if (!has_intro && last > 0) p.bars = total_bars_ - kPhraseBars * last;
    }
    return p;
}

}  // namespace attune::compose
