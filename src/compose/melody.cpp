// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/melody.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "core/random.hpp"

namespace attune::compose {
namespace {

constexpr int kSlots = 16;  ///< sixteenths of the longest bar
/// Rank at which a metric level begins to sound, and how widely a theme may move it (chosen).
constexpr std::array<double, 5> kRank = {.0, .16, .26, .48, .82};
constexpr std::array<double, 5> kSpread = {.02, .16, .26, .34, .18};

struct Cell {
    std::array<double, kSlots> rank{};
    std::array<int, kSlots> contour{};  ///< scale steps from the anchor
    std::array<bool, kSlots> passing{}; ///< a weak beat that need not be a chord tone
};

/// How free a style's melody is, held against the corpora (attune evaluate craft).
struct Manner {
    double freedom;   ///< how much wider than kSpread the ranks scatter: syncopation
    double leaps;     ///< share of moves beyond a step
    double passing;   ///< share of weak beats that need not be chord tones
    double pull;      ///< of the register against the line so far
    double wander;    ///< how much a bar's rhythm differs from the bar it repeats
    double arch;      ///< height of the phrase's arch and of its second bar
};

Manner manner_of(Style style) {
    if (style == Style::kChamber) return {1.0, .06, .95, .25, .06, .45};
    if (style == Style::kFolk) return {1.1, .22, .5, .55, .10, 1.0};
    return {1.8, .22, .5, .55, .60, 1.0};
}

int step_draw(core::Random& random, double leaps) {
    // Mostly steps, some thirds, few leaps: the interval profile of tonal melody.
    const double x = random.uniform();
    if (x < .12) return 0;
    if (random.chance(leaps)) return (random.chance(.27) ? 3 : 2) * (random.chance(.5) ? 1 : -1);
    return x < .59 ? -1 : 1;
}

Cell make_cell(core::Random& random, int beats, const Manner& manner) {
    Cell cell;
    int step = 0;
    for (int i = 0; i < beats * 4; ++i) {
        const auto k = static_cast<std::size_t>(i);
        const auto level = static_cast<std::size_t>(metric_level(i, beats));
        cell.rank[k] = std::clamp(kRank[level] + manner.freedom * kSpread[level] * (random.uniform() - .3 - .1 * (manner.freedom - 1.0)), 0.0, 1.0);
        cell.passing[k] = random.chance(manner.passing);
        if (i == 0) continue;
        if (level <= 3) {
            int move = step_draw(random, manner.leaps);
            if (std::abs(step + move) > 4 || (std::abs(step) >= 3 && step * move > 0)) move = step > 0 ? -1 : 1;
            step += move;
            cell.contour[k] = step;
        } else {
            cell.contour[k] = step + (random.chance(.5) ? 1 : -1);  // neighbour of the eighth before
        }
    }
    cell.rank[0] = 0.0;
    return cell;
}

/// A bar that repeats another says it a little differently.
Cell retold(Cell cell, double wander, core::Random& random) {
    for (std::size_t i = 1; i < kSlots; ++i) cell.rank[i] = std::clamp(cell.rank[i] + wander * (random.uniform() - .5), 0.0, 1.0);
    return cell;
}

/// The same idea again, changed in one respect.
void vary(Cell& cell, int how, core::Random& random) {
    switch (how % 4) {
    case 0:  // another tail
        for (std::size_t i = kSlots / 2; i < kSlots; ++i) cell.contour[i] += random.chance(.5) ? 1 : -1;
        break;
    case 1:  // mirrored
        for (int& c : cell.contour) c = -c;
        break;
    case 2:  // livelier: ornaments sound earlier
        for (std::size_t i = 1; i < kSlots; ++i) cell.rank[i] = std::max(0.0, cell.rank[i] - (random.chance(.4) ? .14 : 0.0));
        break;
    default:  // calmer
        for (std::size_t i = 1; i < kSlots; ++i) cell.rank[i] = std::min(1.0, cell.rank[i] + (random.chance(.4) ? .14 : 0.0));
    }
}

struct Writer {
    const PhraseRequest& request;
    const std::vector<ChordSpan>& chords;
    double centre;
    double pull, height;
    int previous;
    std::vector<MelodyNote> notes;

    void bar(int index, const Cell& cell, double lift) {
        const int slots = request.beats_per_bar * 4;
        const Ticks start = index * request.beats_per_bar * kTicksPerBeat;
        const double arch = 4.5 * height * std::sin(std::numbers::pi * (index + .5) / std::max(request.bars, 2));
        int anchor_pitch = nearest_chord_tone(chord_at(chords, start), pull * (centre + arch - 2.0 + lift) + (1.0 - pull) * previous);
        const int anchor = nearest_step(request.key, anchor_pitch);
        for (int i = 0; i < slots; ++i) {
            const auto k = static_cast<std::size_t>(i);
            const Ticks tick = start + i * kSixteenth;
            int pitch = pitch_of_step(request.key, anchor + cell.contour[k]);
            if (i == 0) pitch = anchor_pitch;
            const Chord& chord = chord_at(chords, tick);
            const int level = metric_level(i, request.beats_per_bar);
            if (level <= 1 || (level == 2 && !cell.passing[k])) pitch = nearest_chord_tone(chord, pitch + .01);
            notes.push_back({tick, kSixteenth, pitch, cell.rank[k]});
            if (cell.rank[k] < .5) previous = pitch;
        }
    }

    void close(int index) {
        // The phrase breathes: its last bar lands and rests.
        const Ticks start = index * request.beats_per_bar * kTicksPerBeat;
        const Chord& chord = chord_at(chords, start + request.beats_per_bar * kTicksPerBeat - 1);
        const Chord& first = chord_at(chords, start);
        const int anchor = nearest_step(request.key, nearest_chord_tone(first, .5 * centre + .5 * previous));
        int target = nearest_chord_tone(chord, .5 * centre + .5 * previous);
        if (request.final || request.cadence == Cadence::kAuthentic || request.cadence == Cadence::kPlagal)
            target = nearest_chord_tone({chord.root, ChordKind::kSus4, -1}, target), target = nearest_root(chord.root, target);
        notes.push_back({start, kSixteenth, nearest_chord_tone(first, pitch_of_step(request.key, anchor)), 0.0});
        const Ticks landing = request.beats_per_bar == 3 ? 2 * kTicksPerBeat : 2 * kTicksPerBeat;
        const bool same = &first == &chord;
        if (!request.final) {
            const int from = notes.back().pitch, way = target >= from ? -1 : 1;
            notes.push_back({start + kTicksPerBeat / 2, kSixteenth, pitch_of_step(request.key, nearest_step(request.key, from) - way), .62});
            notes.push_back({start + kTicksPerBeat, kSixteenth, pitch_of_step(request.key, nearest_step(request.key, target) + (same ? way : 1)), .30});
            notes.push_back({start + landing, kSixteenth, target, .12});
        } else {
            notes.back().pitch = target;
        }
        previous = target;
    }

    static int nearest_root(int root, int pitch) {
        int below = pitch - mod12(pitch - root);
        return pitch - below <= 6 ? below : below + 12;
    }
};

}  // namespace

const Chord& chord_at(const std::vector<ChordSpan>& chords, Ticks tick) noexcept {
    std::size_t i = 0;
    while (i + 1 < chords.size() && chords[i + 1].start <= tick) ++i;
    return chords[i].chord;
}

int metric_level(int sixteenth, int beats_per_bar) noexcept {
    if (sixteenth % 2 != 0) return 4;
    if (sixteenth % 4 != 0) return 3;
    if (sixteenth == 0) return 0;
    return beats_per_bar == 4 && sixteenth == 8 ? 1 : 2;
}

std::vector<MelodyNote> melodise(const PhraseRequest& request, const std::vector<ChordSpan>& chords) {
    core::Random random(request.seed, "compose/motif/" + std::to_string(request.theme));
    const Manner manner = manner_of(request.style);
    Cell statement = make_cell(random, request.beats_per_bar, manner);
    Cell contrast = make_cell(random, request.beats_per_bar, manner);
    core::Random changed(request.seed, "compose/variation/" + std::to_string(request.theme) + "/" +
                                           std::to_string(request.variation) + "/" + std::to_string(request.half));
    if (request.variation > 0) {
        // What returns is known again: of the statement a respect or two change, never its contour as a whole; the contrast is
        // freer.
        static constexpr std::array<int, 3> kGentle = {0, 2, 3};
        for (int i = 0; i < (request.variation > 2 ? 2 : 1); ++i) vary(statement, kGentle[changed.below(kGentle.size())], changed);
        for (int i = 0; i < 2; ++i) vary(contrast, static_cast<int>(changed.below(4)), changed);
    }
    const double centre = centre_pitch(request.controls);
    const double lift = request.variation > 0 ? manner.arch * changed.uniform(-3.0, 3.0) : 0.0;
    Writer writer{request, chords, centre, manner.pull, manner.arch, request.last_pitch < 0 ? static_cast<int>(centre) : request.last_pitch, {}};
    for (int bar = 0; bar + 1 < request.bars; ++bar) {
        const bool second = request.half == 1 && bar == 2;
        const Cell& cell = bar % 4 == 2 || second ? contrast : statement;
        writer.bar(bar, bar == 0 ? cell : retold(cell, manner.wander, bar >= 2 && request.variation > 0 ? changed : random), (bar % 4 == 1 ? 2.0 * manner.arch : 0.0) + lift);
    }
    writer.close(request.bars - 1);
    return writer.notes;
}

}  // namespace attune::compose
