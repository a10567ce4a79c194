// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/biquad.hpp"

#include <cmath>
#include <numbers>

#include "core/assert.hpp"

namespace attune::signal {
namespace {

struct Warped { double k, norm; };

Warped warp(double cutoff_hz, double rate_hz, double q) {
    ATTUNE_ASSERT(cutoff_hz > 0.0 && cutoff_hz < 0.5 * rate_hz && q > 0.0);
    const double k = std::tan(std::numbers::pi * cutoff_hz / rate_hz);
    return {k, 1.0 / (1.0 + k / q + k * k)};
}

/// Quality of section i of a Butterworth filter of this order.
double butterworth_q(int order, int i) {
    return 1.0 / (2.0 * std::cos(std::numbers::pi * (2.0 * i + 1.0) / (2.0 * order)));
}

}  // namespace

Biquad Biquad::low_pass(double cutoff_hz, double rate_hz, double q) {
    const auto [k, norm] = warp(cutoff_hz, rate_hz, q);
    Biquad s;
    s.b0 = k * k * norm;
    s.b1 = 2.0 * s.b0;
    s.b2 = s.b0;
    s.a1 = 2.0 * (k * k - 1.0) * norm;
    s.a2 = (1.0 - k / q + k * k) * norm;
    return s;
}

Biquad Biquad::high_pass(double cutoff_hz, double rate_hz, double q) {
    const auto [k, norm] = warp(cutoff_hz, rate_hz, q);
    Biquad s;
    s.b0 = norm;
    s.b1 = -2.0 * norm;
    s.b2 = norm;
    s.a1 = 2.0 * (k * k - 1.0) * norm;
    s.a2 = (1.0 - k / q + k * k) * norm;
    return s;
}

void Biquad::settle(double x) noexcept {
    const double y = x * (b0 + b1 + b2) / (1.0 + a1 + a2);
    s2 = b2 * x - a2 * y;
    s1 = b1 * x - a1 * y + s2;
}

BiquadChain BiquadChain::butterworth_low_pass(int order, double cutoff_hz, double rate_hz) {
    ATTUNE_ASSERT(order >= 2 && order % 2 == 0);
    BiquadChain chain;
    for (int i = 0; i < order / 2; ++i)
        chain.sections_.push_back(Biquad::low_pass(cutoff_hz, rate_hz, butterworth_q(order, i)));
    return chain;
}

BiquadChain BiquadChain::butterworth_high_pass(int order, double cutoff_hz, double rate_hz) {
    ATTUNE_ASSERT(order >= 2 && order % 2 == 0);
    BiquadChain chain;
    for (int i = 0; i < order / 2; ++i)
        chain.sections_.push_back(Biquad::high_pass(cutoff_hz, rate_hz, butterworth_q(order, i)));
    return chain;
}

BiquadChain BiquadChain::band_pass(int order, double low_hz, double high_hz, double rate_hz) {
    BiquadChain chain = butterworth_high_pass(order, low_hz, rate_hz);
    for (const auto& section : butterworth_low_pass(order, high_hz, rate_hz).sections_) chain.sections_.push_back(section);
    return chain;
}

void BiquadChain::settle(double x) noexcept {
    for (auto& section : sections_) {
        section.settle(x);
        x *= (section.b0 + section.b1 + section.b2) / (1.0 + section.a1 + section.a2);
    }
}

}  // namespace attune::signal
