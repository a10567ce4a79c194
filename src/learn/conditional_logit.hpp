// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Learns to choose one of several candidates by a weighted sum of their features.
///
/// In       choices, each with candidates row-major candidates × d and which of them are right (one at least, or the
///          choice says nothing)
/// Out      d weights for the features as they are
/// Threads  any: a pure function
/// Method   McFadden 1974 (ISBN 0127761500) with a ridge on standardised features, by damped Newton steps
#include <cstddef>
#include <span>
#include <vector>

namespace attune::learn {

struct ChoiceSet {
    std::vector<double> x;    ///< row-major candidates × d
    std::vector<bool> right;  ///< a candidate each
    double weight = 1.0;
};

[[nodiscard]] std::vector<double> fit_conditional_logit(std::vector<ChoiceSet> choices, std::size_t d, double ridge);

}  // namespace attune::learn
