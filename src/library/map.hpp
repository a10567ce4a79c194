// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The library as a picture: every track a dot on the valence-arousal plane.
#include <string>
#include <vector>

#include "library/track_row.hpp"

namespace attune::library {

/// A whole SVG file; tracks without valence or arousal are counted in the caption. Titles are in
/// <title>.
[[nodiscard]] std::string map_svg(const std::vector<const TrackRow*>& rows);

}  // namespace attune::library
