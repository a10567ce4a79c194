// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/meter.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace attune::play {
namespace {

constexpr double kRate = 48000.0;
constexpr int kBlock = 4800;
constexpr double kSilence_lufs = -70.0;
using Coefficients = std::array<double, 5>;  // b0 b1 b2 a1 a2

// BS.1770-4, tables 1 and 2, for 48 kHz.
constexpr Coefficients kShelf{1.53512485958697, -2.69169618940638, 1.19839281085285,
                              -1.69065929318241, 0.73248077421585};
constexpr Coefficients kHighPass{1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621};
constexpr Coefficients kThrough{1.0, 0.0, 0.0, 0.0, 0.0};

/// (s^zeros) / ((s + w1)(s + w2)) by the bilinear transform; zeros 0 or 2.
Coefficients two_poles(double hz1, double hz2, int zeros) {
    const double k = 2.0 * kRate;
    const double w1 = 2.0 * std::numbers::pi * hz1, w2 = 2.0 * std::numbers::pi * hz2;
    const double a0 = (k + w1) * (k + w2);
    const double a1 = (k + w1) * (w2 - k) + (w1 - k) * (k + w2);
    const double a2 = (w1 - k) * (w2 - k);
    if (zeros == 2) return {k * k / a0, -2.0 * k * k / a0, k * k / a0, a1 / a0, a2 / a0};
    return {w1 * w2 / a0, 2.0 * w1 * w2 / a0, w1 * w2 / a0, a1 / a0, a2 / a0};
}

double gain_at(const Coefficients& c, double hz) {
    const std::complex<double> z = std::polar(1.0, -2.0 * std::numbers::pi * hz / kRate);
    return std::abs((c[0] + c[1] * z + c[2] * z * z) / (1.0 + c[3] * z + c[4] * z * z));
}

/// (s/(s+w1)) * (s/(s+w2)), both zeros at 0.
Coefficients high_pair(double hz1, double hz2) { return two_poles(hz1, hz2, 2); }

}  // namespace

Meter::Meter() {
    // A: zeros 4 at 0, poles 20.6 (twice), 107.7, 737.9, 12194 (twice) Hz.
    std::array<Coefficients, 3> a{high_pair(20.598997, 20.598997), high_pair(107.65265, 737.86223),
                                  two_poles(12194.217, 12194.217, 0)};
    const double at_1k = gain_at(a[0], 1000.0) * gain_at(a[1], 1000.0) * gain_at(a[2], 1000.0);
    for (int i = 0; i < 3; ++i) a[2][static_cast<std::size_t>(i)] /= at_1k;
    const std::array<Coefficients, 3> k{kShelf, kHighPass, kThrough};
    for (std::size_t s = 0; s < 3; ++s) {
        const auto both = [&](std::size_t c) {
            const auto x = static_cast<float>(k[s][c]);
            const auto y = static_cast<float>(a[s][c]);
            return Four{x, x, y, y};
        };
        stages_[s] = {both(0), both(1), both(2), both(3), both(4)};
    }
}

void Meter::close_block() noexcept {
    for (std::size_t i = 3; i > 0; --i) recent_k_[i] = recent_k_[i - 1];
    recent_k_[0] = sum_k_ / kBlock;
    const double mean = (recent_k_[0] + recent_k_[1] + recent_k_[2] + recent_k_[3]) / 4.0;
    momentary_ =
        mean > 1e-9 ? std::max(kSilence_lufs, -0.691 + 10.0 * std::log10(mean)) : kSilence_lufs;
    const double a = sum_a_ / (2.0 * kBlock);
    a_level_ = a > 1e-20 ? 10.0 * std::log10(2.0 * a) : -200.0;
    sum_k_ = sum_a_ = 0.0;
    filled_ = 0;
    ++blocks_;
}

void Meter::process(std::span<const float> left, std::span<const float> right) noexcept {
    for (std::size_t i = 0; i < left.size(); ++i) {
        Four x{left[i], right[i], left[i], right[i]};
        for (Biquad& q : stages_) {
            const Four y = q.b0 * x + q.s1;
            q.s1 = q.b1 * x - q.a1 * y + q.s2;
            q.s2 = q.b2 * x - q.a2 * y;
            x = y;
        }
        const Four e = x * x;
        const double k = static_cast<double>(e[0] + e[1]), a = static_cast<double>(e[2] + e[3]);
        if (std::isfinite(k)) sum_k_ += k;
        if (std::isfinite(a)) {
            sum_a_ += a;
            total_a_ += a;
        }
        if (++filled_ == kBlock) close_block();
    }
    total_frames_ += static_cast<std::int64_t>(left.size());
    // Denormals of a fading tail would slow the filters down.
    for (Biquad& q : stages_)
        for (int lane = 0; lane < 4; ++lane) {
            if (!(std::abs(q.s1[lane]) > 1e-20F)) q.s1[lane] = 0.0F;
            if (!(std::abs(q.s2[lane]) > 1e-20F)) q.s2[lane] = 0.0F;
        }
}

double Meter::take_a_mean_square() noexcept {
    const double mean =
        total_frames_ > 0 ? total_a_ / (2.0 * static_cast<double>(total_frames_)) : 0.0;
    total_a_ = 0.0;
    total_frames_ = 0;
    return mean;
}

}  // namespace attune::play
