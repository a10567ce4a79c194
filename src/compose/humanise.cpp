// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/humanise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "compose/fixed_chance.hpp"
#include "core/random.hpp"

namespace attune::compose {
namespace {

constexpr double kLatestMs = 25.0;
constexpr double kMemory = .6;  ///< correlation of a player's lateness with that a sixteenth before
constexpr double kTouch = .035;

/// How late each player is at each sixteenth of the phrase, in SD: a property of the player and the place, whatever is played
/// there, so that a note that a control adds moves no other.
class Lateness {
public:
    Lateness(const ArrangeRequest& request, std::size_t slots) : late_(slots) {
        core::Random random(request.seed, "compose/humanise/" + std::to_string(request.serial));
        std::array<double, kParts> drift{};
        for (auto& slot : late_) {
            for (double& d : drift) d = kMemory * d + std::sqrt(1.0 - kMemory * kMemory) * random.normal();
            slot = drift;
        }
    }
    [[nodiscard]] double at(Part part, std::size_t slot) const { return late_[slot][static_cast<std::size_t>(part)]; }

private:
    std::vector<std::array<double, kParts>> late_;
};

/// Mean 0, SD 1, fixed for a note: the sum of two even draws is a triangle.
double touch_of(const Note& note, const ArrangeRequest& request) {
    const int index = 1024 * static_cast<int>(note.part) + note.pitch;
    return std::sqrt(6.0) * (fixed_chance(request.seed, "touch", note.start, index + 8192 * request.serial) +
                             fixed_chance(request.seed, "touch2", note.start, index + 8192 * request.serial) - 1.0);
}

}  // namespace

void humanise(std::vector<Note>& notes, const ArrangeRequest& request) {
    if (notes.empty()) return;
    const StyleInfo& style = info(request.style);
    const double sixteenth_ms = 15000.0 / tempo_bpm(request.controls);
    const Lateness lateness(request, static_cast<std::size_t>(notes.back().start / kSixteenth) + 1);
    for (Note& note : notes) {
        const auto slot = static_cast<std::size_t>(note.start / kSixteenth);
        double ms = style.jitter_ms * (.9 + .5 * lateness.at(note.part, slot));
        const double swing = slot % 2 != 0 ? style.swing * sixteenth_ms : 0.0;
        if (note.part == Part::kDrums) ms *= .5;
        note.delay_ms = static_cast<float>(std::clamp(ms, 0.0, kLatestMs) + std::min(swing, 60.0));
        const double touch = note.velocity * (1.0 + kTouch * touch_of(note, request));
        note.velocity = static_cast<int>(std::clamp(std::lround(touch), 1L, 127L));
    }
}

}  // namespace attune::compose
