// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Linear scores with a calibrated probability: small, readable, and the same on every machine.
///
/// In       x row-major n×d; NaN = unknown, counts as the mean of the training data; each column is
///          standardised and clipped to ±3 SD
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
    std::vector<double> mean, sd, weight;  ///< one a column
    double slope = 1.0, offset = 0.0;      ///< probability = 1 / (1 + exp(-(slope * score + offset)))

    [[nodiscard]] double score(std::span<const double> x) const;
    [[nodiscard]] double probability(std::span<const double> x) const;
    /// Mean and SD of each column; weight 0.
    [[nodiscard]] static LinearScore standardised(std::span<const double> x, std::size_t d);
};

/// Classes are weighted to count the same. `l2` is a share of the number of samples.
[[nodiscard]] Result<LinearScore> fit_logistic(std::span<const double> x, std::size_t d, std::span<const int> truth,
                                               double l2);
/// Pairs (higher, lower) of rows; then slope and offset on all rows, classes weighted to count the same.
[[nodiscard]] Result<LinearScore> fit_ranking(std::span<const double> x, std::size_t d, std::span<const int> truth,
                                              std::span<const std::pair<std::size_t, std::size_t>> pairs, double l2);

}  // namespace attune::learn
