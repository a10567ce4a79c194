// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/key.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace attune::signal {
namespace {

using Profile = std::array<double, 12>;
// Temperley's revision (1999, doi:10.2307/40285812) of Krumhansl and Kessler's probe-tone ratings.
constexpr Profile kMajor{5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0};
constexpr Profile kMinor{5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0};

double correlation(const std::array<float, 12>& chroma, const Profile& profile, std::size_t tonic) {
    double mean_c = 0.0, mean_p = 0.0, cp = 0.0, cc = 0.0, pp = 0.0;
    for (std::size_t i = 0; i < 12; ++i)
        mean_c += static_cast<double>(chroma[i]) / 12.0, mean_p += profile[i] / 12.0;
    for (std::size_t i = 0; i < 12; ++i) {
        const double c = static_cast<double>(chroma[(tonic + i) % 12]) - mean_c,
                     p = profile[i] - mean_p;
        cp += c * p, cc += c * c, pp += p * p;
    }
    return cc * pp > 0.0 ? cp / std::sqrt(cc * pp) : 0.0;
}

}  // namespace

KeyEstimate estimate_key(const std::array<float, 12>& chroma) {
    std::array<double, 24> scores;
    for (std::size_t tonic = 0; tonic < 12; ++tonic) {
        scores[tonic] = correlation(chroma, kMajor, tonic);
        scores[12 + tonic] = correlation(chroma, kMinor, tonic);
    }
    const auto best =
        static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    double second = -1.0;
    for (std::size_t i = 0; i < 24; ++i) {
        if (i != best) second = std::max(second, scores[i]);
    }
    KeyEstimate key;
    key.pitch_class = static_cast<int>(best % 12);
    key.major = best < 12;
    key.strength = scores[best];
    key.majorness = *std::max_element(scores.begin(), scores.begin() + 12) -
                    *std::max_element(scores.begin() + 12, scores.end());
    key.confidence =
        std::clamp((scores[best] - second) * 5.0, 0.0, 1.0) * std::clamp(scores[best], 0.0, 1.0);
    return key;
}

}  // namespace attune::signal
