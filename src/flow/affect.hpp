// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A point on Russell's circumplex (1980, doi:10.1037/h0077714) and a Gaussian on it.
#include <array>
#include <cmath>

namespace attune::flow {

/// Felt or expressed valence and arousal, each in [-1, 1]: unpleasant..pleasant, still..excited.
struct Va {
    double valence = 0.0;
    double arousal = 0.0;
    bool operator==(const Va&) const = default;
};

[[nodiscard]] inline double distance(const Va& a, const Va& b) {
    const double dv = a.valence - b.valence;
    const double da = a.arousal - b.arousal;
    return std::sqrt(dv * dv + da * da);
}

/// Mean and covariance {vv, va, aa} of a bivariate normal.
struct VaGaussian {
    Va mean;
    std::array<double, 3> cov{};
    [[nodiscard]] double sd_valence() const { return std::sqrt(cov[0]); }
    [[nodiscard]] double sd_arousal() const { return std::sqrt(cov[2]); }
    bool operator==(const VaGaussian&) const = default;
};

}  // namespace attune::flow
