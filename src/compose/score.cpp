// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/score.hpp"

#include <tuple>

namespace attune::compose {

const char* to_string(Part part) noexcept {
    switch (part) {
    case Part::kMelody: return "melody";
    case Part::kChords: return "chords";
    case Part::kBass: return "bass";
    case Part::kPad: return "pad";
    case Part::kCounter: return "counter";
    case Part::kDrums: return "drums";
    }
    return "melody";
}

int channel_of(Part part) noexcept { return part == Part::kDrums ? 9 : static_cast<int>(part); }

bool earlier(const Note& a, const Note& b) noexcept {
    return std::tuple(a.start, a.part, a.pitch, a.length) < std::tuple(b.start, b.part, b.pitch, b.length);
}

double Score::seconds_at(Ticks tick) const noexcept {
    double seconds = 0.0;
    for (std::size_t i = 0; i < tempo.size(); ++i) {
        const Ticks from = tempo[i].tick;
        if (from >= tick) break;
        const Ticks to = i + 1 < tempo.size() && tempo[i + 1].tick < tick ? tempo[i + 1].tick : tick;
        seconds += static_cast<double>(to - from) * 60.0 / (tempo[i].bpm * static_cast<double>(kTicksPerBeat));
    }
    return seconds;
}

}  // namespace attune::compose
