// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From a phrase (chords, melody) to the notes of all players, by style and controls.
///
/// Density and percussiveness choose from fixed figures by rank: what sounds at 0.4 also sounds at 0.5, so
/// that a control moves its feature in one direction and nothing else starts anew. Given the same inputs, the
/// same notes: the live source arranges a phrase again when a control moves and takes the part behind the seam.
#include <map>
#include <vector>

#include "compose/engine.hpp"
#include "compose/form.hpp"
#include "compose/voice_leading.hpp"

namespace attune::compose {

/// How long each pitch of a part has gone on, over the chords: nothing drones.
using Ages = std::map<int, Ticks>;

/// What one phrase hands on to the next.
struct ArrangeState {
    Voicing chords;        ///< last voicing of the chords part
    Voicing pad;
    int bass = -1;
    Ages chords_age, pad_age, counter_age;
    bool operator==(const ArrangeState&) const = default;
};

struct ArrangeRequest {
    std::uint64_t seed = 0;
    Style style = Style::kPianoBallad;
    Controls controls;
    double written_centre = 60.0;  ///< register that the melody was written for
    Key key;
    int beats_per_bar = 4;
    FormPhrase form;
    int serial = 0;
};

/// Notes from the start of the phrase; `state` is moved on.
[[nodiscard]] std::vector<Note> arrange(const Phrase& phrase, const ArrangeRequest& request, ArrangeState& state);

}  // namespace attune::compose
