// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/kernel_machine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "learn/detail/machine_graph.hpp"

namespace attune::learn {
namespace {

constexpr float kStep = 1.0F / 32.0F;  // of a standard deviation
constexpr float kLimit = 127.0F * kStep;

float quantised(float z) { return std::round(std::clamp(z, -kLimit, kLimit) / kStep) * kStep; }

/// Solves (K + ridge I) A = Y in place of Y; K row-major n×n, only its lower half is read, and is
/// overwritten.
Result<void> solve(std::vector<double>& k, std::vector<double>& y, std::size_t n,
                   std::size_t outputs, double ridge) {
    for (std::size_t i = 0; i < n; ++i) {
        double* row_i = k.data() + i * n;
        row_i[i] += ridge;
        for (std::size_t j = 0; j <= i; ++j) {
            const double* row_j = k.data() + j * n;
            double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
            std::size_t m = 0;
            for (; m + 4 <= j; m += 4) {
                s0 += row_i[m] * row_j[m], s1 += row_i[m + 1] * row_j[m + 1];
                s2 += row_i[m + 2] * row_j[m + 2], s3 += row_i[m + 3] * row_j[m + 3];
            }
            for (; m < j; ++m) s0 += row_i[m] * row_j[m];
            const double rest = row_i[j] - ((s0 + s1) + (s2 + s3));
            if (i == j && !(rest > 0.0))
                return fail(ErrorCode::kInternal, "the kernel matrix is not positive definite");
            row_i[j] = i == j ? std::sqrt(rest) : rest / row_j[j];
        }
    }
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t i = 0; i < n; ++i) {
            double sum = y[i * outputs + o];
            for (std::size_t m = 0; m < i; ++m) sum -= k[i * n + m] * y[m * outputs + o];
            y[i * outputs + o] = sum / k[i * n + i];
        }
        for (std::size_t i = n; i-- > 0;) {
            double sum = y[i * outputs + o];
            for (std::size_t m = i + 1; m < n; ++m) sum -= k[m * n + i] * y[m * outputs + o];
            y[i * outputs + o] = sum / k[i * n + i];
        }
    }
    return {};
}

Result<void> check(const KernelMachineConfig& c, std::size_t d) {
    if (std::accumulate(c.groups.begin(), c.groups.end(), std::size_t{0}) != d) {
        return fail(ErrorCode::kBadArgument,
                    "the groups of features do not add up to " + std::to_string(d));
    }
    if (!(c.ridge > 0.0) || c.terms.empty() || c.extra_groups >= c.groups.size()) {
        return fail(ErrorCode::kBadArgument,
                    "a kernel machine needs a ridge above 0, a kernel, and a group of features");
    }
    for (const KernelTerm& t : c.terms) {
        if (t.group < -1 || t.group >= static_cast<int>(c.groups.size())) {
            return fail(ErrorCode::kBadArgument, "kernel group " + std::to_string(t.group) +
                                                     " is not in -1.." +
                                                     std::to_string(c.groups.size() - 1));
        }
    }
    return {};
}

}  // namespace

void KernelMachine::standardise(const float* x, float* z) const {
    for (std::size_t i = 0; i < mean_.size(); ++i)
        z[i] = std::clamp((x[i] - mean_[i]) * scale_[i], -kLimit, kLimit);
}

void KernelMachine::kernel_row(const float* z, std::span<double> out) const {
    const std::size_t d = mean_.size(), groups = config_.groups.size();
    std::vector<double> square(groups), absolute(groups), product(groups);
    for (std::size_t s = 0; s < out.size(); ++s) {
        const float* v = support_.data() + s * d;
        std::size_t at = 0;
        for (std::size_t g = 0; g < groups; ++g) {
            float sq[4] = {0, 0, 0, 0}, ab[4] = {0, 0, 0, 0}, pr[4] = {0, 0, 0, 0};
            const std::size_t end = at + config_.groups[g];
            for (; at + 4 <= end; at += 4) {
                for (std::size_t l = 0; l < 4; ++l) {
                    const float difference = z[at + l] - v[at + l];
                    sq[l] += difference * difference;
                    ab[l] += std::abs(difference);
                    pr[l] += z[at + l] * v[at + l];
                }
            }
            for (; at < end; ++at) {
                const float difference = z[at] - v[at];
                sq[0] += difference * difference, ab[0] += std::abs(difference),
                    pr[0] += z[at] * v[at];
            }
            square[g] = static_cast<double>((sq[0] + sq[1]) + (sq[2] + sq[3]));
            absolute[g] = static_cast<double>((ab[0] + ab[1]) + (ab[2] + ab[3]));
            product[g] = static_cast<double>((pr[0] + pr[1]) + (pr[2] + pr[3]));
        }
        double sum = 0.0;
        for (const KernelTerm& t : config_.terms) {
            const std::size_t from = t.group < 0 ? 0 : static_cast<std::size_t>(t.group);
            const std::size_t to = t.group < 0 ? groups - config_.extra_groups : from + 1;
            double distance = 0.0, dims = 0.0;
            for (std::size_t g = from; g < to; ++g) {
                distance += t.kind == KernelTerm::Kind::kGaussian    ? square[g]
                            : t.kind == KernelTerm::Kind::kLaplacian ? absolute[g]
                                                                     : product[g];
                dims += static_cast<double>(config_.groups[g]);
            }
            sum += t.weight * (t.kind == KernelTerm::Kind::kLinear
                                   ? distance
                                   : std::exp(-t.gamma * distance / dims));
        }
        out[s] = sum;
    }
}

Result<KernelMachine> KernelMachine::train(std::span<const float> x, std::span<const double> y,
                                           std::size_t n, const KernelMachineConfig& config) {
    if (n == 0 || x.size() % n != 0 || y.size() % n != 0 || x.empty() || y.empty()) {
        return fail(ErrorCode::kBadArgument,
                    "features and targets of " + std::to_string(n) + " samples do not fit");
    }
    const std::size_t d = x.size() / n, outputs = y.size() / n;
    ATTUNE_CHECK(check(config, d));
    KernelMachine m;
    m.config_ = config;
    m.mean_.resize(d);
    m.scale_.resize(d);
    for (std::size_t i = 0; i < d; ++i) {
        double sum = 0.0, square = 0.0;
        for (std::size_t s = 0; s < n; ++s) sum += static_cast<double>(x[s * d + i]);
        const double mean = sum / static_cast<double>(n);
        for (std::size_t s = 0; s < n; ++s) {
            const double v = static_cast<double>(x[s * d + i]) - mean;
            square += v * v;
        }
        m.mean_[i] = static_cast<float>(mean);
        m.scale_[i] = static_cast<float>(1.0 / (std::sqrt(square / static_cast<double>(n)) + 1e-6));
    }
    m.support_.resize(n * d);
    for (std::size_t s = 0; s < n; ++s) {
        m.standardise(x.data() + s * d, m.support_.data() + s * d);
        for (std::size_t i = 0; i < d; ++i)
            m.support_[s * d + i] = quantised(m.support_[s * d + i]);
    }
    m.bias_.assign(outputs, 0.0);
    m.alpha_.assign(y.begin(), y.end());
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t s = 0; s < n; ++s)
            m.bias_[o] += y[s * outputs + o] / static_cast<double>(n);
        for (std::size_t s = 0; s < n; ++s) m.alpha_[s * outputs + o] -= m.bias_[o];
    }
    std::vector<double> k(n * n);
    for (std::size_t s = 0; s < n; ++s)
        m.kernel_row(m.support_.data() + s * d, std::span(k).subspan(s * n, s + 1));
    ATTUNE_CHECK(solve(k, m.alpha_, n, outputs, config.ridge));
    return m;
}

void KernelMachine::predict(std::span<const float> x, std::span<double> out) const {
    std::vector<float> z(inputs());
    standardise(x.data(), z.data());
    const std::size_t n = supports(), k = outputs();
    std::vector<double> row(n);
    kernel_row(z.data(), row);
    std::copy(bias_.begin(), bias_.end(), out.begin());
    for (std::size_t s = 0; s < n; ++s) {
        for (std::size_t o = 0; o < k; ++o) out[o] += row[s] * alpha_[s * k + o];
    }
}

std::string KernelMachine::draw(OnnxWriter& w, const std::string& x) const {
    const std::size_t d = inputs(), n = supports(), k = outputs(), groups = config_.groups.size();
    const auto z = detail::standardised(w, x, mean_, scale_, kLimit);
    OnnxWeights bias{{}, {static_cast<std::int64_t>(k)}};
    for (const double b : bias_) bias.values.push_back(static_cast<float>(b));
    std::string sum;
    for (const KernelTerm& t : config_.terms) {
        const auto first = t.group < 0 ? std::size_t{0} : static_cast<std::size_t>(t.group);
        const auto last = t.group < 0 ? groups - config_.extra_groups : first + 1;
        const auto column = [&](std::size_t g) { return std::accumulate(config_.groups.begin(), config_.groups.begin() + static_cast<std::ptrdiff_t>(g), std::size_t{0}); };
        const detail::KernelRows rows{support_, d, column(first), column(last)};
        const double gamma = t.gamma / static_cast<double>(rows.to - rows.from);
        const bool linear = t.kind == KernelTerm::Kind::kLinear;
        const std::size_t width = linear ? d : n;
        OnnxWeights weights{std::vector<float>(k * width, 0.0F), {static_cast<std::int64_t>(k), static_cast<std::int64_t>(width)}};
        for (std::size_t o = 0; o < k; ++o) {
            for (std::size_t c = linear ? rows.from : 0; c < (linear ? rows.to : n); ++c) {
                double v = linear ? 0.0 : alpha_[c * k + o];
                for (std::size_t s = 0; linear && s < n; ++s) v += alpha_[s * k + o] * static_cast<double>(support_[s * d + c]);
                weights.values[o * width + c] = static_cast<float>(t.weight * v);
            }
        }
        const auto kernel = linear                                      ? z
                            : t.kind == KernelTerm::Kind::kGaussian ? detail::gaussian(w, z, rows, gamma)
                                                                    : detail::laplacian(w, z, rows, gamma);
        const auto part = w.full(kernel, weights, sum.empty() ? bias : detail::filled(0.0F, bias.shape));
        sum = sum.empty() ? part : w.add(sum, part);
    }
    return sum;
}

}  // namespace attune::learn
