// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/limiter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace attune::play {
namespace {

constexpr double kMargin_db = 0.5;  // what 4x oversampling and the moving gain may miss
constexpr double kRelease_s = 0.12;
constexpr double kBeta = 5.0;
constexpr float kLeastRelease = 2e-6F;  // so that a gain comes back to exactly 1

using Four = float __attribute__((vector_size(16)));

double bessel_i0(double x) {
    double sum = 1.0, term = 1.0;
    for (int k = 1; k < 48; ++k) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

}  // namespace

TruePeakLimiter::TruePeakLimiter(double ceiling_dbtp)
    : threshold_(static_cast<float>(std::pow(10.0, (ceiling_dbtp - kMargin_db) / 20.0))),
      release_(static_cast<float>(1.0 - std::exp(-1.0 / (kRelease_s * 48000.0)))) {
    for (int j = 0; j < kTaps; ++j)
        for (int p = 0; p < 4; ++p) {
            const double t = static_cast<double>(j - kHalf) + p / 4.0;
            const double u = t / (kHalf + 0.01);
            const double w = std::abs(u) < 1.0
                                 ? bessel_i0(kBeta * std::sqrt(1.0 - u * u)) / bessel_i0(kBeta)
                                 : 0.0;
            const double x = std::numbers::pi * t;
            taps_[static_cast<std::size_t>(j)][static_cast<std::size_t>(p)] =
                static_cast<float>(w * (std::abs(x) < 1e-9 ? 1.0 : std::sin(x) / x));
        }
    double gain = 0.0;
    for (std::size_t p = 0; p < 4; ++p) {
        double sum = 0.0;
        for (const auto& tap : taps_) sum += static_cast<double>(std::abs(tap[p]));
        gain = std::max(gain, sum);
    }
    harmless_ = threshold_ / static_cast<float>(gain);
    reset();
}

void TruePeakLimiter::reset() noexcept {
    left_.fill(0.0F);
    right_.fill(0.0F);
    box_.fill(1.0F);
    sum_ = kBox;
    low_first_ = low_count_ = 0;
    held_ = lowest_ = 1.0F;
    n_ = 0;
    quiet_ = kBox + 1;
}

/// Largest magnitude between the samples around the middle of the filter.
float TruePeakLimiter::peak_at(std::size_t newest) const noexcept {
    const float* l = left_.data() + newest + kHistory - (kTaps - 1);
    const float* r = right_.data() + newest + kHistory - (kTaps - 1);
    Four a{}, b{};
    for (int j = 0; j < kTaps; ++j) {
        Four c;
        std::memcpy(&c, taps_[static_cast<std::size_t>(j)].data(), sizeof c);
        a += c * l[kTaps - 1 - j];
        b += c * r[kTaps - 1 - j];
    }
    float peak = 0.0F;
    for (int p = 0; p < 4; ++p) peak = std::max({peak, std::abs(a[p]), std::abs(b[p])});
    return peak;
}

/// Minimum over the last kBox values, g being the newest.
float TruePeakLimiter::sliding_minimum(float g) noexcept {
    constexpr std::size_t kSize = kBox + 1;
    while (low_count_ > 0 && lows_[(low_first_ + low_count_ - 1) % kSize].value >= g) --low_count_;
    lows_[(low_first_ + low_count_++) % kSize] = {g, n_};
    if (lows_[low_first_].at <= n_ - kBox) {
        low_first_ = (low_first_ + 1) % kSize;
        --low_count_;
    }
    return lows_[low_first_].value;
}

/// Nothing here can make a peak above the threshold, and no gain is moving: the most common case.
bool TruePeakLimiter::harmless(std::span<const float> left, std::span<const float> right) const noexcept {
    if (hot_ > 0 || quiet_ <= kBox) return false;
    float loudest = 0.0F;
    for (std::size_t i = 0; i < left.size(); ++i)
        loudest = std::max(loudest, std::max(std::abs(left[i]), std::abs(right[i])));
    return loudest <= harmless_;  // a NaN is not; the engine lets none through
}

/// limit() with a gain of 1. At most kStep frames: what is read is not yet written over.
void TruePeakLimiter::delay(std::span<float> left, std::span<float> right) noexcept {
    constexpr std::size_t kMask = kHistory - 1;
    const std::size_t n = left.size();
    const std::size_t at = static_cast<std::size_t>(n_) & kMask;
    const std::size_t out = static_cast<std::size_t>(n_ - latency()) & kMask;
    const std::size_t first = std::min(n, kHistory - at), rest = n - first;
    const auto keep = [&](auto& history, std::span<float> x) {
        for (const std::size_t copy : {std::size_t{0}, std::size_t{kHistory}}) {
            std::memcpy(history.data() + at + copy, x.data(), first * sizeof(float));
            std::memcpy(history.data() + copy, x.data() + first, rest * sizeof(float));
        }
        std::memcpy(x.data(), history.data() + out, n * sizeof(float));
    };
    keep(left_, left);
    keep(right_, right);
    n_ += static_cast<std::int64_t>(n);
    quiet_ = kBox + 1;
}

void TruePeakLimiter::process(std::span<float> left, std::span<float> right) noexcept {
    static_assert(kStep + latency() < kHistory);
    lowest_ = 1.0F;
    for (std::size_t done = 0; done < left.size(); done += kStep) {
        const std::size_t n = std::min<std::size_t>(kStep, left.size() - done);
        const auto l = left.subspan(done, n), r = right.subspan(done, n);
        if (harmless(l, r))
            delay(l, r);
        else
            limit(l, r);
    }
}

void TruePeakLimiter::limit(std::span<float> left, std::span<float> right) noexcept {
    constexpr std::size_t kMask = kHistory - 1;
    for (std::size_t i = 0; i < left.size(); ++i, ++n_) {
        const std::size_t at = static_cast<std::size_t>(n_) & kMask;
        left_[at] = left_[at + kHistory] = left[i];
        right_[at] = right_[at + kHistory] = right[i];
        if (std::abs(left[i]) > harmless_ || std::abs(right[i]) > harmless_) hot_ = kTaps;
        float need = 1.0F;
        if (hot_ > 0) {
            --hot_;
            const float peak = peak_at(at);
            if (peak > threshold_) need = threshold_ / peak;
        }
        float gain = 1.0F;
        if (need == 1.0F && quiet_ > kBox) {
            ++quiet_;
        } else {
            if (quiet_ > kBox) low_count_ = 0;  // everything before was 1
            const float low = sliding_minimum(need);
            held_ = low < held_
                        ? low
                        : std::min(low, held_ + std::max(kLeastRelease, (low - held_) * release_));
            quiet_ = held_ == 1.0F ? quiet_ + 1 : 0;
            const std::size_t b = static_cast<std::size_t>(n_) % kBox;
            sum_ += static_cast<double>(held_) - static_cast<double>(box_[b]);
            box_[b] = held_;
            gain = static_cast<float>(std::min(1.0, sum_ / kBox));
            if (quiet_ > kBox) {
                sum_ = kBox;
                gain = 1.0F;
            }
        }
        lowest_ = std::min(lowest_, gain);
        const std::size_t out = static_cast<std::size_t>(n_ - latency()) & kMask;
        left[i] = left_[out] * gain;
        right[i] = right_[out] * gain;
    }
}

}  // namespace attune::play
