// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "signal/detail/dot.hpp"

namespace attune::signal {
namespace {

constexpr double kZeroCrossings = 16.0;
constexpr double kBeta = 8.6;
constexpr double kCutoff = 0.475;  // of the lower rate: 0.45 passes, 0.5 is 40 dB down

double bessel_i0(double x) {
    double sum = 1.0, term = 1.0;
    for (int k = 1; k < 60; ++k) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
        if (term < 1e-18 * sum) break;
    }
    return sum;
}

/// Windowed sinc at distance d [input samples], with cut-off fc [cycles per input sample].
double kernel(double d, double fc, double half_width) {
    const double u = d / half_width;
    if (std::abs(u) >= 1.0) return 0.0;
    const double x = 2.0 * fc * d;
    const double sinc =
        std::abs(x) < 1e-12 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
    return 2.0 * fc * sinc * bessel_i0(kBeta * std::sqrt(1.0 - u * u)) / bessel_i0(kBeta);
}

}  // namespace

Resampler::Resampler(std::size_t up, std::size_t down, std::size_t taps, std::vector<float> phases)
    : up_(up), down_(down), taps_(taps), phases_(std::move(phases)), pending_(taps / 2 - 1, 0.0F) {}

Result<Resampler> Resampler::create(int in_hz, int out_hz) {
    for (const int hz : {in_hz, out_hz}) {
        if (hz < 1000 || hz > 384000) {
            return fail(ErrorCode::kBadArgument,
                        "sample rate " + std::to_string(hz) + " Hz is not in 1000..384000");
        }
    }
    const auto divisor = std::gcd(in_hz, out_hz);
    const auto up = static_cast<std::size_t>(out_hz / divisor),
               down = static_cast<std::size_t>(in_hz / divisor);
    const double ratio = static_cast<double>(out_hz) / static_cast<double>(in_hz);
    if (ratio > 64.0 || ratio < 1.0 / 64.0) {
        return fail(ErrorCode::kBadArgument, "a change from " + std::to_string(in_hz) + " to " +
                                                 std::to_string(out_hz) +
                                                 " Hz is beyond a factor of 64");
    }
    if (up == 1 && down == 1) return Resampler(1, 1, 2, {1.0F, 0.0F});
    const double fc = kCutoff * std::min(1.0, ratio);
    const double half_width = kZeroCrossings / (2.0 * fc);
    const auto taps = 2 * static_cast<std::size_t>(std::ceil(half_width));
    std::vector<float> phases(up * taps);
    for (std::size_t p = 0; p < up; ++p) {
        const double offset = static_cast<double>(p) / static_cast<double>(up);
        double sum = 0.0;
        std::vector<double> row(taps);
        for (std::size_t i = 0; i < taps; ++i) {
            const double d =
                static_cast<double>(i) - (static_cast<double>(taps / 2) - 1.0) - offset;
            row[i] = kernel(d, fc, half_width);
            sum += row[i];
        }
        for (std::size_t i = 0; i < taps; ++i)
            phases[p * taps + i] = static_cast<float>(row[i] / sum);
    }
    return Resampler(up, down, taps, std::move(phases));
}

void Resampler::drain(std::vector<float>& out) {
    while (at_ + taps_ <= pending_.size()) {
        out.push_back(detail::dot(pending_.data() + at_, phases_.data() + phase_ * taps_, taps_));
        ++made_;
        phase_ += down_;
        at_ += phase_ / up_;
        phase_ %= up_;
    }
    const std::size_t drop = std::min(at_, pending_.size());
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(drop));
    at_ -= drop;
}

void Resampler::push(std::span<const float> in, std::vector<float>& out) {
    pending_.insert(pending_.end(), in.begin(), in.end());
    seen_ += in.size();
    drain(out);
}

void Resampler::finish(std::vector<float>& out) {
    const std::size_t whole =
        (seen_ * up_ + down_ - 1) / down_;  // ceil: the last output lies within the input
    const std::vector<float> silence(taps_, 0.0F);
    while (made_ < whole) {
        pending_.insert(pending_.end(), silence.begin(), silence.end());
        drain(out);
    }
    out.resize(out.size() - (made_ - whole));
}

}  // namespace attune::signal
