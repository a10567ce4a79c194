// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"
#include "learn/detail/machine_graph.hpp"

namespace attune::learn {

/// Grows one tree at a time into a forest.
class TreeGrower {
public:
    TreeGrower(Forest& forest, std::span<const float> x, std::span<const int> y,
               const ForestConfig& config)
        : forest_(&forest), x_(x), y_(y), config_(config), d_(forest.inputs_),
          random_(config.seed, "learn/forest") {
        tried_ = config.features != 0 ? std::min(config.features, d_)
                                      : static_cast<std::size_t>(std::max(
                                            1.0, std::round(std::sqrt(static_cast<double>(d_)))));
        std::vector<double> counts(forest.classes_, 0.0);
        for (const int c : y) counts[static_cast<std::size_t>(c)] += 1.0;
        for (const double n : counts)
            weight_.push_back(n > 0.0 && config.balanced
                                  ? static_cast<double>(y.size()) /
                                        (n * static_cast<double>(counts.size()))
                                  : 1.0);
        order_.resize(d_);
        std::iota(order_.begin(), order_.end(), std::size_t{0});
    }

    void grow() {
        std::vector<std::size_t> drawn(y_.size());
        for (std::size_t& s : drawn) s = static_cast<std::size_t>(random_.below(y_.size()));
        forest_->roots_.push_back(static_cast<std::int32_t>(forest_->nodes_.size()));
        forest_->nodes_.emplace_back();
        split(forest_->nodes_.size() - 1, drawn);
    }

private:
    struct Cut {
        std::size_t feature = 0;
        float threshold = 0.0F;
        double gain = 0.0;
    };

    std::vector<double> tally(const std::vector<std::size_t>& samples) const {
        std::vector<double> counts(forest_->classes_, 0.0);
        for (const std::size_t s : samples) counts[cls(s)] += weight_[cls(s)];
        return counts;
    }
    std::size_t cls(std::size_t s) const { return static_cast<std::size_t>(y_[s]); }

    /// Sum of squares over the sum: larger is purer.
    static double purity(const std::vector<double>& counts, double sum) {
        double squares = 0.0;
        for (const double c : counts) squares += c * c;
        return sum > 0.0 ? squares / sum : 0.0;
    }

    void try_feature(std::size_t f, const std::vector<std::size_t>& samples,
                     const std::vector<double>& all, double sum, Cut& best) {
        values_.clear();
        for (const std::size_t s : samples) values_.emplace_back(x_[s * d_ + f], s);
        std::sort(values_.begin(), values_.end());
        std::vector<double> left(all.size(), 0.0), right(all);
        double left_sum = 0.0;
        const double before = purity(all, sum);
        for (std::size_t i = 0; i + 1 < values_.size(); ++i) {
            const std::size_t c = cls(values_[i].second);
            left[c] += weight_[c], right[c] -= weight_[c], left_sum += weight_[c];
            if (i + 1 < config_.min_leaf || values_.size() - i - 1 < config_.min_leaf ||
                values_[i].first == values_[i + 1].first)
                continue;
            const double gain = purity(left, left_sum) + purity(right, sum - left_sum) - before;
            if (gain > best.gain + 1e-12)
                best = {f, 0.5F * (values_[i].first + values_[i + 1].first), gain};
        }
    }

    void split(std::size_t node, const std::vector<std::size_t>& samples) {
        const auto counts = tally(samples);
        const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
        Cut best;
        const bool pure =
            std::count_if(counts.begin(), counts.end(), [](double c) { return c > 0.0; }) < 2;
        if (!pure && samples.size() >= 2 * config_.min_leaf) {
            for (std::size_t i = 0; i < tried_; ++i) {
                std::swap(order_[i], order_[i + static_cast<std::size_t>(random_.below(d_ - i))]);
                try_feature(order_[i], samples, counts, sum, best);
            }
        }
        if (best.gain <= 0.0) {
            forest_->nodes_[node].left =
                static_cast<std::int32_t>(forest_->shares_.size() / forest_->classes_);
            for (const double c : counts) forest_->shares_.push_back(static_cast<float>(c / sum));
            return;
        }
        std::vector<std::size_t> low, high;
        for (const std::size_t s : samples)
            (x_[s * d_ + best.feature] <= best.threshold ? low : high).push_back(s);
        const auto left = static_cast<std::int32_t>(forest_->nodes_.size());
        forest_->nodes_[node] = {static_cast<std::int32_t>(best.feature), best.threshold, left};
        forest_->nodes_.resize(forest_->nodes_.size() + 2);
        split(static_cast<std::size_t>(left), low);
        split(static_cast<std::size_t>(left) + 1, high);
    }

    Forest* forest_;
    std::span<const float> x_;
    std::span<const int> y_;
    ForestConfig config_;
    std::size_t d_, tried_ = 1;
    core::Random random_;
    std::vector<double> weight_;
    std::vector<std::size_t> order_;
    std::vector<std::pair<float, std::size_t>> values_;
};

Result<Forest> Forest::train(std::span<const float> x, std::span<const int> y, std::size_t classes,
                             const ForestConfig& config) {
    if (y.empty() || x.empty() || x.size() % y.size() != 0 || classes < 2) {
        return fail(ErrorCode::kBadArgument,
                    "a forest needs features and labels of at least two classes");
    }
    if (config.trees < 1 || config.trees > 5000 || config.min_leaf < 1) {
        return fail(ErrorCode::kBadArgument,
                    std::to_string(config.trees) + " trees are not in 1..5000");
    }
    for (const int c : y) {
        if (c < 0 || static_cast<std::size_t>(c) >= classes) {
            return fail(ErrorCode::kBadArgument, "class " + std::to_string(c) + " is not in 0.." +
                                                     std::to_string(classes - 1));
        }
    }
    Forest forest;
    forest.inputs_ = x.size() / y.size();
    forest.classes_ = classes;
    TreeGrower grower(forest, x, y, config);
    for (std::size_t t = 0; t < config.trees; ++t) grower.grow();
    return forest;
}

void Forest::predict(std::span<const float> x, std::span<double> out) const {
    std::fill(out.begin(), out.end(), 0.0);
    for (const std::int32_t root : roots_) {
        const Node* node = &nodes_[static_cast<std::size_t>(root)];
        while (node->feature >= 0) {
            const bool high = !(x[static_cast<std::size_t>(node->feature)] <= node->threshold);
            node = &nodes_[static_cast<std::size_t>(node->left) + (high ? 1 : 0)];
        }
        const float* share = shares_.data() + static_cast<std::size_t>(node->left) * classes_;
        for (std::size_t c = 0; c < classes_; ++c)
            out[c] += static_cast<double>(share[c]) / static_cast<double>(roots_.size());
    }
}

namespace {

/// A tree as what its layers need: its questions, and its leaves with the answers that lead there.
struct Flat {
    struct Leaf {
        std::vector<std::pair<std::size_t, bool>> path;  ///< question; was the answer "higher"
        std::size_t share = 0;
    };
    std::vector<std::pair<std::size_t, float>> questions;  ///< feature, threshold
    std::vector<Leaf> leaves;
};

}  // namespace

/// Three layers (Nakandala et al. 2020, "Hummingbird", arXiv 2010.04804): every question of every tree is asked; of each tree the one
/// leaf whose path fits all the answers is 1; shares are added up. A question's feature is picked from a square of features by its
/// row, then by its column, which takes 2 sqrt(d) weights instead of d.
std::string Forest::draw(OnnxWriter& w, const std::string& x) const {
    const auto whole = [](std::size_t v) { return static_cast<std::int64_t>(v); };
    std::vector<Flat> trees;
    std::size_t most_questions = 1, most_leaves = 1;
    for (const std::int32_t root : roots_) {
        Flat tree;
        const auto walk = [&](auto&& self, std::int32_t at, std::vector<std::pair<std::size_t, bool>>& path) -> void {
            const Node& node = nodes_[static_cast<std::size_t>(at)];
            if (node.feature < 0) {
                tree.leaves.push_back({path, static_cast<std::size_t>(node.left)});
                return;
            }
            const std::size_t question = tree.questions.size();
            tree.questions.emplace_back(static_cast<std::size_t>(node.feature), node.threshold);
            for (const bool high : {false, true}) {
                path.emplace_back(question, high);
                self(self, node.left + (high ? 1 : 0), path);
                path.pop_back();
            }
        };
        std::vector<std::pair<std::size_t, bool>> path;
        walk(walk, root, path);
        most_questions = std::max(most_questions, tree.questions.size());
        most_leaves = std::max(most_leaves, tree.leaves.size());
        trees.push_back(std::move(tree));
    }
    const std::size_t asked = trees.size() * most_questions, leaves = trees.size() * most_leaves;
    const auto side = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(inputs_))));
    std::vector<std::int8_t> row(side * asked, 0), column(side * asked, 0), answers(leaves * most_questions, 0);
    // A question that a small tree does not have is "is 0 above 1".
    OnnxWeights thresholds = detail::filled(-1.0F, {1, whole(asked)}), offsets = detail::filled(-1.0F, {whole(leaves)}),
                shares = detail::filled(0.0F, {whole(classes_), whole(leaves)});
    for (std::size_t t = 0; t < trees.size(); ++t) {
        for (std::size_t q = 0; q < trees[t].questions.size(); ++q) {
            const auto [feature, threshold] = trees[t].questions[q];
            const std::size_t at = t * most_questions + q;
            row[feature / side * asked + at] = column[feature % side * asked + at] = 1;
            thresholds.values[at] = -threshold;
        }
        for (std::size_t l = 0; l < trees[t].leaves.size(); ++l) {
            const std::size_t at = t * most_leaves + l;
            float higher = 0.0F;
            for (const auto& [question, high] : trees[t].leaves[l].path)
                answers[at * most_questions + question] = high ? 1 : -1, higher += high ? 1.0F : 0.0F;
            offsets.values[at] = 1.0F - higher;
            for (std::size_t c = 0; c < classes_; ++c)
                shares.values[c * leaves + at] = shares_[trees[t].leaves[l].share * classes_ + c] / static_cast<float>(trees.size());
        }
    }
    const auto n = whole(asked), s = whole(side);
    const auto square = w.transpose(w.reshape(w.padded(w.reshape(x, {1, 1, 1, whole(inputs_)}), whole(side * side - inputs_)), {s, s}), {1, 0});
    const auto rows = w.reshape(w.times(square, w.constant(row, {s, n})), {1, s, 1, n});
    const auto picked = w.conv(w.mul(rows, w.constant(column, {1, s, 1, n})), detail::filled(1.0F, {1, s, 1, 1}), detail::filled(0.0F, {1}), {1, 1, 1, 1, 0, 0});
    // 1 above the threshold, 0 up to it: the slope is so steep that nothing lies between.
    const auto above = w.mul(w.add(w.reshape(picked, {1, n}), w.constant(thresholds)), w.constant(detail::filled(1e30F, {1, n})));
    const auto higher = w.sigmoid(w.add(above, w.constant(detail::filled(-200.0F, {1, n}))));
    const auto fits = w.relu(w.full_each(w.reshape(higher, {1, n, 1, 1}), w.constant(answers, {whole(leaves), whole(most_questions), 1, 1}), offsets,
                                         whole(trees.size())));
    return w.full(w.reshape(fits, {1, whole(leaves)}), shares, detail::filled(0.0F, {whole(classes_)}));
}

}  // namespace attune::learn
