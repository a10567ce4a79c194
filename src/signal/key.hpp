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

/// What a minor key must correlate better than a major one to be named: a major key and its relative minor share their
/// notes, and without it songs in major are heard in their relative minor four times as often as the other way round.
/// Chosen on 227 rendered songs of POP909 that no figure is measured on (.80 without, .85 with it; .83 from .06 to .12).
inline constexpr double kMinorHandicap = 0.08;

/// `minor_handicap` is taken off the scores of minor keys; strength and majorness are free of it.
[[nodiscard]] KeyEstimate estimate_key(const std::array<float, 12>& chroma, double minor_handicap = 0.0);

}  // namespace attune::signal
