// SPDX-License-Identifier: GPL-3.0-or-later
#include "voice_augment.hpp"

#include <array>
#include <cmath>

namespace attune::train {
namespace {

struct Variant { double speed, tilt, snr_db, gain_db; };
constexpr std::array<Variant, kVoiceVariants> kVariants = {{{1.0, 0.0, 99.0, 0.0},
                                                            {0.88, 0.15, 30.0, -4.0},
                                                            {0.93, -0.15, 99.0, 3.0},
                                                            {0.96, 0.0, 20.0, -8.0},
                                                            {1.04, 0.2, 25.0, 5.0},
                                                            {1.08, -0.2, 99.0, -2.0},
                                                            {1.13, 0.0, 30.0, 2.0},
                                                            {1.18, 0.1, 20.0, -6.0}}};

/// Read `speed` times faster, by cubic interpolation.
std::vector<float> at_speed(const std::vector<float>& x, double speed) {
    const auto n = static_cast<std::size_t>(static_cast<double>(x.size()) / speed);
    std::vector<float> y(n);
    const auto at = [&](std::ptrdiff_t i) {
        return i >= 0 && i < static_cast<std::ptrdiff_t>(x.size()) ? x[static_cast<std::size_t>(i)] : 0.0F;
    };
    for (std::size_t i = 0; i < n; ++i) {
        const double p = static_cast<double>(i) * speed;
        const auto k = static_cast<std::ptrdiff_t>(p);
        const auto f = static_cast<float>(p - static_cast<double>(k));
        const float a = at(k - 1), b = at(k), c = at(k + 1), d = at(k + 2);
        y[i] = b + 0.5F * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
    }
    return y;
}

}  // namespace

std::vector<float> voice_variant(const std::vector<float>& samples, int variant, core::Random& random) {
    const Variant& v = kVariants.at(static_cast<std::size_t>(variant));
    if (variant == 0) return samples;
    std::vector<float> y = at_speed(samples, v.speed);
    double power = 0.0;
    float before = 0.0F;
    const auto gain = static_cast<float>(std::pow(10.0, v.gain_db / 20.0));
    for (float& s : y) {
        const float here = s;
        s = gain * (here + static_cast<float>(v.tilt) * (here - before) * 2.0F);
        before = here;
        power += static_cast<double>(s) * static_cast<double>(s);
    }
    if (v.snr_db < 90.0) {
        const double sd = std::sqrt(power / static_cast<double>(y.size()) * std::pow(10.0, -v.snr_db / 10.0));
        for (float& s : y) s += static_cast<float>(sd * random.normal());
    }
    return y;
}

}  // namespace attune::train
