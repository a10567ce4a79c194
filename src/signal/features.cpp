// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/features.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "core/quantile.hpp"

namespace attune::signal {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Vec = std::vector<double>;

double mean_of(const Vec& x) {
    double sum = 0.0;
    for (double v : x) sum += v;
    return x.empty() ? kNan : sum / static_cast<double>(x.size());
}

/// Central moment of order p.
double moment(const Vec& x, double mean, int p) {
    double sum = 0.0;
    for (double v : x) sum += std::pow(v - mean, p);
    return sum / static_cast<double>(x.size());
}

double sd_of(const Vec& x) { return std::sqrt(moment(x, mean_of(x), 2)); }

Vec differences(const Vec& x) {
    Vec d;
    for (std::size_t i = 1; i < x.size(); ++i) d.push_back(x[i] - x[i - 1]);
    return d;
}

double mean_abs(const Vec& x) {
    double sum = 0.0;
    for (double v : x) sum += std::abs(v);
    return sum / static_cast<double>(x.size());
}

double autocorrelation(const Vec& centred, std::size_t lag) {
    double all = 0.0, sum = 0.0;
    for (double v : centred) all += v * v;
    if (lag >= centred.size() || !(all > 0.0)) return kNan;
    for (std::size_t i = lag; i < centred.size(); ++i) sum += centred[i] * centred[i - lag];
    return sum / all;
}

/// Entropy [nat] of sixteen equal bins between least and largest.
double entropy16(const Vec& sorted) {
    const double low = sorted.front(), width = (sorted.back() - low) / 16.0;
    if (!(width > 0.0)) return 0.0;
    std::array<double, 16> counts{};
    for (double v : sorted) counts[std::min<std::size_t>(15, static_cast<std::size_t>((v - low) / width))] += 1.0;
    double h = 0.0;
    for (double c : counts)
        if (c > 0.0) h -= c / static_cast<double>(sorted.size()) * std::log(c / static_cast<double>(sorted.size()));
    return h;
}

/// In-place FFT of a power-of-two length (Cooley & Tukey 1965).
void fft(std::vector<std::complex<double>>& a) {
    const std::size_t n = a.size();
    for (std::size_t i = 1, j = 0; i < n; ++i) {
        std::size_t bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) std::swap(a[i], a[j]);
    }
    for (std::size_t length = 2; length <= n; length <<= 1) {
        for (std::size_t k = 0; k < length / 2; ++k) {
            const auto w = std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(length));
            for (std::size_t i = k; i < n; i += length) {
                const auto u = a[i], v = a[i + length / 2] * w;
                a[i] = u + v;
                a[i + length / 2] = u - v;
            }
        }
    }
}

struct Spectrum { double centroid = kNan, spread = kNan, entropy = kNan, dominant = kNan, share = kNan; };

Spectrum spectrum_of(const Vec& centred, double rate_hz) {
    std::size_t n = 1;
    while (n < centred.size()) n <<= 1;
    std::vector<std::complex<double>> bins(n);
    for (std::size_t i = 0; i < centred.size(); ++i) bins[i] = centred[i];
    fft(bins);
    Vec power;
    double total = 0.0;
    for (std::size_t k = 1; k <= n / 2; ++k) total += power.emplace_back(std::norm(bins[k]));
    Spectrum s;
    if (!(total > 0.0)) return s;
    const auto hz = [&](std::size_t k) { return static_cast<double>(k + 1) * rate_hz / static_cast<double>(n); };
    s.centroid = s.spread = s.entropy = 0.0;
    std::size_t best = 0;
    for (std::size_t k = 0; k < power.size(); ++k) {
        const double p = power[k] / total;
        s.centroid += p * hz(k);
        if (p > 0.0) s.entropy -= p * std::log(p);
        if (power[k] > power[best]) best = k;
    }
    for (std::size_t k = 0; k < power.size(); ++k) s.spread += power[k] / total * (hz(k) - s.centroid) * (hz(k) - s.centroid);
    s.spread = std::sqrt(s.spread);
    s.entropy /= std::log(static_cast<double>(power.size()));
    s.dominant = hz(best);
    s.share = power[best] / total;
    return s;
}

}  // namespace

const std::array<const char*, kSignalFeatures>& signal_feature_names() noexcept {
    static constexpr std::array<const char*, kSignalFeatures> kNames = {
        "mean", "sd", "min", "max", "range", "median", "q05", "q25", "q75", "q95", "iqr", "rms", "mean_abs_dev",
        "median_abs_dev", "skewness", "kurtosis", "cv", "energy", "slope_per_s", "end_minus_start", "line_length",
        "d1_mean_abs", "d1_sd", "d1_max", "d1_min", "d2_mean_abs", "d2_sd", "rising_share", "crossings_per_s",
        "maxima_per_s", "hjorth_mobility", "hjorth_complexity", "autocorr_1", "autocorr_1s", "entropy16", "centroid_hz",
        "spread_hz", "spectral_entropy", "dominant_hz", "dominant_share"};
    return kNames;
}

Result<std::array<double, kSignalFeatures>> signal_features(std::span<const float> in, double rate_hz) {
    if (in.size() < 16 || in.size() > 65536 || !(rate_hz > 0.0))
        return fail(ErrorCode::kBadArgument, std::to_string(in.size()) + " samples at " + std::to_string(rate_hz) +
                                                 " Hz; 16..65536 samples at more than 0 Hz");
    std::array<double, kSignalFeatures> f{};
    Vec x(in.begin(), in.end());
    if (std::any_of(x.begin(), x.end(), [](double v) { return !std::isfinite(v); })) {
        f.fill(kNan);
        return f;
    }
    const auto n = static_cast<double>(x.size());
    const double seconds = n / rate_hz, mean = mean_of(x), variance = moment(x, mean, 2), sd = std::sqrt(variance);
    Vec sorted = x, centred, deviations;
    std::sort(sorted.begin(), sorted.end());
    const double median = core::quantile_of_sorted(sorted, 0.5);
    double energy = 0.0, tx = 0.0, tt = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        centred.push_back(x[i] - mean);
        deviations.push_back(std::abs(x[i] - median));
        energy += x[i] * x[i];
        const double t = (static_cast<double>(i) - 0.5 * (n - 1.0)) / rate_hz;
        tx += t * centred.back();
        tt += t * t;
    }
    std::sort(deviations.begin(), deviations.end());
    const Vec d1 = differences(x), d2 = differences(d1);
    double rising = 0.0, crossings = 0.0, maxima = 0.0;
    for (double d : d1) rising += d > 0.0 ? 1.0 : 0.0;
    for (std::size_t i = 1; i < x.size(); ++i) crossings += (centred[i] >= 0.0) != (centred[i - 1] >= 0.0) ? 1.0 : 0.0;
    for (std::size_t i = 1; i + 1 < x.size(); ++i) maxima += x[i] > x[i - 1] && x[i] > x[i + 1] ? 1.0 : 0.0;
    const double sd1 = sd_of(d1), sd2 = sd_of(d2);
    const double mobility = sd > 0.0 ? sd1 / sd : kNan;
    const Spectrum s = spectrum_of(centred, rate_hz);
    f = {mean, sd, sorted.front(), sorted.back(), sorted.back() - sorted.front(), median, core::quantile_of_sorted(sorted, 0.05),
         core::quantile_of_sorted(sorted, 0.25), core::quantile_of_sorted(sorted, 0.75), core::quantile_of_sorted(sorted, 0.95), core::quantile_of_sorted(sorted, 0.75) - core::quantile_of_sorted(sorted, 0.25),
         std::sqrt(energy / n), mean_abs(centred), core::quantile_of_sorted(deviations, 0.5),
         sd > 0.0 ? moment(x, mean, 3) / (sd * variance) : kNan, sd > 0.0 ? moment(x, mean, 4) / (variance * variance) : kNan,
         mean != 0.0 ? sd / std::abs(mean) : kNan, energy, tx / tt, x.back() - x.front(), mean_abs(d1) * (n - 1.0), mean_abs(d1),
         sd1, *std::max_element(d1.begin(), d1.end()), *std::min_element(d1.begin(), d1.end()), mean_abs(d2), sd2,
         rising / (n - 1.0), crossings / seconds, maxima / seconds, mobility,
         sd1 > 0.0 ? sd2 / sd1 / mobility : kNan, autocorrelation(centred, 1),
         autocorrelation(centred, static_cast<std::size_t>(std::lround(rate_hz))), entropy16(sorted), s.centroid, s.spread,
         s.entropy, s.dominant, s.share};
    return f;
}

}  // namespace attune::signal
