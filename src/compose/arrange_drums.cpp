// SPDX-License-Identifier: GPL-3.0-or-later
/// The drummer: a kit per style, hits by rank, so that percussiveness and density each only ever add.
#include <algorithm>
#include <array>
#include <cmath>

#include "compose/arrange_parts.hpp"
#include "compose/melody.hpp"

namespace attune::compose::detail {
namespace {

struct Hit {
    int key;          ///< General MIDI percussion
    double level;     ///< of the velocity
    double rank;      ///< sounds when percussiveness is at least this
    std::array<unsigned char, 16> grid;  ///< 0 never, 1 from the start, 2 from density .15 to .5, 3 from .5 to .95
};

using Kit = std::vector<Hit>;

constexpr std::array<unsigned char, 16> kDown = {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 3, 0};
constexpr std::array<unsigned char, 16> kFour = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
constexpr std::array<unsigned char, 16> kBack = {0, 0, 0, 0, 1, 0, 0, 3, 0, 3, 0, 0, 1, 0, 0, 0};
constexpr std::array<unsigned char, 16> kEighths = {1, 0, 2, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0, 2, 3};
constexpr std::array<unsigned char, 16> kSixteenths = {1, 3, 2, 3, 1, 3, 2, 3, 1, 3, 2, 3, 1, 3, 2, 3};
constexpr std::array<unsigned char, 16> kTresillo = {1, 0, 0, 1, 0, 0, 1, 0, 2, 0, 0, 2, 0, 0, 2, 0};
constexpr std::array<unsigned char, 16> kOff = {0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 3, 2, 0};
constexpr std::array<unsigned char, 16> kOnce = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

const Kit& kit(Style style) {
    static const std::array<Kit, kStyles> kits = {{
        {{82, .5, .06, kEighths}, {64, .7, .25, kTresillo}, {63, .6, .5, kOff}, {36, .8, .4, kDown}, {70, .5, .7, kSixteenths}},
        {{42, .45, .06, kEighths}, {36, .7, .15, kDown}, {37, .6, .3, kBack}, {51, .5, .55, kEighths}, {38, .75, .7, kBack}},
        {{45, .9, .01, kOnce}, {54, .8, .05, kDown}, {47, .8, .25, kDown}, {81, .45, .4, kDown}, {43, .8, .55, kTresillo}, {38, .6, .75, kSixteenths}},
        {{42, .5, .06, kEighths}, {36, .9, .1, kDown}, {38, .75, .22, kBack}, {70, .5, .5, kSixteenths}, {46, .5, .75, kOff}},
        {{82, .5, .06, kEighths}, {64, .8, .18, kDown}, {54, .6, .35, kBack}, {41, .8, .5, kTresillo}, {39, .7, .75, kBack}},
        {{42, .5, .06, kOff}, {36, .95, .12, kFour}, {39, .7, .28, kBack}, {42, .45, .5, kSixteenths}, {46, .55, .72, kOff}},
        {{82, .55, .04, kEighths}, {64, .9, .1, kTresillo}, {63, .8, .22, kOff}, {60, .7, .4, kSixteenths}, {41, .9, .55, kDown}, {56, .5, .75, kFour}}}};
    return kits[static_cast<std::size_t>(style)];
}

/// The density from which a place of a grid is struck: a little apart from place to place, so that the drummer fills in
/// one stroke after the other.
double from_density(const Session& s, int when, int slot, int bar) {
    const double own = s.chance_at("drum", slot, bar % 2);
    switch (when) {
    case 1: return 0.0;
    case 2: return .15 + .35 * own;
    case 3: return .50 + .45 * own;
    default: return 2.0;
    }
}

}  // namespace

void play_drums(Session& s) {
    // The drummer holds back while the piece opens.
    const double p = (s.request.form.intro ? .6 : 1.0) * s.request.controls[Control::kPercussiveness];
    const bool last = s.request.form.final;
    const int slots = s.request.beats_per_bar * 4;
    for (int bar = 0; bar < s.bars(); ++bar) {
        if (last && bar + 1 == s.bars()) break;
        for (const Hit& hit : kit(s.request.style)) {
            if (hit.rank > p) continue;
            const double level = hit.level * (.5 + .7 * p) * std::min(1.0, .5 + (p - hit.rank) / .3);  // enters softly
            for (int i = 0; i < slots; ++i) {
                const auto when = hit.grid[static_cast<std::size_t>(i)];
                if (from_density(s, when, i, bar) > s.density()) continue;
                s.add(Part::kDrums, bar * s.bar() + i * kSixteenth, kSixteenth, hit.key, level);
            }
        }
        // A small fill leads on.
        if (bar + 1 == s.bars() && p > .3 && !last)
            for (int i = slots - 4; i < slots; ++i)
                if (s.chance_at("fill", i, s.request.serial) < .25 + .5 * p)
                    s.add(Part::kDrums, bar * s.bar() + i * kSixteenth, kSixteenth, i % 2 == 0 ? 45 : 43, .6 * (.4 + .7 * p));
    }
}

}  // namespace attune::compose::detail
