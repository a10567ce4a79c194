// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Key and mode of a mean chroma.
///
/// In       twelve non-negative weights, 0 = C
/// Out      the key whose profile correlates best; confidence 0..1 from the distance to the next
/// Threads  any: a pure function
/// Method   Krumhansl & Kessler 1982 (doi:10.1037/0033-295X.89.4.334): correlation with 24 rotated
/// profiles;
///          the profiles' values and where they come from are in key.cpp. choose_key(): one logistic model for all
///          tonics, by transposition
#include <array>
#include <cstddef>

namespace attune::signal {

struct KeyEstimate {
    int pitch_class = 0;  ///< 0 = C .. 11 = B
    bool major = true;
    double confidence = 0.0;  ///< 0..1; 0 for silence and for a flat chroma
    double strength = 0.0;    ///< correlation of the best key
    double majorness = 0.0;   ///< best major minus best minor correlation
};

/// What is heard of the twelve pitch classes, 0 = C; each sums to 1 or is zero.
struct KeyEvidence {
    std::array<float, 12> mean{};       ///< mean_chroma()
    std::array<float, 12> sounding{};   ///< share of the moments in which it has a quarter of the strongest's amplitude
    std::array<float, 12> strongest{};  ///< share of the moments in which it is the strongest above 260 Hz
};
/// Of one key: the roots of the evidence from its tonic up, in the place of its mode (major first), and whether it is minor.
inline constexpr std::size_t kKeyFeatures = 2 * 36 + 1;
/// `key`: 0..11 major on that pitch class, 12..23 minor.
[[nodiscard]] std::array<double, kKeyFeatures> key_features(const KeyEvidence& evidence, std::size_t key);

/// The key that wins a softmax over all 24, whose weights `attune train key` has learnt (detail/key_weights.inc);
/// confidence is its probability. Strength and majorness as of estimate_key().
[[nodiscard]] KeyEstimate choose_key(const KeyEvidence& evidence);

/// Free of what any songs have taught: what descriptors are made of.
[[nodiscard]] KeyEstimate estimate_key(const std::array<float, 12>& chroma);

}  // namespace attune::signal
