// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/linear_solve.hpp"

#include <algorithm>
#include <cmath>

namespace attune::learn {

std::vector<double> solve_positive_definite(std::vector<double> a, std::vector<double> b) {
    const std::size_t d = b.size();
    for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = a[i * d + j];
            for (std::size_t k = 0; k < j; ++k) sum -= a[i * d + k] * a[j * d + k];
            a[i * d + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / a[j * d + j];
        }
    for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * d + k] * b[k];
        b[i] /= a[i * d + i];
    }
    for (std::size_t i = d; i-- > 0;) {
        for (std::size_t k = i + 1; k < d; ++k) b[i] -= a[k * d + i] * b[k];
        b[i] /= a[i * d + i];
    }
    return b;
}

}  // namespace attune::learn
