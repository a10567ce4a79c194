// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Figures of merit, each with a confidence interval over groups.
///
/// In       labels 0..classes-1; scores in any unit, higher = more positive; probabilities row-major n×classes
/// Out      NaN where a figure is undefined (no positive, no variance, nothing measured)
/// Errors   none; sizes that differ are a bug (ATTUNE_ASSERT)
/// Method   ECE: Guo et al. 2017 (arXiv 1706.04599), equal-width bins of the top probability; κ: Cohen 1960;
///          CI: percentile bootstrap over whole groups, so that windows of one person are not independent
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace attune::learn {

/// A 95 % confidence interval.
struct Interval {
    double low = 0.0, high = 0.0;
};

/// counts[truth * classes + predicted].
struct Confusion {
    std::size_t classes = 0;
    std::vector<double> counts;
    [[nodiscard]] double at(std::size_t truth, std::size_t predicted) const {
        return counts[truth * classes + predicted];
    }
};
[[nodiscard]] Confusion confusion(std::span<const int> truth, std::span<const int> predicted, std::size_t classes);
[[nodiscard]] double accuracy(const Confusion& c);
/// Mean recall over the classes that occur; the same as UAR.
[[nodiscard]] double balanced_accuracy(const Confusion& c);
/// Mean F1 over the classes that occur in truth or prediction.
[[nodiscard]] double macro_f1(const Confusion& c);
[[nodiscard]] double kappa(const Confusion& c);
[[nodiscard]] double sensitivity(const Confusion& c, std::size_t k);
[[nodiscard]] double specificity(const Confusion& c, std::size_t k);
/// Accuracy of always naming the commonest class.
[[nodiscard]] double majority_share(const Confusion& c);
/// Index of the largest of each row.
[[nodiscard]] std::vector<int> argmax_rows(std::span<const double> probabilities, std::size_t classes);

/// Share of (positive, negative) pairs ranked right, ties half.
[[nodiscard]] double auc(std::span<const double> scores, std::span<const int> truth);
/// One against the rest, averaged over the classes that occur.
[[nodiscard]] double auc_ovr(std::span<const double> probabilities, std::span<const int> truth, std::size_t classes);

/// AUC over pairs of a positive and a negative sample of different groups whose times lie within
/// `window_s`: what is left when the clock cannot help. Pairs are counted once, by pair of groups.
class TimeMatchedAuc {
public:
    TimeMatchedAuc(std::span<const double> scores, std::span<const int> truth, std::span<const double> t_s,
                   std::span<const std::string> groups, double window_s = 60.0);
    [[nodiscard]] double value() const;
    [[nodiscard]] std::size_t pairs() const noexcept { return n_pairs_; }
    /// 95 % percentile interval over drawn groups; NaN with fewer than three: two make one pair, drawn or not.
    [[nodiscard]] Interval bootstrap(int resamples, std::uint64_t seed) const;

private:
    std::size_t n_groups_ = 0, n_pairs_ = 0;
    std::vector<double> won_, all_;  ///< [positive's group * n_groups + negative's group]
};

[[nodiscard]] double r2(std::span<const double> truth, std::span<const double> predicted);
[[nodiscard]] double pearson(std::span<const double> a, std::span<const double> b);
[[nodiscard]] double spearman(std::span<const double> a, std::span<const double> b);
[[nodiscard]] double rmse(std::span<const double> truth, std::span<const double> predicted);
/// Share of truth inside [low, high].
[[nodiscard]] double interval_coverage(std::span<const double> truth, std::span<const double> low,
                                       std::span<const double> high);

/// Expected calibration error of the top class, `bins` of equal width.
[[nodiscard]] double ece(std::span<const double> probabilities, std::span<const int> truth, std::size_t classes,
                         std::size_t bins = 15);
/// The same for one probability of the positive class (both classes are looked at through p(positive)).
[[nodiscard]] double ece_binary(std::span<const double> p, std::span<const int> truth, std::size_t bins = 15);
[[nodiscard]] double brier(std::span<const double> p, std::span<const int> truth);
/// One row of a reliability table.
struct ReliabilityBin { double mean_p = 0.0, share_right = 0.0; std::size_t n = 0; };
[[nodiscard]] std::vector<ReliabilityBin> reliability(std::span<const double> probabilities,
                                                      std::span<const int> truth, std::size_t classes,
                                                      std::size_t bins = 15);

/// 95 % percentile interval of `figure`, called with the indices of the drawn groups' samples. NaN with fewer than two
/// groups: one person says nothing of how people differ, and an interval of no width would say that it is certain.
[[nodiscard]] Interval group_bootstrap(std::span<const std::string> groups,
                                       const std::function<double(std::span<const std::size_t>)>& figure,
                                       int resamples = 1000, std::uint64_t seed = 1);

}  // namespace attune::learn
