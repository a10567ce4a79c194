// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The same recording as another speaker in another room would have made it.
///
/// Variant 0 is the recording itself; each other one changes speed and pitch together (a longer or shorter
/// throat), tilts the spectrum, and adds noise, the same for every recording of a speaker, so that a variant
/// is a speaker of its own with a baseline of its own.
#include <vector>

#include "core/random.hpp"

namespace attune::train {

inline constexpr int kVoiceVariants = 8;
[[nodiscard]] std::vector<float> voice_variant(const std::vector<float>& samples, int variant, core::Random& random);

}  // namespace attune::train
