// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/arrange.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "compose/arrange_parts.hpp"
#include "compose/fixed_chance.hpp"
#include "compose/humanise.hpp"
#include "compose/melody.hpp"

namespace attune::compose {
namespace detail {

double Session::chance_at(std::string_view purpose, Ticks tick, int index) const { return fixed_chance(request.seed, purpose, tick, index); }

void Session::add(Part part, Ticks start, Ticks length, int pitch, double level) {
    if (start < 0 || start >= phrase.length) return;
    length = std::min(length, phrase.length - start);
    if (length <= 0) return;
    const int sixteenth = static_cast<int>(start / kSixteenth) % (request.beats_per_bar * 4);
    static constexpr double kAccent[] = {1.08, 1.03, 1.0, .95, .90};
    const double accent = kAccent[metric_level(sixteenth, request.beats_per_bar)];
    const double place = static_cast<double>(start) / static_cast<double>(phrase.length);
    const double arc = .93 + .12 * std::sin(std::numbers::pi * std::min(1.0, place + .1));
    const double loud = velocity * level * accent * arc;
    while (pitch > 108) pitch -= 12;
    while (pitch < 21) pitch += 12;
    out.push_back({start, length, pitch, static_cast<int>(std::clamp(std::lround(loud), 1L, 127L)), part, 0.0F});
}

namespace {

int melody_shift(const Session& s) {
    const double moved = centre_pitch(s.request.controls) - s.request.written_centre;
    return 12 * static_cast<int>(std::lround(moved / 12.0));
}

}  // namespace

void play_melody(Session& s) {
    if (s.request.form.intro) return;
    const StyleInfo& style = info(s.request.style);
    const double density = std::clamp(s.density() * style.melody_density, 0.0, 1.0);
    std::vector<MelodyNote> heard;
    for (const auto& note : s.phrase.melody)
        if (note.rank <= density) heard.push_back(note);
    const int shift = melody_shift(s);
    for (std::size_t i = 0; i < heard.size(); ++i) {
        const Ticks until = i + 1 < heard.size() ? heard[i + 1].start : s.phrase.length;
        const Ticks gap = until - heard[i].start;
        // A note sings on to the next one, but a breath is left behind long ones.
        Ticks length = static_cast<Ticks>(static_cast<double>(gap) * style.legato);
        const double dry = .35 * std::pow(s.request.controls[Control::kPercussiveness], 2.0);
        length = static_cast<Ticks>(static_cast<double>(length) * (1.0 - dry));
        length = std::clamp(length, kSixteenth / 2, std::min<Ticks>(gap, 4 * kTicksPerBeat));
        if (s.request.form.final && i + 1 == heard.size()) length = gap;
        s.add(Part::kMelody, heard[i].start, length, heard[i].pitch + shift, 1.0);
    }
}

}  // namespace detail

std::vector<Note> arrange(const Phrase& phrase, const ArrangeRequest& request, ArrangeState& state) {
    std::vector<Note> notes;
    detail::Session s{phrase, request, state, notes, base_velocity(request.controls) * request.form.energy};
    detail::play_melody(s);
    detail::play_chords(s);
    detail::play_bass(s);
    detail::play_pad(s);
    detail::play_counter(s);
    detail::play_drums(s);
    std::sort(notes.begin(), notes.end(), earlier);
    humanise(notes, request);
    return notes;
}

}  // namespace attune::compose
