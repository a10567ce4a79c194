// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Made-up body signals with known truth, for tests. Seeded; nothing is read from anybody's data.
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"

namespace attune::synth {

/// Beat times [s] with mean interval rr_s, respiratory sinus arrhythmia and a little noise.
inline std::vector<double> beat_times(double seconds, double rr_s, std::uint64_t seed, double rsa_s = 0.03) {
    core::Random random(seed, "test/beats");
    std::vector<double> t;
    for (double at = 0.7; at < seconds - 0.5;) {
        t.push_back(at);
        at += rr_s + rsa_s * std::sin(2.0 * std::numbers::pi * 0.25 * at) + random.normal(0.0, 0.008);
    }
    return t;
}

inline double bump(double t, double centre, double width) {
    const double z = (t - centre) / width;
    return std::exp(-0.5 * z * z);
}

/// An ECG [mV] whose R peaks stand at `beats`.
inline std::vector<float> ecg(const std::vector<double>& beats, double seconds, double rate_hz, double noise_mv,
                              std::uint64_t seed) {
    core::Random random(seed, "test/ecg");
    std::vector<float> x(static_cast<std::size_t>(seconds * rate_hz));
    std::size_t from = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        while (from < beats.size() && beats[from] < t - 0.6) ++from;
        double v = 0.15 * std::sin(2.0 * std::numbers::pi * 0.3 * t);
        for (std::size_t k = from; k < beats.size() && beats[k] < t + 0.4; ++k) {
            const double b = beats[k];
            v += 0.12 * bump(t, b - 0.16, 0.025) - 0.12 * bump(t, b - 0.03, 0.010) + 1.2 * bump(t, b, 0.010) -
                 0.25 * bump(t, b + 0.03, 0.010) + 0.30 * bump(t, b + 0.28, 0.050);
        }
        x[i] = static_cast<float>(v + random.normal(0.0, noise_mv));
    }
    return x;
}

/// A pulse wave with its feet near `beats` (delayed by 0.2 s).
inline std::vector<float> ppg(const std::vector<double>& beats, double seconds, double rate_hz, double noise,
                              std::uint64_t seed) {
    core::Random random(seed, "test/ppg");
    std::vector<float> x(static_cast<std::size_t>(seconds * rate_hz));
    std::size_t from = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        while (from < beats.size() && beats[from] < t - 1.2) ++from;
        double v = 0.0;
        for (std::size_t k = from; k < beats.size() && beats[k] < t + 0.4; ++k)
            v += 60.0 * bump(t, beats[k] + 0.2, 0.08) + 25.0 * bump(t, beats[k] + 0.48, 0.09);
        x[i] = static_cast<float>(v - 30.0 + random.normal(0.0, noise));
    }
    return x;
}

/// Skin conductance [µS] with responses of `amplitude` at `onsets` on a drifting level.
inline std::vector<float> eda(const std::vector<double>& onsets, double seconds, double rate_hz, double level,
                              double amplitude, double noise, std::uint64_t seed) {
    core::Random random(seed, "test/eda");
    std::vector<float> x(static_cast<std::size_t>(seconds * rate_hz));
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        double v = level + 0.0005 * t;
        for (double onset : onsets) {
            const double s = t - onset;
            if (s <= 0.0) continue;
            // Bateman function, rise .75 s, decay 3 s, its top scaled to 1.
            v += amplitude * 1.8 * (std::exp(-s / 3.0) - std::exp(-s / 0.75)) / 0.8504;
        }
        x[i] = static_cast<float>(v + random.normal(0.0, noise));
    }
    return x;
}

inline std::vector<float> white_noise(std::size_t n, double sd, std::uint64_t seed) {
    core::Random random(seed, "test/white");
    std::vector<float> x(n);
    for (auto& v : x) v = static_cast<float>(random.normal(0.0, sd));
    return x;
}

inline std::vector<float> tone(std::size_t n, double rate_hz, double f_hz, double amplitude, double offset = 0.0) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i)
        x[i] = static_cast<float>(offset + amplitude * std::sin(2.0 * std::numbers::pi * f_hz * static_cast<double>(i) / rate_hz));
    return x;
}

}  // namespace attune::synth
