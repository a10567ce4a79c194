// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The 5th and 95th percentile of each craft feature over stretches of 16 bars of a corpus.
/// Made by scripts/craft-bounds from eval/results/compose_craft.json; do not edit.
#include "compose/craft.hpp"

namespace attune::compose {

inline constexpr CraftBounds kCraftOfPop909 = {{2.1687, 1.6312, 0.0610, 0.2535, 0.0000, 0.4737, 1.0349, 0.3636, 0.5458, 0.0571},
    {2.7819, 3.2179, 0.4302, 0.6389, 0.1087, 1.2188, 2.3348, 1.0000, 0.8625, 0.9300}};
inline constexpr CraftBounds kCraftOfNottingham = {{2.2577, 1.7526, 0.0000, 0.2605, 0.0000, 0.5080, 0.3148, 0.6207, 0.7833, 0.1636},
    {2.8835, 3.7534, 0.3059, 0.7480, 0.1364, 1.2500, 1.7120, 1.0000, 0.9556, 0.9753}};
inline constexpr CraftBounds kCraftOfChorales = {{2.2531, 1.1695, 0.0534, 0.4361, 0.0000, 0.8501, 0.4406, 0.7326, 0.8417, 0.1141},
    {2.9313, 2.1734, 0.4621, 0.8209, 0.0262, 1.3404, 1.5291, 1.0000, 0.9667, 0.8241}};

}  // namespace attune::compose
