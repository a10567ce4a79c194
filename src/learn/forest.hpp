// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Random forest for classes.
///
/// In       x row-major n×d, y 0..classes-1; Out  probabilities: mean of the leaves' class shares
/// Threads  predict() from any thread; training has one owner and is the same for the same seed
/// Errors   train(): kBadArgument
/// Method   Breiman 2001 (doi:10.1023/A:1010933404324): bootstrap samples, Gini impurity, sqrt(d)
/// features a
///          split; each class weighs alike if balanced
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

class OnnxWriter;

struct ForestConfig {
    std::size_t trees = 200;   ///< 1..5000
    std::size_t min_leaf = 2;  ///< samples
    std::size_t features = 0;  ///< tried a split; 0 = sqrt(d)
    bool balanced = true;
    std::uint64_t seed = 1;
};

class Forest {
public:
    [[nodiscard]] static Result<Forest> train(std::span<const float> x, std::span<const int> y,
                                              std::size_t classes, const ForestConfig& config);
    [[nodiscard]] std::size_t inputs() const noexcept { return inputs_; }
    [[nodiscard]] std::size_t classes() const noexcept { return classes_; }
    /// x.size() == inputs(), out.size() == classes(); sums to 1.
    void predict(std::span<const float> x, std::span<double> out) const;
    /// The forest as layers: from x 1×inputs() to the probabilities 1×classes(), by name. A value that is within 2e-28 of a
    /// threshold counts as equal to it.
    [[nodiscard]] std::string draw(OnnxWriter& w, const std::string& x) const;

private:
    struct Node {
        std::int32_t feature = -1;  ///< -1 = leaf
        float threshold = 0.0F;     ///< left if x[feature] <= threshold
        std::int32_t left = 0;      ///< node; right = left + 1. Of a leaf: row of shares_
    };
    friend class TreeGrower;
    std::size_t inputs_ = 0, classes_ = 0;
    std::vector<std::int32_t> roots_;
    std::vector<Node> nodes_;
    std::vector<float> shares_;  ///< row-major leaves × classes
};

}  // namespace attune::learn
