// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/harmony.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/random.hpp"

namespace attune::compose {
namespace {

/// kBefore[to][from]: how gladly degree `from` leads to degree `to` (rows need not add up).
using Moves = std::array<std::array<double, 7>, 7>;

constexpr Moves kMajorMoves = {{{0, .10, .04, .36, .44, .04, .06},    // to I
                                {.22, 0, .10, .18, .02, .48, 0},       // to ii
                                {.45, .05, 0, .15, .10, .25, 0},       // to iii
                                {.40, .14, .18, 0, .06, .30, 0},       // to IV
                                {.14, .34, .04, .38, 0, .18, 0},       // to V
                                {.34, .04, .26, .14, .30, 0, 0},       // to vi
                                {.30, .20, 0, .50, 0, 0, 0}}};         // to vii
constexpr Moves kMinorMoves = {{{0, .08, .04, .24, .36, .10, .26},    // to i
                                {.30, 0, .10, .20, 0, .40, 0},         // to ii°
                                {.22, 0, 0, .12, .06, .24, .44},       // to III
                                {.42, .06, .16, 0, .08, .32, .12},     // to iv
                                {.20, .24, .02, .38, 0, .26, .04},     // to v/V
                                {.44, .02, .18, .20, .20, 0, .14},     // to VI
                                {.24, .04, .12, .34, .02, .34, 0}}};   // to VII

int draw(core::Random& random, const std::array<double, 7>& weights) {
    double total = 0;
    for (double w : weights) total += w;
    double x = random.uniform() * total;
    for (int i = 0; i < 7; ++i) {
        x -= weights[static_cast<std::size_t>(i)];
        if (x < 0) return i;
    }
    return 0;
}

/// Degrees that may stand for each other, used when a theme returns.
int substitute(int degree, core::Random& random) {
    switch (degree) {
    case 0: return random.chance(.6) ? 5 : 2;
    case 3: return 1;
    case 1: return 3;
    case 5: return random.chance(.5) ? 3 : 0;
    case 4: return 4;
    default: return degree;
    }
}

/// One cell of the harmonic rhythm: bars are halved where the music moves.
int chords_per_bar(const PhraseRequest& request, core::Random& random) {
    if (request.style == Style::kAmbientPad || request.beats_per_bar == 3) return 1;
    if (request.style == Style::kChamber) return 2;
    return random.chance(.25 + .2 * request.controls[Control::kDensity]) ? 2 : 1;
}

Chord coloured(const PhraseRequest& request, int degree, core::Random& random) {
    const bool jazzy = request.style == Style::kLoFi || request.style == Style::kAmbientPad;
    Chord chord = diatonic_chord(request.key, degree, random.chance(jazzy ? .5 : .12));
    if (chord.kind == ChordKind::kAugmented) chord.kind = ChordKind::kMajor;
    // A diminished triad on a strong place sounds harsh: its relative with the same function instead.
    if (chord.kind == ChordKind::kDiminished && request.target.valence > -.5)
        chord = diatonic_chord(request.key, is_major(request.key.mode) ? (degree == 6 ? 4 : 3) : (degree == 1 ? 3 : 6), false);
    if (degree == 4 && !is_major(request.key.mode) && random.chance(.75))
        chord = dominant_of(request.key, random.chance(.4));
    return chord;
}

}  // namespace

Chord dominant_of(const Key& key, bool seventh) noexcept {
    return {mod12(key.tonic + 7), seventh ? ChordKind::kDominant7 : ChordKind::kMajor, -1};
}

Chord cadence_chord(const PhraseRequest& request) noexcept {
    if (request.next_key && !request.final) return dominant_of(*request.next_key, true);
    switch (request.cadence) {
    case Cadence::kHalf: return dominant_of(request.key, false);
    case Cadence::kDeceptive: return diatonic_chord(request.key, 5);
    case Cadence::kOpen: return diatonic_chord(request.key, 3);
    case Cadence::kAuthentic:
    case Cadence::kPlagal: break;
    }
    return diatonic_chord(request.key, 0);
}

void close_piece(const PhraseRequest& request, std::vector<ChordSpan>& chords) {
    const Ticks bar = request.beats_per_bar * kTicksPerBeat, last = (request.bars - 1) * bar;
    if (last <= 0) {
        chords = {{0, bar, diatonic_chord(request.key, 0)}};
        return;
    }
    std::erase_if(chords, [&](const ChordSpan& c) { return c.start >= last; });
    if (chords.empty()) chords.push_back({0, last, dominant_of(request.key, false)});
    chords.back().length = last - chords.back().start;
    if (chords.back().length > bar / 2) {  // the dominant takes the second half of the bar before
        chords.back().length -= bar / 2;
        chords.push_back({last - bar / 2, bar / 2, {}});
    }
    chords.back().chord = dominant_of(request.key, false);
    chords.push_back({last, bar, diatonic_chord(request.key, 0)});
}

std::vector<ChordSpan> harmonise(const PhraseRequest& request) {
    core::Random random(request.seed, "compose/harmony/theme/" + std::to_string(request.theme));
    core::Random changed(request.seed, "compose/harmony/variation/" + std::to_string(request.theme) + "/" +
                                           std::to_string(request.variation) + "/" + std::to_string(request.half));
    const Ticks bar = request.beats_per_bar * kTicksPerBeat;
    const int each = chords_per_bar(request, random);
    const int slots = std::max(2, request.bars * each);
    const Moves& moves = is_major(request.key.mode) ? kMajorMoves : kMinorMoves;

    // Degrees backwards from the end; the theme's own opening stays the same in both halves.
    std::vector<int> degrees(static_cast<std::size_t>(slots), 0);
    const auto at = [&](int i) -> int& { return degrees[static_cast<std::size_t>(i)]; };
    const int last = request.cadence == Cadence::kHalf        ? 4
                     : request.cadence == Cadence::kDeceptive ? 5
                     : request.cadence == Cadence::kOpen      ? 3
                                                              : 0;
    at(slots - 1) = last;
    if (last == 0) at(slots - 2) = request.cadence == Cadence::kPlagal ? 3 : 4;
    const int fixed = last == 0 ? slots - 2 : slots - 1;
    for (int i = fixed - 1; i > 0; --i) at(i) = draw(random, moves[static_cast<std::size_t>(at(i + 1))]);
    at(0) = 0;
    if (slots > 3 && at(1) == 0) at(1) = is_major(request.key.mode) ? 5 : 3;
    // What returns, returns changed: more places the later it comes, never the ends.
    for (int i = 1; i < fixed; ++i)
        if (request.variation > 0 && changed.chance(std::min(.12 * request.variation, .30))) {
            const int other = substitute(at(i), changed);
            if (other != at(i - 1)) at(i) = other;
        }

    std::vector<ChordSpan> spans;
    for (int i = 0; i < slots; ++i) {
        const Ticks start = bar * request.bars * i / slots, end = bar * request.bars * (i + 1) / slots;
        Chord chord = coloured(request, at(i), random);
        if (i == slots - 1) chord = cadence_chord(request);
        if (i == slots - 2 && last == 0 && request.cadence != Cadence::kPlagal) chord = dominant_of(request.key, random.chance(.5));
        if (!spans.empty() && spans.back().chord == chord) {
            spans.back().length += end - start;
            continue;
        }
        spans.push_back({start, end - start, chord});
    }
    if (request.final) close_piece(request, spans);
    return spans;
}

}  // namespace attune::compose
