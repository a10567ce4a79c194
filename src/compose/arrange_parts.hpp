// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The players of arrange(): each appends the notes of its part. Private to the room.
#include "compose/arrange.hpp"
#include "core/random.hpp"

namespace attune::compose::detail {

/// What all players of a phrase share.
struct Session {
    const Phrase& phrase;
    const ArrangeRequest& request;
    ArrangeState& state;
    std::vector<Note>& out;
    double velocity;   ///< base of the phrase, before accents

    [[nodiscard]] Ticks bar() const { return request.beats_per_bar * kTicksPerBeat; }
    [[nodiscard]] int bars() const { return static_cast<int>(phrase.length / bar()); }
    [[nodiscard]] double density() const { return request.controls[Control::kDensity]; }
    /// Fixed 0..1 for a place and a purpose: the same whatever the controls are.
    [[nodiscard]] double chance_at(std::string_view purpose, Ticks tick, int index = 0) const;
    /// Clips, accents by metre and phrase arc, and appends.
    void add(Part part, Ticks start, Ticks length, int pitch, double level);
};

void play_melody(Session& s);
void play_chords(Session& s);
void play_bass(Session& s);
void play_pad(Session& s);
void play_counter(Session& s);
void play_drums(Session& s);

}  // namespace attune::compose::detail
