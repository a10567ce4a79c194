// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/humanise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/random.hpp"

namespace attune::compose {
namespace {
constexpr double kLatestMs = 25.0;
constexpr double kMemory = .6;  ///< correlation of one note's lateness with the one before
}  // namespace

void humanise(std::vector<Note>& notes, const ArrangeRequest& request) {
    const StyleInfo& style = info(request.style);
    const double sixteenth_ms = 15000.0 / tempo_bpm(request.controls);
    core::Random random(request.seed, "compose/humanise/" + std::to_string(request.serial));
    std::array<double, kParts> drift{};
    for (Note& note : notes) {
        auto& late = drift[static_cast<std::size_t>(note.part)];
        late = kMemory * late + std::sqrt(1.0 - kMemory * kMemory) * random.normal();
        double ms = style.jitter_ms * (.9 + .5 * late);
        const bool off = (note.start / kSixteenth) % 2 != 0;
        double swing = off ? style.swing * sixteenth_ms : 0.0;
        if (note.part == Part::kDrums) ms *= .5;
        note.delay_ms = static_cast<float>(std::clamp(ms, 0.0, kLatestMs) + std::min(swing, 60.0));
        const double touch = note.velocity * (1.0 + .035 * random.normal());
        note.velocity = static_cast<int>(std::clamp(std::lround(touch), 1L, 127L));
    }
}

}  // namespace attune::compose
