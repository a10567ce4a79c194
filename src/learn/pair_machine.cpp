// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/pair_machine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "learn/detail/machine_graph.hpp"

namespace attune::learn {
namespace {

constexpr float kStep = 1.0F / 32.0F;  // of a standard deviation
constexpr float kLimit = 127.0F * kStep;
constexpr double kTolerance = 1e-3;    // of the largest violation, as LIBSVM has it
constexpr double kTiny = 1e-12;

float quantised(float z) { return std::round(std::clamp(z, -kLimit, kLimit) / kStep) * kStep; }

double square_distance(const float* a, const float* b, std::size_t d) {
    float sum[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= d; i += 4)
        for (std::size_t l = 0; l < 4; ++l) sum[l] += (a[i + l] - b[i + l]) * (a[i + l] - b[i + l]);
    for (; i < d; ++i) sum[0] += (a[i] - b[i]) * (a[i] - b[i]);
    return static_cast<double>((sum[0] + sum[1]) + (sum[2] + sum[3])) / static_cast<double>(d);
}

struct Solution {
    std::vector<double> alpha;
    double bias = 0.0;
};

/// Two classes, y = ±1, `limit` for each row, kernel row-major n×n with 1 on its diagonal.
Solution solve_two(const std::vector<float>& kernel, const std::vector<double>& y, const std::vector<double>& limit) {
    const std::size_t n = y.size();
    Solution s{std::vector<double>(n, 0.0), 0.0};
    std::vector<double> gradient(n, -1.0);
    const auto up = [&](std::size_t i) { return y[i] > 0 ? s.alpha[i] < limit[i] : s.alpha[i] > 0.0; };
    const auto down = [&](std::size_t i) { return y[i] > 0 ? s.alpha[i] > 0.0 : s.alpha[i] < limit[i]; };
    double highest = 0.0, lowest = 0.0;
    for (std::size_t step = 0; step < 1000 * n; ++step) {
        highest = -std::numeric_limits<double>::infinity(), lowest = -highest;
        std::size_t first = n, second = n;
        for (std::size_t i = 0; i < n; ++i)
            if (up(i) && -y[i] * gradient[i] > highest) highest = -y[i] * gradient[i], first = i;
        if (first == n) break;
        const float* row = kernel.data() + first * n;
        double best = 0.0;
        for (std::size_t j = 0; j < n; ++j) {
            if (!down(j)) continue;
            const double value = -y[j] * gradient[j], gain = highest - value;
            lowest = std::min(lowest, value);
            if (gain <= 0.0) continue;
            const double curvature = std::max(2.0 - 2.0 * static_cast<double>(row[j]), kTiny);
            if (gain * gain / curvature > best) best = gain * gain / curvature, second = j;
        }
        if (second == n || highest - lowest < kTolerance) break;
        const float* other = kernel.data() + second * n;
        const double curvature = std::max(2.0 - 2.0 * static_cast<double>(row[second]), kTiny);
        const double room_first = y[first] > 0 ? limit[first] - s.alpha[first] : s.alpha[first];
        const double room_second = y[second] > 0 ? s.alpha[second] : limit[second] - s.alpha[second];
        const double move = std::min({(highest + y[second] * gradient[second]) / curvature, room_first, room_second});
        const auto moved = [&](std::size_t i, double by) {
            double a = s.alpha[i] + y[i] * by;
            if (a < kTiny * limit[i]) a = 0.0;
            if (a > limit[i] * (1.0 - kTiny)) a = limit[i];
            s.alpha[i] = a;
        };
        moved(first, move);
        moved(second, -move);
        for (std::size_t k = 0; k < n; ++k) gradient[k] += y[k] * move * (static_cast<double>(row[k]) - static_cast<double>(other[k]));
    }
    // Between the bounds the decision is exact; their mean, or the middle of what the bounds allow.
    double sum = 0.0, free = 0.0;
    for (std::size_t i = 0; i < n; ++i)
        if (s.alpha[i] > 0.0 && s.alpha[i] < limit[i]) sum -= y[i] * gradient[i], free += 1.0;
    s.bias = free > 0.0 ? sum / free : (highest + lowest) / 2.0;
    return s;
}

void vote(std::span<const double> decisions, std::span<double> out) {
    std::fill(out.begin(), out.end(), 0.0);
    std::size_t pair = 0;
    for (std::size_t a = 0; a < out.size(); ++a)
        for (std::size_t b = a + 1; b < out.size(); ++b, ++pair) {
            const double v = std::tanh(decisions[pair]);
            out[a] += v, out[b] -= v;
        }
}

}  // namespace

Result<PairTrainer> PairTrainer::create(std::span<const float> x, std::span<const int> y, std::size_t classes) {
    const std::size_t n = y.size();
    if (n == 0 || x.empty() || x.size() % n != 0)
        return fail(ErrorCode::kBadArgument, std::to_string(x.size()) + " numbers are no rows of " + std::to_string(n) + " samples");
    std::vector<std::size_t> counts(classes, 0);
    for (const int c : y) {
        if (c < 0 || static_cast<std::size_t>(c) >= classes)
            return fail(ErrorCode::kBadArgument, "class " + std::to_string(c) + " is not in 0.." + std::to_string(classes - 1));
        ++counts[static_cast<std::size_t>(c)];
    }
    if (classes < 2 || *std::min_element(counts.begin(), counts.end()) == 0)
        return fail(ErrorCode::kBadArgument, "pairs need two classes or more, each with a sample");
    const std::size_t d = x.size() / n;
    PairTrainer t;
    t.y_.assign(y.begin(), y.end());
    PairMachine& m = t.shape_;
    m.classes_ = classes;
    m.mean_.resize(d), m.scale_.resize(d), m.support_.resize(n * d);
    for (std::size_t i = 0; i < d; ++i) {
        double sum = 0.0, square = 0.0;
        for (std::size_t s = 0; s < n; ++s) sum += static_cast<double>(x[s * d + i]);
        const double mean = sum / static_cast<double>(n);
        for (std::size_t s = 0; s < n; ++s) square += (static_cast<double>(x[s * d + i]) - mean) * (static_cast<double>(x[s * d + i]) - mean);
        m.mean_[i] = static_cast<float>(mean);
        m.scale_[i] = static_cast<float>(1.0 / (std::sqrt(square / static_cast<double>(n)) + 1e-6));
        for (std::size_t s = 0; s < n; ++s) m.support_[s * d + i] = quantised((x[s * d + i] - m.mean_[i]) * m.scale_[i]);
    }
    t.distance_.resize(n * n);
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b <= a; ++b)
            t.distance_[a * n + b] = t.distance_[b * n + a] =
                static_cast<float>(square_distance(m.support_.data() + a * d, m.support_.data() + b * d, d));
    return t;
}

std::vector<PairTrainer::Pair> PairTrainer::solve(const PairMachineConfig& config, std::span<const std::size_t> rows) const {
    std::vector<Pair> out;
    const std::size_t all = y_.size();
    for (std::size_t a = 0; a < shape_.classes_; ++a)
        for (std::size_t b = a + 1; b < shape_.classes_; ++b) {
            Pair pair;
            std::vector<double> y;
            double first = 0.0;
            for (const std::size_t r : rows) {
                const auto c = static_cast<std::size_t>(y_[r]);
                if (c != a && c != b) continue;
                pair.rows.push_back(r);
                y.push_back(c == a ? 1.0 : -1.0);
                first += c == a ? 1.0 : 0.0;
            }
            const std::size_t n = y.size();
            const double total = static_cast<double>(n);
            std::vector<double> limit(n);
            for (std::size_t i = 0; i < n; ++i) limit[i] = config.cost * total / (2.0 * std::max(1.0, y[i] > 0 ? first : total - first));
            std::vector<float> kernel(n * n);
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j <= i; ++j)
                    kernel[i * n + j] = kernel[j * n + i] =
                        static_cast<float>(std::exp(-config.gamma * static_cast<double>(distance_[pair.rows[i] * all + pair.rows[j]])));
            auto solution = solve_two(kernel, y, limit);
            for (std::size_t i = 0; i < n; ++i) solution.alpha[i] *= y[i];
            pair.weight = std::move(solution.alpha);
            pair.bias = solution.bias;
            out.push_back(std::move(pair));
        }
    return out;
}

std::vector<double> PairTrainer::votes(const PairMachineConfig& config, std::span<const std::size_t> train, std::span<const std::size_t> test) const {
    const auto pairs = solve(config, train);
    const std::size_t all = y_.size(), k = shape_.classes_;
    std::vector<double> out(test.size() * k), decisions(pairs.size());
    for (std::size_t t = 0; t < test.size(); ++t) {
        const float* distance = distance_.data() + test[t] * all;
        std::vector<double> kernel(all);
        for (const std::size_t r : train) kernel[r] = std::exp(-config.gamma * static_cast<double>(distance[r]));
        for (std::size_t p = 0; p < pairs.size(); ++p) {
            decisions[p] = pairs[p].bias;
            for (std::size_t i = 0; i < pairs[p].rows.size(); ++i) decisions[p] += pairs[p].weight[i] * kernel[pairs[p].rows[i]];
        }
        vote(decisions, std::span(out).subspan(t * k, k));
    }
    return out;
}

PairMachine PairTrainer::fit(const PairMachineConfig& config) const {
    std::vector<std::size_t> rows(y_.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const auto pairs = solve(config, rows);
    PairMachine m = shape_;
    m.gamma_ = config.gamma;
    m.weight_.assign(rows.size() * pairs.size(), 0.0F);
    for (std::size_t p = 0; p < pairs.size(); ++p) {
        for (std::size_t i = 0; i < pairs[p].rows.size(); ++i) m.weight_[pairs[p].rows[i] * pairs.size() + p] = static_cast<float>(pairs[p].weight[i]);
        m.bias_.push_back(pairs[p].bias);
    }
    return m;
}

void PairMachine::predict(std::span<const float> x, std::span<double> out) const {
    const std::size_t d = inputs(), pairs = bias_.size();
    std::vector<float> z(d);
    for (std::size_t i = 0; i < d; ++i) z[i] = std::clamp((x[i] - mean_[i]) * scale_[i], -kLimit, kLimit);
    std::vector<double> decisions(bias_);
    for (std::size_t s = 0; s < supports(); ++s) {
        const double k = std::exp(-gamma_ * square_distance(z.data(), support_.data() + s * d, d));
        for (std::size_t p = 0; p < pairs; ++p) decisions[p] += k * static_cast<double>(weight_[s * pairs + p]);
    }
    vote(decisions, out);
}

std::string PairMachine::draw(OnnxWriter& w, const std::string& x) const {
    const std::size_t n = supports(), pairs = bias_.size();
    const auto whole = [](std::size_t v) { return static_cast<std::int64_t>(v); };
    OnnxWeights weights{{}, {whole(pairs), whole(n)}}, bias{{}, {whole(pairs)}};
    OnnxWeights sides = detail::filled(0.0F, {whole(classes_), whole(pairs)});
    for (std::size_t p = 0; p < pairs; ++p) {
        for (std::size_t s = 0; s < n; ++s) weights.values.push_back(weight_[s * pairs + p]);
        bias.values.push_back(static_cast<float>(bias_[p]));
    }
    std::size_t pair = 0;
    for (std::size_t a = 0; a < classes_; ++a)
        for (std::size_t b = a + 1; b < classes_; ++b, ++pair) sides.values[a * pairs + pair] = 1.0F, sides.values[b * pairs + pair] = -1.0F;
    const auto z = detail::standardised(w, x, mean_, scale_, kLimit);
    const auto kernel = detail::gaussian(w, z, {support_, inputs(), 0, inputs()}, gamma_ / static_cast<double>(inputs()));
    return w.full(w.tanh(w.full(kernel, weights, bias)), sides, detail::filled(0.0F, {whole(classes_)}));
}

}  // namespace attune::learn
