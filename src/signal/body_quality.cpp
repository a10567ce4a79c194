// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/body_quality.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "signal/biquad.hpp"

namespace attune::signal {
namespace {

// Chosen on synthesised ghosts and on the E4 and MIT-BIH recordings that the project may use.
constexpr double kEcgKurtosis = 4.0;       // noise 3, a sine 1.5, an ECG 8 to 30
constexpr double kPpgBandShare = 0.35;     // of the power above .5 Hz lies below 4 Hz
constexpr double kPpgRepeats = 0.35;       // autocorrelation at the lag of a beat
constexpr double kEdaRough = 0.8;          // var of differences / var; white noise 2, alternating 4
constexpr double kEdaDry = 0.02;           // [microsiemens]
constexpr double kEdaNoiseSd = 0.02;       // quantisation below this is no noise

struct Moments { double mean = 0.0, variance = 0.0, fourth = 0.0; bool finite = true; };

Moments moments(std::span<const float> x) {
    Moments m;
    for (float v : x) m.mean += static_cast<double>(v), m.finite = m.finite && std::isfinite(v);
    m.mean /= static_cast<double>(std::max<std::size_t>(1, x.size()));
    for (float v : x) {
        const double d = static_cast<double>(v) - m.mean;
        m.variance += d * d;
        m.fourth += d * d * d * d;
    }
    m.variance /= static_cast<double>(std::max<std::size_t>(1, x.size()));
    m.fourth /= static_cast<double>(std::max<std::size_t>(1, x.size()));
    return m;
}

}  // namespace

const char* to_string(BodyQuality quality) noexcept {
    switch (quality) {
        case BodyQuality::kGood: return "good";
        case BodyQuality::kTooShort: return "too_short";
        case BodyQuality::kFlat: return "flat";
        case BodyQuality::kOffBody: return "off_body";
        case BodyQuality::kNoise: return "noise";
    }
    return "noise";
}

BodyQuality ecg_quality(std::span<const float> ecg, double rate_hz) {
    if (static_cast<double>(ecg.size()) < 4.0 * rate_hz) return BodyQuality::kTooShort;
    auto band = BiquadChain::band_pass(2, 5.0, std::min(25.0, 0.45 * rate_hz), rate_hz);
    std::vector<float> y;
    y.reserve(ecg.size());
    band.settle(std::isfinite(ecg[0]) ? static_cast<double>(ecg[0]) : 0.0);
    for (float v : ecg) y.push_back(static_cast<float>(band.process(static_cast<double>(v))));
    const auto skip = static_cast<std::size_t>(0.5 * rate_hz);
    const Moments raw = moments(ecg), m = moments(std::span(y).subspan(skip));
    if (!raw.finite || !m.finite) return BodyQuality::kNoise;
    if (raw.variance < 1e-18 * (1.0 + raw.mean * raw.mean) || m.variance <= 0.0) return BodyQuality::kFlat;
    return m.fourth / (m.variance * m.variance) > kEcgKurtosis ? BodyQuality::kGood : BodyQuality::kNoise;
}

BodyQuality ppg_quality(std::span<const float> ppg, double rate_hz) {
    if (rate_hz < 16.0 || static_cast<double>(ppg.size()) < 4.0 * rate_hz) return BodyQuality::kTooShort;
    const Moments raw = moments(ppg);
    if (!raw.finite) return BodyQuality::kNoise;
    if (raw.variance < 1e-10 * (1.0 + raw.mean * raw.mean)) return BodyQuality::kFlat;
    auto high = BiquadChain::butterworth_high_pass(2, 0.5, rate_hz);
    auto low = BiquadChain::butterworth_low_pass(2, 4.0, rate_hz);
    high.settle(static_cast<double>(ppg[0]));
    std::vector<double> slow;
    slow.reserve(ppg.size());
    double above = 0.0, band = 0.0;
    const auto skip = static_cast<std::size_t>(0.5 * rate_hz);
    for (std::size_t i = 0; i < ppg.size(); ++i) {
        const double h = high.process(static_cast<double>(ppg[i])), l = low.process(h);
        if (i < skip) continue;
        above += h * h;
        band += l * l;
        slow.push_back(l);
    }
    if (!(above > 0.0) || band < kPpgBandShare * above) return BodyQuality::kNoise;
    const auto n = slow.size();
    double best = 0.0, lowest = 1.0;
    for (auto lag = static_cast<std::size_t>(0.1 * rate_hz); lag <= static_cast<std::size_t>(1.6 * rate_hz) && lag < n; ++lag) {
        double c = 0.0, a = 0.0, b = 0.0;
        for (std::size_t i = lag; i < n; ++i) c += slow[i] * slow[i - lag], a += slow[i] * slow[i], b += slow[i - lag] * slow[i - lag];
        const double r = a > 0.0 && b > 0.0 ? c / std::sqrt(a * b) : 0.0;
        lowest = std::min(lowest, r);
        if (lowest < 0.2) best = std::max(best, r);  // only after it has fallen once: a drift never falls
    }
    return best > kPpgRepeats ? BodyQuality::kGood : BodyQuality::kOffBody;
}

BodyQuality eda_quality(std::span<const float> eda) {
    if (eda.size() < 16) return BodyQuality::kTooShort;
    const Moments m = moments(eda);
    if (!m.finite) return BodyQuality::kNoise;
    double rough = 0.0;
    for (std::size_t i = 1; i < eda.size(); ++i) {
        const double d = static_cast<double>(eda[i]) - static_cast<double>(eda[i - 1]);
        rough += d * d;
    }
    rough /= static_cast<double>(eda.size() - 1);
    if (std::sqrt(m.variance) > kEdaNoiseSd && rough > kEdaRough * m.variance) return BodyQuality::kNoise;
    if (m.mean < kEdaDry) return BodyQuality::kOffBody;
    if (m.variance <= 0.0) return BodyQuality::kFlat;
    return BodyQuality::kGood;
}

}  // namespace attune::signal
