// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>

namespace attune::media {
namespace {

constexpr double kBeta = 10.06;        // Kaiser: 100 dB
constexpr std::size_t kBaseHalf = 36;  // taps a side where out >= in
constexpr std::int64_t kMaxExactPhases = 1024;
constexpr std::size_t kTablePhases = 512;

using Four = float __attribute__((vector_size(16)));

using Eight = float __attribute__((vector_size(32)));

Four load(const float* p) noexcept {
    Four v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

/// One output of both channels from `taps` frames of input, a multiple of 4.
void filter(const float* h, std::size_t taps, const float* l, const float* r, float& out_l, float& out_r) noexcept {
    Four sl{}, sr{}, tl{}, tr{};  // two sums a channel: neither waits for the other
    std::size_t j = 0;
    for (; j + 8 <= taps; j += 8) {
        const Four c = load(h + j), d = load(h + j + 4);
        sl += c * load(l + j);
        sr += c * load(r + j);
        tl += d * load(l + j + 4);
        tr += d * load(r + j + 4);
    }
    if (j < taps) {
        const Four c = load(h + j);
        sl += c * load(l + j);
        sr += c * load(r + j);
    }
    sl += tl;
    sr += tr;
    out_l = (sl[0] + sl[1]) + (sl[2] + sl[3]);
    out_r = (sr[0] + sr[1]) + (sr[2] + sr[3]);
}

#if defined(__x86_64__)
/// The same, bit by bit: the two sums lie in one register. No multiplication is fused with an addition.
__attribute__((target("avx2"))) void filter_wide(const float* h, std::size_t taps, const float* l, const float* r,
                                                 float& out_l, float& out_r) noexcept {
    Eight sl{}, sr{};
    std::size_t j = 0;
    for (; j + 8 <= taps; j += 8) {
        Eight c, x, y;
        std::memcpy(&c, h + j, sizeof c);
        std::memcpy(&x, l + j, sizeof x);
        std::memcpy(&y, r + j, sizeof y);
        sl += c * x;
        sr += c * y;
    }
    Four l4 = __builtin_shufflevector(sl, sl, 0, 1, 2, 3), r4 = __builtin_shufflevector(sr, sr, 0, 1, 2, 3);
    if (j < taps) {
        const Four c = load(h + j);
        l4 += c * load(l + j);
        r4 += c * load(r + j);
    }
    l4 += __builtin_shufflevector(sl, sl, 4, 5, 6, 7);
    r4 += __builtin_shufflevector(sr, sr, 4, 5, 6, 7);
    out_l = (l4[0] + l4[1]) + (l4[2] + l4[3]);
    out_r = (r4[0] + r4[1]) + (r4[2] + r4[3]);
}
const auto best_filter = [] { return __builtin_cpu_supports("avx2") != 0 ? filter_wide : filter; };
#else
const auto best_filter = [] { return filter; };
#endif

double bessel_i0(double x) {
    double sum = 1.0, term = 1.0;
    for (int k = 1; k < 64; ++k) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

double kaiser_sinc(double t, double half, double cutoff) {
    if (std::abs(t) >= half) return 0.0;
    const double u = t / half;
    const double window = bessel_i0(kBeta * std::sqrt(1.0 - u * u)) / bessel_i0(kBeta);
    const double x = std::numbers::pi * cutoff * t;
    return window * cutoff * (std::abs(x) < 1e-12 ? 1.0 : std::sin(x) / x);
}

}  // namespace

Result<Resampler> Resampler::create(int in_hz, int out_hz, std::size_t max_block) {
    for (const int hz : {in_hz, out_hz})
        if (hz < 1000 || hz > 384000)
            return fail(ErrorCode::kBadArgument,
                        "sample rate " + std::to_string(hz) + " Hz; 1000..384000 Hz are converted");
    Resampler r;
    r.filter_ = best_filter();
    r.in_hz_ = in_hz;
    r.out_hz_ = out_hz;
    const int g = std::gcd(in_hz, out_hz);
    r.up_ = out_hz / g;
    r.down_ = in_hz / g;
    if (in_hz != out_hz) r.design();
    const std::size_t size = 2 * r.half_ + std::max<std::size_t>(max_block, 64);
    r.left_.assign(size, 0.0F);
    r.right_.assign(size, 0.0F);
    r.reset();
    return r;
}

void Resampler::design() {
    const double ratio = std::min(1.0, static_cast<double>(up_) / static_cast<double>(down_));
    half_ =
        (static_cast<std::size_t>(std::ceil(static_cast<double>(kBaseHalf) / ratio)) + 1) / 2 * 2;
    taps_ = 2 * half_;
    // The transition band of the window ends at Nyquist: cutoff = 1 - half its width.
    const double width = 2.0 * 6.43 / (static_cast<double>(taps_) * ratio);
    const double cutoff = ratio * (1.0 - width / 2.0);
    interpolate_ = up_ > kMaxExactPhases;
    phases_ = interpolate_ ? kTablePhases : static_cast<std::size_t>(up_);
    bank_.resize((phases_ + 1) * taps_);
    for (std::size_t p = 0; p <= phases_; ++p) {
        const double f = static_cast<double>(p) / static_cast<double>(phases_);
        double sum = 0.0;
        std::vector<double> row(taps_);
        for (std::size_t j = 0; j < taps_; ++j) {
            const double t = static_cast<double>(j) - static_cast<double>(half_ - 1) - f;
            row[j] = kaiser_sinc(t, static_cast<double>(half_), cutoff);
            sum += row[j];
        }
        // Every phase passes DC with gain 1: no ripple at the phase rate.
        for (std::size_t j = 0; j < taps_; ++j)
            bank_[p * taps_ + j] = static_cast<float>(row[j] / sum);
    }
}

void Resampler::reset() noexcept {
    std::fill(left_.begin(), left_.end(), 0.0F);
    std::fill(right_.begin(), right_.end(), 0.0F);
    filled_ = half_ > 0 ? half_ - 1 : 0;  // silence before the first frame
    first_ = -static_cast<std::int64_t>(filled_);
    total_in_ = total_out_ = int_pos_ = frac_ = 0;
    flushed_ = false;
}

/// Drops input that no output needs any more.
void Resampler::compact() noexcept {
    const std::int64_t oldest =
        half_ > 0 ? int_pos_ - static_cast<std::int64_t>(half_ - 1) : int_pos_;
    const std::int64_t drop = std::min(oldest - first_, static_cast<std::int64_t>(filled_));
    if (drop <= 0) return;
    const auto n = static_cast<std::size_t>(drop);
    std::memmove(left_.data(), left_.data() + n, (filled_ - n) * sizeof(float));
    std::memmove(right_.data(), right_.data() + n, (filled_ - n) * sizeof(float));
    filled_ -= n;
    first_ += drop;
}

std::size_t Resampler::space() const noexcept {
    const std::int64_t oldest =
        half_ > 0 ? int_pos_ - static_cast<std::int64_t>(half_ - 1) : int_pos_;
    const std::int64_t kept =
        std::max<std::int64_t>(0, first_ + static_cast<std::int64_t>(filled_) - oldest);
    const std::size_t used = static_cast<std::size_t>(kept);
    const std::size_t tail = half_;  // room for the silence of flush()
    return left_.size() > used + tail ? left_.size() - used - tail : 0;
}

std::size_t Resampler::push(std::span<const float> left, std::span<const float> right) noexcept {
    compact();
    const std::size_t n = std::min(left.size(), space());
    std::copy_n(left.data(), n, left_.data() + filled_);
    std::copy_n(right.data(), n, right_.data() + filled_);
    filled_ += n;
    total_in_ += static_cast<std::int64_t>(n);
    return n;
}

std::size_t Resampler::available() const noexcept {
    // Output k exists while its place k*down/up < N (flushed), or while its taps are there.
    const std::int64_t limit =
        flushed_ ? total_in_ - 1 : total_in_ - 1 - static_cast<std::int64_t>(half_);
    const std::int64_t room = limit - int_pos_;
    if (room < 0) return 0;
    // largest n with (frac + (n-1)*down)/up <= room
    return static_cast<std::size_t>(((room + 1) * up_ - 1 - frac_) / down_ + 1);
}

std::size_t Resampler::pull(std::span<float> left, std::span<float> right) noexcept {
    const std::size_t n = std::min(left.size(), available());
    if (flushed_ && half_ > 0) {  // silence behind the last frame, once
        compact();
        const auto end = static_cast<std::size_t>(total_in_ - first_);
        const std::size_t want = std::min(end + half_, left_.size());
        for (; filled_ < want; ++filled_) left_[filled_] = right_[filled_] = 0.0F;
    }
    if (half_ == 0) {
        const auto at = static_cast<std::size_t>(int_pos_ - first_);
        std::copy_n(left_.data() + at, n, left.data());
        std::copy_n(right_.data() + at, n, right.data());
        int_pos_ += static_cast<std::int64_t>(n);
    } else {
        convert(left.first(n), right.first(n));
    }
    total_out_ += static_cast<std::int64_t>(n);
    return n;
}

void Resampler::convert(std::span<float> left, std::span<float> right) noexcept {
    const std::int64_t whole = down_ / up_, rest = down_ % up_;
    for (std::size_t i = 0; i < left.size(); ++i) {
        const auto from = static_cast<std::size_t>(int_pos_ - first_) - (half_ - 1);
        const float *l = left_.data() + from, *r = right_.data() + from;
        if (!interpolate_) {
            filter_(bank_.data() + static_cast<std::size_t>(frac_) * taps_, taps_, l, r, left[i], right[i]);
        } else {
            const double p = static_cast<double>(frac_) * static_cast<double>(phases_) / static_cast<double>(up_);
            const auto k = static_cast<std::size_t>(p);
            const auto f = static_cast<float>(p - static_cast<double>(k));
            float l0 = 0, r0 = 0, l1 = 0, r1 = 0;
            filter_(bank_.data() + k * taps_, taps_, l, r, l0, r0);
            filter_(bank_.data() + (k + 1) * taps_, taps_, l, r, l1, r1);
            left[i] = l0 + f * (l1 - l0);
            right[i] = r0 + f * (r1 - r0);
        }
        int_pos_ += whole;
        frac_ += rest;
        if (frac_ >= up_) {
            frac_ -= up_;
            ++int_pos_;
        }
    }
}

}  // namespace attune::media
