// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Linear scores with a calibrated probability: small, readable, and the same on every machine.
///
/// In       x row-major n×d; NaN = unknown, counts as the median of the training data; each column is
///          centred on its median, scaled by its MAD and limited softly, so that no single value decides
/// Errors   kBadArgument: sizes, one class only
/// Method   logistic regression with an L2 penalty by Newton's method; a ranking fit (RankNet with a linear score,
///          Burges 2005, doi:10.1145/1102351.1102363) on pairs that the caller chooses
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

struct LinearScore {
    std::vector<double> centre, scale, weight;  ///< one a column: median, 1.4826 MAD of the training data
    double slope = 1.0, offset = 0.0;      ///< probability = 1 / (1 + exp(-(slope * score + offset)))

    [[nodiscard]] double score(std::span<const double> x) const;
    [[nodiscard]] double probability(std::span<const double> x) const;
    /// Centre and scale of each column; weight 0.
    [[nodiscard]] static LinearScore standardised(std::span<const double> x, std::size_t d);
};

/// Classes are weighted to count the same. `l2` is a share of the number of samples.
[[nodiscard]] Result<LinearScore> fit_logistic(std::span<const double> x, std::size_t d, std::span<const int> truth,
                                               double l2);
/// Pairs (higher, lower) of rows; then slope and offset on all rows, classes weighted to count the same.
[[nodiscard]] Result<LinearScore> fit_ranking(std::span<const double> x, std::size_t d, std::span<const int> truth,
                                              std::span<const std::pair<std::size_t, std::size_t>> pairs, double l2);

}  // namespace attune::learn
