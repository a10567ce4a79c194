// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Makes a model's probabilities mean what they say, on groups that it was not trained on.
///
/// In       out-of-fold logits or scores with their labels; ≥ 2 samples and both classes
/// Errors   kBadArgument: sizes differ, too few samples, one class only, NaN
/// Method   temperature: Guo et al. 2017 (arXiv 1706.04599); Platt 1999 with his target smoothing;
///          isotonic: pool adjacent violators (Barlow 1972), linear between the blocks' centres;
///          group spreads: conformal prediction by category (Vovk et al. 2005, doi:10.1007/b106715), its score divided by
///          a spread that is shrunk to that of all (Lei et al. 2018, doi:10.1080/01621459.2017.1307116)
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

/// The temperature (0.05..20) that minimises the negative log likelihood of softmax(logits / T).
[[nodiscard]] Result<double> fit_temperature(std::span<const double> logits, std::span<const int> truth,
                                             std::size_t classes);
/// Softmax of logits / temperature, row by row, in place.
void softmax_rows(std::span<double> logits, std::size_t classes, double temperature = 1.0);

/// p = 1 / (1 + exp(-(slope * score + offset))).
struct Platt {
    double slope = 1.0, offset = 0.0;
    [[nodiscard]] double operator()(double score) const;
    [[nodiscard]] static Result<Platt> fit(std::span<const double> scores, std::span<const int> truth);
};

/// A rising broken line; constant beyond its ends.
struct Isotonic {
    std::vector<double> score, p;  ///< the same length, score rising
    [[nodiscard]] double operator()(double s) const;
    [[nodiscard]] static Result<Isotonic> fit(std::span<const double> scores, std::span<const int> truth);
};

/// How far a regression errs, by group: mean ± z(coverage) × SD holds the truth as often as `coverage` says, in each group.
struct GroupSpreads {
    double all = 0.0;                     ///< root mean square of every error
    std::map<std::string, double> group;  ///< SD of each group
    /// errors: out-of-fold, one a sample; groups: its category. `shrink`: how many samples of all a group's spread is
    /// mixed with; > 0. coverage 0.5..0.99.
    [[nodiscard]] static Result<GroupSpreads> fit(std::span<const double> errors, std::span<const std::string> groups,
                                                  double coverage, double shrink);
};

}  // namespace attune::learn
