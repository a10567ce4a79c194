// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Classes by one support vector machine for each pair of them, with a Gaussian kernel.
///
/// In       x row-major n×d (rows of one sample may be several), y 0..classes-1
/// Out      votes of a class: the sum of tanh(decision) over its pairs, -(classes-1)..classes-1
/// Threads  predict() from any thread; training has one owner, draws nothing by chance
/// Errors   create(): kBadArgument
/// Method   Cortes & Vapnik 1995 (doi:10.1007/BF00994018), classes weighing alike; solved by sequential minimal
///          optimisation with second-order choice (Fan, Chen & Lin 2005, JMLR 6:1889). Kernel exp(-gamma * distance² / d)
///          over features that are standardised, limited to ±3.97 SD and kept as 8-bit steps of 1/32 SD
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

class OnnxWriter;

struct PairMachineConfig {
    double gamma = 0.4;  ///< > 0
    double cost = 0.5;   ///< > 0; of a training row on the wrong side
};

class PairMachine {
public:
    [[nodiscard]] std::size_t inputs() const noexcept { return mean_.size(); }
    [[nodiscard]] std::size_t classes() const noexcept { return classes_; }
    [[nodiscard]] std::size_t supports() const noexcept { return mean_.empty() ? 0 : support_.size() / mean_.size(); }
    /// x.size() == inputs(), out.size() == classes().
    void predict(std::span<const float> x, std::span<double> out) const;
    /// The machine as layers: from x 1×inputs() to the votes 1×classes(), by name.
    [[nodiscard]] std::string draw(OnnxWriter& w, const std::string& x) const;

private:
    friend class PairTrainer;
    double gamma_ = 0.0;
    std::size_t classes_ = 0;
    std::vector<float> mean_, scale_;  ///< per feature; z = (x - mean) * scale
    std::vector<float> support_;       ///< row-major n×d, standardised
    std::vector<float> weight_;        ///< row-major n×pairs; pairs by rising (a, b), a < b, in favour of a
    std::vector<double> bias_;         ///< per pair
};

/// Rows that are compared once; machines of other constants and on fewer rows cost little more.
class PairTrainer {
public:
    [[nodiscard]] static Result<PairTrainer> create(std::span<const float> x, std::span<const int> y, std::size_t classes);
    [[nodiscard]] PairMachine fit(const PairMachineConfig& config) const;
    /// Votes of the rows `test`, row-major test × classes, by a machine that has seen the rows `train`. Means and scales
    /// are those of all rows.
    [[nodiscard]] std::vector<double> votes(const PairMachineConfig& config, std::span<const std::size_t> train,
                                            std::span<const std::size_t> test) const;

private:
    struct Pair {
        std::vector<std::size_t> rows;
        std::vector<double> weight;  ///< alpha, positive for the first class
        double bias = 0.0;
    };
    [[nodiscard]] std::vector<Pair> solve(const PairMachineConfig& config, std::span<const std::size_t> rows) const;

    PairMachine shape_;             ///< mean, scale and every row as a support
    std::vector<int> y_;
    std::vector<float> distance_;   ///< squared, over d; row-major n×n
};

}  // namespace attune::learn
