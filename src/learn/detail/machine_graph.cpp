// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/detail/machine_graph.hpp"

#include <cmath>
#include <cstdint>

namespace attune::learn::detail {
namespace {

/// In steps; columns that do not count are 0.
std::vector<std::int8_t> in_steps(const KernelRows& r, float sign) {
    std::vector<std::int8_t> out(r.rows.size(), 0);
    for (std::size_t s = 0; s < r.n(); ++s)
        for (std::size_t i = r.from; i < r.to; ++i)
            out[s * r.d + i] = static_cast<std::int8_t>(std::lround(sign * r.rows[s * r.d + i] * kStepsPerSd));
    return out;
}

std::vector<float> in_columns(const KernelRows& r, double value) {
    std::vector<float> out(r.d, 0.0F);
    for (std::size_t i = r.from; i < r.to; ++i) out[i] = static_cast<float>(value);
    return out;
}

std::int64_t whole(std::size_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

OnnxWeights filled(float value, std::vector<std::int64_t> shape) {
    std::size_t n = 1;
    for (const auto s : shape) n *= static_cast<std::size_t>(s);
    return {std::vector<float>(n, value), std::move(shape)};
}

std::string standardised(OnnxWriter& w, const std::string& x, std::span<const float> mean, std::span<const float> scale, float limit) {
    const std::vector<std::int64_t> shape{1, whole(mean.size())};
    OnnxWeights less{{}, shape}, times{{}, shape};
    for (std::size_t i = 0; i < mean.size(); ++i) less.values.push_back(-mean[i]), times.values.push_back(scale[i]);
    const auto z = w.mul(w.add(x, w.constant(less)), w.constant(times));
    // OpenCV 4.6 takes no Clip of this opset: limit - relu(2 limit - relu(z + limit)).
    const auto minus = w.constant(filled(-1.0F, shape));
    const auto above = w.relu(w.add(z, w.constant(filled(limit, shape))));
    const auto below = w.relu(w.add(w.mul(above, minus), w.constant(filled(2.0F * limit, shape))));
    return w.add(w.mul(below, minus), w.constant(filled(limit, shape)));
}

std::string gaussian(OnnxWriter& w, const std::string& z, const KernelRows& r, double gamma) {
    const auto n = whole(r.n()), d = whole(r.d);
    OnnxWeights squares{{}, {n}};
    for (std::size_t s = 0; s < r.n(); ++s) {
        double sum = 0.0;
        for (std::size_t i = r.from; i < r.to; ++i) {
            const auto v = static_cast<double>(r.rows[s * r.d + i]);
            sum += v * v;
        }
        squares.values.push_back(static_cast<float>(-gamma * sum));
    }
    const auto scaled = w.mul(z, w.constant({in_columns(r, 2.0 * gamma / static_cast<double>(kStepsPerSd)), {1, d}}));
    const auto cross = w.full(scaled, w.constant(in_steps(r, 1.0F), {n, d}), squares);
    const auto own = w.full(w.mul(z, z), OnnxWeights{in_columns(r, -gamma), {1, d}}, filled(0.0F, {1}));
    return w.exp(w.add(cross, w.full(own, filled(1.0F, {n, 1}), filled(0.0F, {n}))));
}

std::string laplacian(OnnxWriter& w, const std::string& z, const KernelRows& r, double gamma) {
    const auto n = whole(r.n()), d = whole(r.d);
    const auto steps = w.mul(z, w.constant(filled(kStepsPerSd, {1, d})));
    const auto copies = w.conv(w.reshape(steps, {1, 1, 1, d}), filled(1.0F, {n, 1, 1, 1}), filled(0.0F, {n}), {1, 1, 1, 1, 0, 0});
    const auto apart = w.absolute(w.add(copies, w.constant(in_steps(r, -1.0F), {1, n, 1, d})));
    const auto sums = w.times(w.reshape(apart, {n, d}), OnnxWeights{in_columns(r, -gamma / static_cast<double>(kStepsPerSd)), {d, 1}});
    return w.exp(w.reshape(sums, {1, n}));
}

}  // namespace attune::learn::detail
