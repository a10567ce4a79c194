// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Small systems of linear equations, as Newton's method and ridge regressions need them.
#include <vector>

namespace attune::learn {

/// The x of a x = b by Cholesky's method.
/// In   a n x n, row by row, symmetric positive definite (only its lower triangle is read); b of n
[[nodiscard]] std::vector<double> solve_positive_definite(std::vector<double> a, std::vector<double> b);

}  // namespace attune::learn
