// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/true_peak.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "signal/detail/dot.hpp"

namespace attune::signal {
namespace {

constexpr std::size_t kFilterTaps = 49;
constexpr double kAlmostZero = 1e-6;    // coefficients below are left out, as libebur128 does
constexpr double kSafety = 1.0 + 1e-6;  // results are rounded to float; the bound must not be

std::size_t factor_of(int rate_hz) { return rate_hz < 96000 ? 4 : rate_hz < 192000 ? 2 : 1; }

double coefficient(std::size_t j, std::size_t factor) {
    const double m = static_cast<double>(j) - static_cast<double>(kFilterTaps - 1) / 2.0;
    const double x = m * std::numbers::pi / static_cast<double>(factor);
    const double sinc = std::abs(m) > kAlmostZero ? std::sin(x) / x : 1.0;
    return sinc * 0.5 *
           (1.0 - std::cos(2.0 * std::numbers::pi * static_cast<double>(j) / (kFilterTaps - 1)));
}

/// Largest |x|, NaN passed over.
float largest(const float* x, std::size_t n) noexcept {
    detail::Float4 top = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const detail::Float4 v = detail::load4(x + i);
        const detail::Float4 magnitude = v < 0.0F ? -v : v;
        top = magnitude > top ? magnitude : top;
    }
    float m = std::max(std::max(top[0], top[1]), std::max(top[2], top[3]));
    for (; i < n; ++i) m = std::abs(x[i]) > m ? std::abs(x[i]) : m;
    return m;
}

}  // namespace

TruePeak::TruePeak(int rate_hz) {
    const std::size_t factor = factor_of(rate_hz);
    middle_ = kFilterTaps / 2 / factor - (factor > 1 ? 1 : 0);
    for (std::size_t f = 1; f < factor; ++f) {  // f = 0 gives the samples themselves
        Phase phase;
        double near = 0.0, far = 0.0;
        for (std::size_t j = f; j < kFilterTaps; j += factor) {
            const double c = coefficient(j, factor);
            if (std::abs(c) <= kAlmostZero) continue;
            phase.weight[phase.count] = c;
            phase.age[phase.count++] = j / factor;
            const bool middle = j / factor == middle_ || j / factor == middle_ + 1;
            (middle ? near : far) += std::abs(c);
        }
        near_ = std::max(near_, near * kSafety);
        far_ = std::max(far_, far * kSafety);
        phases_.push_back(phase);
    }
}

Result<TruePeak> TruePeak::create(int rate_hz) {
    if (rate_hz < 1000 || rate_hz > 384000) {
        return fail(ErrorCode::kBadArgument,
                    "sample rate " + std::to_string(rate_hz) + " Hz is not in 1000..384000");
    }
    return TruePeak(rate_hz);
}

void TruePeak::block(const float* newest, std::size_t n) noexcept {
    const float around = largest(newest - kHistory, kHistory + n);
    const double rest = far_ * static_cast<double>(around);
    if (rest + near_ * static_cast<double>(around) <= peak_) return;
    for (std::size_t i = 0; i < n; ++i) {
        const float* x = newest + i;
        const float nearest = std::max(std::abs(x[-static_cast<std::ptrdiff_t>(middle_)]),
                                       std::abs(x[-static_cast<std::ptrdiff_t>(middle_) - 1]));
        if (rest + near_ * static_cast<double>(nearest) <= peak_) continue;
        ++interpolated_;
        for (const Phase& phase : phases_) {
            double sum = 0.0;
            for (std::size_t t = 0; t < phase.count; ++t) {
                sum += static_cast<double>(x[-static_cast<std::ptrdiff_t>(phase.age[t])]) *
                       phase.weight[t];
            }
            const auto value = static_cast<double>(std::abs(static_cast<float>(sum)));
            if (value > peak_) peak_ = value;
        }
    }
}

void TruePeak::push(std::span<const float> in) noexcept {
    for (std::size_t first = 0; first < in.size(); first += kBlock) {
        const std::size_t n = std::min(kBlock, in.size() - first);
        std::copy_n(in.data() + first, n, buffer_.data() + kHistory);
        const float top = largest(buffer_.data() + kHistory, n);
        sample_peak_ = std::max(sample_peak_, top);
        peak_ = std::max(peak_, static_cast<double>(top));
        if (!phases_.empty()) block(buffer_.data() + kHistory, n);
        std::copy_n(buffer_.data() + n, kHistory, buffer_.data());
    }
}

}  // namespace attune::signal
