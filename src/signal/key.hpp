// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Key and mode of a mean chroma.
///
/// In       twelve non-negative weights, 0 = C
/// Out      the key whose profile correlates best; confidence 0..1 from the distance to the next
/// Threads  any: a pure function
/// Method   Krumhansl & Kessler 1982 (doi:10.1037/0033-295X.89.4.334): correlation with 24 rotated
/// profiles;
///          the profiles' values and where they come from are in key.cpp
#include <array>

namespace attune::signal {

struct KeyEstimate {
    int pitch_class = 0;  ///< 0 = C .. 11 = B
    bool major = true;
    double confidence = 0.0;  ///< 0..1; 0 for silence and for a flat chroma
    double strength = 0.0;    ///< correlation of the best key
    double majorness = 0.0;   ///< best major minus best minor correlation
};

[[nodiscard]] KeyEstimate estimate_key(const std::array<float, 12>& chroma);

}  // namespace attune::signal
