// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A Score as a Standard MIDI File (type 1, 480 ticks a beat), as a notation program wants it: notes on the grid,
/// names, key and time signature, tempo, instruments. Same score, same bytes.
#include <string>

#include "compose/score.hpp"

namespace attune::compose {

[[nodiscard]] std::string to_midi(const Score& score);

}  // namespace attune::compose
