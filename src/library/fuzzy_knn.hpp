// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Fuzzy k nearest neighbours: the baseline beside every class figure of this room.
///
/// In       row-major samples × features with classes
/// Out      memberships of a new sample, summing to 1
/// Threads  predict() from any thread
/// Method   Keller, Gray & Givens 1985 (doi:10.1109/TSMC.1985.6313426), k = 9, m = 2, crisp
///          memberships of the training samples, standardised features
#include <cstddef>
#include <span>
#include <vector>

namespace attune::library {

class FuzzyKnn {
public:
    FuzzyKnn(std::span<const float> x, std::span<const int> y, std::size_t classes,
             std::size_t k = 9);
    void predict(std::span<const float> x, std::span<double> out) const;

private:
    std::size_t classes_, k_, dims_ = 0;
    std::vector<float> mean_, scale_, samples_;
    std::vector<int> y_;
};

}  // namespace attune::library
