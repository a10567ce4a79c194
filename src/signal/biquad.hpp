// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Second-order IIR sections, Butterworth.
///
/// In       cut-off [Hz], 0 < cut-off < rate/2
/// Threads  one owner; process() is RT-SAFE
/// Method   bilinear transform with pre-warping, transposed direct form II in double
#include <vector>

namespace attune::signal {

/// One section; the state is plain data so that hot loops can keep it in registers.
struct Biquad {
    double b0 = 1.0, b1 = 0.0, b2 = 0.0, a1 = 0.0, a2 = 0.0;
    double s1 = 0.0, s2 = 0.0;

    [[nodiscard]] static Biquad low_pass(double cutoff_hz, double rate_hz, double q);
    [[nodiscard]] static Biquad high_pass(double cutoff_hz, double rate_hz, double q);
    double process(double x) noexcept {
        const double y = b0 * x + s1;
        s1 = b1 * x - a1 * y + s2;
        s2 = b2 * x - a2 * y;
        return y;
    }
    void reset() noexcept { s1 = s2 = 0.0; }
    /// The state in which a constant input x has always been there.
    void settle(double x) noexcept;
};

/// A chain of sections.
class BiquadChain {
public:
    /// order 2, 4, 6 ...
    [[nodiscard]] static BiquadChain butterworth_low_pass(int order, double cutoff_hz, double rate_hz);
    [[nodiscard]] static BiquadChain butterworth_high_pass(int order, double cutoff_hz, double rate_hz);
    /// High-pass then low-pass, each of `order`.
    [[nodiscard]] static BiquadChain band_pass(int order, double low_hz, double high_hz, double rate_hz);
    double process(double x) noexcept {
        for (auto& section : sections_) x = section.process(x);
        return x;
    }
    void reset() noexcept {
        for (auto& section : sections_) section.reset();
    }
    /// As if x had been there for ever: no start transient.
    void settle(double x) noexcept;

private:
    std::vector<Biquad> sections_;
};

}  // namespace attune::signal
