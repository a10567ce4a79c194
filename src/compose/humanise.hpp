// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Players are not machines: swing, timing and touch vary a little, always the same for one seed.
///
/// Timing only ever comes late (by at most 25 ms, plus the swing of at most 60 ms), so that a change "at the bar" never sounds before the bar.
/// Method   timing SD of 5-12 ms with short memory (Hennig et al. 2011, doi:10.1371/journal.pone.0026457); swing as a
///          share of the sixteenth.
#include "compose/arrange.hpp"

namespace attune::compose {

/// notes sorted by earlier(); start and length stay on the grid.
void humanise(std::vector<Note>& notes, const ArrangeRequest& request);

}  // namespace attune::compose
