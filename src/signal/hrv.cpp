// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/hrv.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/quantile.hpp"

namespace attune::signal {
namespace {

constexpr double kLeastMs = 300.0, kMostMs = 2000.0, kFromMedian = 0.20;
constexpr double kGoodShare = 0.80;
using Vec = std::vector<double>;

double mean_of(const Vec& x) {
    double sum = 0.0;
    for (double v : x) sum += v;
    return sum / static_cast<double>(x.size());
}

/// Sample standard deviation (n - 1).
double sd_of(const Vec& x) {
    const double m = mean_of(x);
    double sum = 0.0;
    for (double v : x) sum += (v - m) * (v - m);
    return std::sqrt(sum / static_cast<double>(x.size() - 1));
}

/// Power [ms^2] of the unevenly sampled intervals between two frequencies, by Lomb-Scargle on a grid of 1/256 Hz,
/// scaled so that the whole spectrum adds up to the variance; and where the band peaks.
struct Band { double power = 0.0, peak_hz = 0.0; };
Band lomb_band(const Vec& t, const Vec& x, double low_hz, double high_hz) {
    const double mean = mean_of(x), step = 1.0 / 256.0;
    Band band;
    double best = -1.0;
    for (double f = std::ceil(low_hz / step) * step; f < high_hz; f += step) {
        const double w = 2.0 * std::numbers::pi * f;
        double s2 = 0.0, c2 = 0.0;
        for (double ti : t) s2 += std::sin(2.0 * w * ti), c2 += std::cos(2.0 * w * ti);
        const double tau = std::atan2(s2, c2) / (2.0 * w);
        double xc = 0.0, xs = 0.0, cc = 0.0, ss = 0.0;
        for (std::size_t i = 0; i < t.size(); ++i) {
            const double c = std::cos(w * (t[i] - tau)), s = std::sin(w * (t[i] - tau));
            xc += (x[i] - mean) * c;
            xs += (x[i] - mean) * s;
            cc += c * c;
            ss += s * s;
        }
        const double p = 0.5 * (xc * xc / cc + (ss > 1e-12 ? xs * xs / ss : 0.0));
        const double length_s = t.back() - t.front();
        const double density = 2.0 * p * length_s / static_cast<double>(t.size());  // [ms^2/Hz], one-sided
        band.power += density * step;
        if (density > best) best = density, band.peak_hz = f;
    }
    return band;
}

std::optional<double> sample_entropy(const Vec& x) {
    const double r = 0.2 * sd_of(x);
    double a = 0.0, b = 0.0;
    for (std::size_t i = 0; i + 2 < x.size(); ++i)
        for (std::size_t j = i + 1; j + 2 < x.size(); ++j) {
            if (std::abs(x[i] - x[j]) > r || std::abs(x[i + 1] - x[j + 1]) > r) continue;
            b += 1.0;
            if (std::abs(x[i + 2] - x[j + 2]) <= r) a += 1.0;
        }
    if (a <= 0.0 || b <= 0.0) return std::nullopt;
    return -std::log(a / b);
}

double dfa_alpha1(const Vec& x) {
    const double mean = mean_of(x);
    Vec profile;
    double sum = 0.0;
    for (double v : x) profile.push_back(sum += v - mean);
    Vec log_n, log_f;
    for (std::size_t n = 4; n <= 16; ++n) {
        double error = 0.0;
        std::size_t used = 0;
        for (std::size_t from = 0; from + n <= profile.size(); from += n) {
            double tm = 0.5 * static_cast<double>(n - 1), ym = 0.0, ty = 0.0, tt = 0.0;
            for (std::size_t k = 0; k < n; ++k) ym += profile[from + k];
            ym /= static_cast<double>(n);
            for (std::size_t k = 0; k < n; ++k) {
                const double dt = static_cast<double>(k) - tm;
                ty += dt * (profile[from + k] - ym);
                tt += dt * dt;
            }
            for (std::size_t k = 0; k < n; ++k) {
                const double e = profile[from + k] - ym - ty / tt * (static_cast<double>(k) - tm);
                error += e * e;
            }
            used += n;
        }
        log_n.push_back(std::log(static_cast<double>(n)));
        log_f.push_back(0.5 * std::log(std::max(1e-12, error / static_cast<double>(used))));
    }
    const double mn = mean_of(log_n), mf = mean_of(log_f);
    double nf = 0.0, nn = 0.0;
    for (std::size_t i = 0; i < log_n.size(); ++i) {
        nf += (log_n[i] - mn) * (log_f[i] - mf);
        nn += (log_n[i] - mn) * (log_n[i] - mn);
    }
    return nf / nn;
}

void time_domain(Hrv& h, const Vec& nn, const Vec& steps) {
    if (h.covered_s >= 30.0 && steps.size() >= 2) {
        double square = 0.0, over50 = 0.0, over20 = 0.0;
        for (double d : steps) {
            square += d * d;
            over50 += std::abs(d) > 50.0 ? 1.0 : 0.0;
            over20 += std::abs(d) > 20.0 ? 1.0 : 0.0;
        }
        const auto n = static_cast<double>(steps.size());
        h.rmssd_ms = std::sqrt(square / n);
        h.sdsd_ms = sd_of(steps);
        h.pnn50 = over50 / n;
        h.pnn20 = over20 / n;
    }
    if (h.covered_s < 60.0 || nn.size() < 20) return;
    h.mean_nn_ms = mean_of(nn);
    h.sdnn_ms = sd_of(nn);
    h.median_nn_ms = core::quantile(nn, 0.5);
    Vec deviation, hr;
    for (double v : nn) deviation.push_back(std::abs(v - *h.median_nn_ms)), hr.push_back(60000.0 / v);
    h.mad_nn_ms = core::quantile(deviation, 0.5);
    h.iqr_nn_ms = core::quantile(nn, 0.75) - core::quantile(nn, 0.25);
    h.cvnn = *h.sdnn_ms / *h.mean_nn_ms;
    if (h.rmssd_ms) h.cvsd = *h.rmssd_ms / *h.mean_nn_ms;
    h.min_nn_ms = *std::min_element(nn.begin(), nn.end());
    h.max_nn_ms = *std::max_element(nn.begin(), nn.end());
    h.mean_hr_bpm = mean_of(hr);
    h.sd_hr_bpm = sd_of(hr);
}

}  // namespace

std::vector<RrInterval> rr_clean(std::span<const double> beats) {
    std::vector<RrInterval> out;
    for (std::size_t i = 1; i < beats.size(); ++i) out.push_back({beats[i], 1000.0 * (beats[i] - beats[i - 1]), true});
    for (std::size_t i = 0; i < out.size(); ++i) {
        Vec around;
        for (std::size_t k = i >= 2 ? i - 2 : 0; k <= std::min(out.size() - 1, i + 2); ++k) around.push_back(out[k].rr_ms);
        const double median = core::quantile(around, 0.5);
        out[i].good = out[i].rr_ms >= kLeastMs && out[i].rr_ms <= kMostMs && std::abs(out[i].rr_ms - median) <= kFromMedian * median;
    }
    return out;
}

Hrv hrv_features(std::span<const RrInterval> intervals) {
    Hrv h;
    Vec t, nn, steps, before, after;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
        if (!intervals[i].good) continue;
        t.push_back(intervals[i].t_s);
        nn.push_back(intervals[i].rr_ms);
        h.covered_s += intervals[i].rr_ms / 1000.0;
        // A pair counts only if both are good and the later begins where the earlier ended.
        if (i > 0 && intervals[i - 1].good &&
            std::abs(intervals[i].t_s - intervals[i].rr_ms / 1000.0 - intervals[i - 1].t_s) < 0.005) {
            steps.push_back(intervals[i].rr_ms - intervals[i - 1].rr_ms);
            before.push_back(intervals[i - 1].rr_ms);
            after.push_back(intervals[i].rr_ms);
        }
    }
    h.n = nn.size();
    h.good_share = intervals.empty() ? 0.0 : static_cast<double>(nn.size()) / static_cast<double>(intervals.size());
    if (h.good_share < kGoodShare) return h;
    time_domain(h, nn, steps);
    if (h.covered_s >= 60.0 && nn.size() >= 20) {
        const Band hf = lomb_band(t, nn, 0.15, 0.40);
        h.hf_ms2 = hf.power;
        h.hf_peak_hz = hf.peak_hz;
        if (h.covered_s >= 120.0) {
            h.lf_ms2 = lomb_band(t, nn, 0.04, 0.15).power;
            if (*h.hf_ms2 > 0.0) h.lf_hf = *h.lf_ms2 / *h.hf_ms2;
            if (*h.lf_ms2 + *h.hf_ms2 > 0.0) h.hf_nu = *h.hf_ms2 / (*h.lf_ms2 + *h.hf_ms2);
        }
    }
    if (h.covered_s >= 120.0 && steps.size() >= 100) {
        const double sdsd = sd_of(steps);
        Vec sums;
        for (std::size_t i = 0; i < before.size(); ++i) sums.push_back(before[i] + after[i]);
        h.sd1_ms = sdsd / std::sqrt(2.0);
        h.sd2_ms = sd_of(sums) / std::sqrt(2.0);
        if (*h.sd2_ms > 0.0) h.sd1_sd2 = *h.sd1_ms / *h.sd2_ms;
        h.sample_entropy = sample_entropy(nn);
        h.dfa_alpha1 = dfa_alpha1(nn);
    }
    return h;
}

}  // namespace attune::signal
