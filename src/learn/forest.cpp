// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"
#include "learn/detail/byte_stream.hpp"

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

void Forest::save(std::string& bytes) const {
    detail::ByteWriter w(bytes);
    w.u64(inputs_);
    w.u64(classes_);
    w.u64(roots_.size());
    w.u64(nodes_.size());
    w.u64(shares_.size());
    for (const auto r : roots_) w.u64(static_cast<std::uint64_t>(r));
    for (const Node& n : nodes_) {
        w.f32(n.threshold);
        w.u64(static_cast<std::uint64_t>(n.feature + 1) << 32 | static_cast<std::uint32_t>(n.left));
    }
    for (const float s : shares_) w.f32(s);
}

Result<Forest> Forest::load(std::string_view& bytes) {
    detail::ByteReader r(bytes);
    Forest f;
    f.inputs_ = r.u64(20000, "inputs");
    f.classes_ = r.u64(1000, "classes");
    const std::uint64_t roots = r.u64(5000, "trees"), nodes = r.u64(50'000'000, "nodes"),
                        shares = r.u64(50'000'000, "shares");
    if (!r.good() || !r.has(roots * 8 + nodes * 12 + shares * 4) || roots == 0 || f.classes_ < 2 ||
        shares % f.classes_ != 0)
        return r.failed("forest");
    for (std::uint64_t i = 0; i < roots; ++i)
        f.roots_.push_back(static_cast<std::int32_t>(r.u64(nodes - 1, "root")));
    const std::uint64_t leaves = shares / f.classes_;
    for (std::uint64_t i = 0; i < nodes && r.good(); ++i) {
        Node n;
        n.threshold = r.f32();
        const std::uint64_t both = r.u64(~std::uint64_t{0}, "node");
        n.feature = static_cast<std::int32_t>(both >> 32) - 1;
        n.left = static_cast<std::int32_t>(both & 0xFFFFFFFFU);
        // Children lie behind their parent, so that no walk can go round.
        const bool leaf =
            n.feature < 0 && n.left >= 0 && static_cast<std::uint64_t>(n.left) < leaves;
        const bool inner = n.feature >= 0 && static_cast<std::size_t>(n.feature) < f.inputs_ &&
                           n.left > 0 && static_cast<std::uint64_t>(n.left) > i &&
                           static_cast<std::uint64_t>(n.left) + 1 < nodes;
        if (!leaf && !inner)
            return fail(ErrorCode::kCorrupt,
                        "forest: node " + std::to_string(i) + " points outside");
        f.nodes_.push_back(n);
    }
    for (std::uint64_t i = 0; i < shares; ++i) f.shares_.push_back(r.f32());
    if (!r.good()) return r.failed("forest");
    bytes = r.rest();
    return f;
}

}  // namespace attune::learn
