// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The quantile that all rooms mean: linear between the two nearest order statistics, numpy's default.
/// Method  R. J. Hyndman, Y. Fan: Sample Quantiles in Statistical Packages, definition 7. doi:10.2307/2684934
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace attune::core {

/// In   `sorted` ascending, no NaN; `q` 0..1. Out: NaN for an empty span.
[[nodiscard]] inline double quantile_of_sorted(std::span<const double> sorted, double q) noexcept {
    if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    if (low + 1 >= sorted.size()) return sorted.back();
    return sorted[low] + (at - static_cast<double>(low)) * (sorted[low + 1] - sorted[low]);
}

/// The same of values in any order.
[[nodiscard]] inline double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    return quantile_of_sorted(values, q);
}

}  // namespace attune::core
