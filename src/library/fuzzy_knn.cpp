// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/fuzzy_knn.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace attune::library {

FuzzyKnn::FuzzyKnn(std::span<const float> x, std::span<const int> y, std::size_t classes,
                   std::size_t k)
    : classes_(classes), k_(k), y_(y.begin(), y.end()) {
    if (y.empty()) return;
    dims_ = x.size() / y.size();
    samples_.assign(x.begin(), x.end());
    for (std::size_t d = 0; d < dims_; ++d) {
        double sum = 0.0, square = 0.0;
        for (std::size_t s = 0; s < y.size(); ++s) sum += static_cast<double>(x[s * dims_ + d]);
        const double mean = sum / static_cast<double>(y.size());
        for (std::size_t s = 0; s < y.size(); ++s)
            square += std::pow(static_cast<double>(x[s * dims_ + d]) - mean, 2);
        mean_.push_back(static_cast<float>(mean));
        scale_.push_back(
            static_cast<float>(1.0 / (std::sqrt(square / static_cast<double>(y.size())) + 1e-6)));
        for (std::size_t s = 0; s < y.size(); ++s)
            samples_[s * dims_ + d] = (samples_[s * dims_ + d] - mean_[d]) * scale_[d];
    }
}

void FuzzyKnn::predict(std::span<const float> x, std::span<double> out) const {
    std::vector<std::pair<double, std::size_t>> distance;
    for (std::size_t s = 0; s < y_.size(); ++s) {
        double sum = 0.0;
        for (std::size_t d = 0; d < dims_; ++d) {
            const float difference = (x[d] - mean_[d]) * scale_[d] - samples_[s * dims_ + d];
            sum += static_cast<double>(difference * difference);
        }
        distance.emplace_back(sum, s);
    }
    const auto k = std::min(k_, distance.size());
    std::partial_sort(distance.begin(), distance.begin() + static_cast<std::ptrdiff_t>(k),
                      distance.end());
    std::fill(out.begin(), out.end(), 0.0);
    double total = 0.0;
    for (std::size_t i = 0; i < k; ++i) {
        const double weight =
            1.0 / (distance[i].first + 1e-9);  // m = 2: the inverse square of the distance
        out[static_cast<std::size_t>(y_[distance[i].second])] += weight;
        total += weight;
    }
    for (double& v : out) v = total > 0.0 ? v / total : 1.0 / static_cast<double>(classes_);
}

}  // namespace attune::library
