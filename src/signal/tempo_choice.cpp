// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/tempo_choice.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "signal/detail/dot.hpp"

namespace attune::signal {
namespace {

using Frames = MusicFrames;
constexpr double kRate = static_cast<double>(Frames::kRate) / Frames::kOnsetHop;  // [Hz]
constexpr double kLowestBpm = 30.0, kHighestBpm = 300.0, kMiddleBpm = 100.0;
constexpr double kShortest = 60.0 * kRate / kHighestBpm, kLongest = 60.0 * kRate / kLowestBpm;  // [frames]
constexpr double kStep = 1.005;  // of the grid of periods
constexpr std::size_t kCombTeeth = 4, kMostPeaks = 12, kBestPeaks = 3;
constexpr std::size_t kLocalMean = 65;  // [frames] to either side
constexpr std::size_t kBands = Frames::kOnsetBands;
constexpr float kOnsetHeight = 0.3F;
constexpr double kEvenness_s = 0.1;  // lag at which the low band's autocorrelation tells rolls from beats

/// Multiples of a candidate at which the strength's autocorrelation is looked at, and those of each band's.
constexpr std::array kMultiples{0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75, 1.0, 4.0 / 3.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0};
constexpr std::array kBandMultiples{0.5, 1.0, 2.0, 4.0};
/// Of these features the weight also depends on the tempo: a quarter, a half, one, two and four periods.
constexpr std::array<std::size_t, 5> kWithTempo{1, 3, 6, 9, 11};
/// What stands in these ratios to the best peaks is looked at even where the comb has no peak.
constexpr std::array kRatios{0.5, 2.0, 1.0 / 3.0, 3.0, 2.0 / 3.0, 1.5};

// clang-format off
/// One a feature: comb; kMultiples; kBandMultiples of each band; log tempo, its square and cube; log tempo times density,
/// three shares of bands, evenness of height and of time; its square times the first two; kWithTempo times log tempo.
constexpr std::array<double, kTempoFeatures> kWeights{
#include "signal/detail/tempo_weights.inc"
};
// clang-format on

/// Positive part of what exceeds the local mean, smoothed over 3 frames.
std::vector<float> flattened(const std::vector<float>& x) {
    std::vector<double> prefix(x.size() + 1, 0.0);
    for (std::size_t t = 0; t < x.size(); ++t) prefix[t + 1] = prefix[t] + static_cast<double>(x[t]);
    std::vector<float> flat(x.size());
    for (std::size_t t = 0; t < x.size(); ++t) {
        const std::size_t from = t > kLocalMean ? t - kLocalMean : 0, to = std::min(x.size(), t + kLocalMean + 1);
        flat[t] = std::max(0.0F, x[t] - static_cast<float>((prefix[to] - prefix[from]) / static_cast<double>(to - from)));
    }
    std::vector<float> out(x.size());
    for (std::size_t t = 0; t < x.size(); ++t) {
        const float before = t > 0 ? flat[t - 1] : 0.0F, after = t + 1 < x.size() ? flat[t + 1] : 0.0F;
        out[t] = 0.25F * before + 0.5F * flat[t] + 0.25F * after;
    }
    return out;
}

std::array<double, kBands> mean_rise(std::span<const Frames::Onset> onset) {
    std::array<double, kBands> mean{};
    for (const auto& o : onset) {
        for (std::size_t b = 0; b < kBands; ++b) mean[b] += static_cast<double>(o.rise[b]) / static_cast<double>(onset.size());
    }
    return mean;
}

/// A rise over its band's mean, limited.
float limited(const Frames::Onset& o, const std::array<double, kBands>& mean, std::size_t b) {
    return mean[b] > 1e-12 ? static_cast<float>(std::min(8.0, static_cast<double>(o.rise[b]) / mean[b])) : 0.0F;
}

/// Autocorrelation at lags 0..most, per overlapping frame, over that at lag 0; empty if there is nothing.
std::vector<double> autocorrelation(std::span<const float> x, std::size_t most) {
    std::vector<float> centred(x.begin(), x.end());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    for (float& v : centred) v -= static_cast<float>(mean);
    std::vector<double> r(most + 1, 0.0);
    for (std::size_t lag = 0; lag <= most && lag < x.size(); ++lag)
        r[lag] = static_cast<double>(detail::dot(centred.data(), centred.data() + lag, x.size() - lag)) / static_cast<double>(x.size() - lag);
    const double whole = std::max(r[0], 1e-12);
    for (double& v : r) v /= whole;
    return r;
}

double at(const std::vector<double>& r, double lag) {
    const auto i = static_cast<std::size_t>(lag);
    if (i + 1 >= r.size()) return 0.0;
    const double f = lag - static_cast<double>(i);
    return r[i] * (1.0 - f) + r[i + 1] * f;
}

/// The largest value around a lag: what a tempo wanders, later multiples wander more.
double around(const std::vector<double>& r, double lag) {
    const double width = std::max(1.0, 0.015 * lag);
    double best = at(r, lag);
    for (const double k : {-1.0, -0.5, 0.5, 1.0}) best = std::max(best, at(r, std::max(0.0, lag + k * width)));
    return best;
}

/// The comb over a grid of periods: teeth at its first multiples.
struct Comb {
    std::vector<double> period, value;
    explicit Comb(const std::vector<double>& r) {
        double weight = 0.0;
        for (std::size_t k = 1; k <= kCombTeeth; ++k) weight += 1.0 / static_cast<double>(k);
        for (double lag = kShortest; lag <= kLongest; lag *= kStep) {
            double sum = 0.0;
            for (std::size_t k = 1; k <= kCombTeeth; ++k) {
                const double tooth = static_cast<double>(k) * lag;
                double v = at(r, tooth);
                for (double d = 1.0; d <= static_cast<double>(k - 1); d += 1.0) v = std::max({v, at(r, tooth - d), at(r, tooth + d)});
                sum += v / static_cast<double>(k);
            }
            period.push_back(lag);
            value.push_back(sum / weight);
        }
    }
    [[nodiscard]] double at_period(double lag) const {
        const auto above = static_cast<std::size_t>(std::upper_bound(period.begin(), period.end(), lag) - period.begin());
        if (above == 0) return value.front();
        if (above == period.size()) return value.back();
        const double f = (lag - period[above - 1]) / (period[above] - period[above - 1]);
        return value[above - 1] * (1.0 - f) + value[above] * f;
    }
};

std::vector<double> candidate_periods(const Comb& comb) {
    std::vector<std::size_t> peaks;
    for (std::size_t i = 1; i + 1 < comb.value.size(); ++i) {
        if (comb.value[i] >= comb.value[i - 1] && comb.value[i] > comb.value[i + 1]) peaks.push_back(i);
    }
    std::stable_sort(peaks.begin(), peaks.end(), [&](std::size_t a, std::size_t b) { return comb.value[a] > comb.value[b]; });
    if (peaks.size() > kMostPeaks) peaks.resize(kMostPeaks);
    std::vector<double> out;
    for (const std::size_t i : peaks) out.push_back(comb.period[i]);
    const std::vector<double> best(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(std::min(kBestPeaks, out.size())));
    for (const double b : best)
        for (const double ratio : kRatios) {
            const double lag = b * ratio;
            const bool known = std::any_of(out.begin(), out.end(), [&](double p) { return std::abs(std::log2(lag / p)) <= 0.04; });
            if (lag >= kShortest && lag <= kLongest && !known) out.push_back(lag);
        }
    return out;
}

/// How dense the onsets are, where in the spectrum, and how even: what moves the preferred tempo.
std::array<double, 6> piece_features(std::span<const float> x, const std::array<double, kBands>& mean, const std::vector<double>& low_band) {
    std::size_t onsets = 0;
    for (std::size_t t = 1; t + 1 < x.size(); ++t) onsets += x[t] > x[t - 1] && x[t] >= x[t + 1] && x[t] > kOnsetHeight ? 1U : 0U;
    const double rate = static_cast<double>(onsets) * kRate / static_cast<double>(x.size());
    std::array<double, kBands> share{};
    double average = 0.0;
    for (std::size_t b = 0; b < kBands; ++b) share[b] = std::log(mean[b] + 1e-9), average += share[b] / kBands;
    double sum = 0.0, square = 0.0;
    for (const float v : x) sum += static_cast<double>(v), square += static_cast<double>(v) * static_cast<double>(v);
    const auto n = static_cast<double>(x.size());
    return {std::log2(std::max(rate, 0.1)) - 1.5, share[0] - average, share[1] - average, share[2] - average,
            sum / n / (std::sqrt(square / n) + 1e-9) * 4.0 - 1.0, low_band[static_cast<std::size_t>(std::lround(kEvenness_s * kRate))]};
}

}  // namespace

std::vector<float> onset_strength(std::span<const Frames::Onset> onset) {
    const auto mean = mean_rise(onset);
    std::vector<float> x(onset.size(), 0.0F);
    for (std::size_t t = 0; t < onset.size(); ++t) {
        for (std::size_t b = 0; b < kBands; ++b) x[t] += limited(onset[t], mean, b) / 4.0F;
    }
    return flattened(x);
}

std::vector<TempoCandidate> tempo_candidates(std::span<const Frames::Onset> onset, std::span<const float> strength) {
    const auto r = autocorrelation(strength, static_cast<std::size_t>(kMultiples.back() * kLongest) + 8);
    if (!(r[0] > 0.5)) return {};
    const auto mean = mean_rise(onset);
    std::array<std::vector<double>, kBands> bands;
    for (std::size_t b = 0; b < kBands; ++b) {
        std::vector<float> x(onset.size());
        for (std::size_t t = 0; t < onset.size(); ++t) x[t] = limited(onset[t], mean, b);
        bands[b] = autocorrelation(flattened(x), static_cast<std::size_t>(1.02 * kBandMultiples.back() * kLongest) + 8);
    }
    const auto piece = piece_features(strength, mean, bands[0]);
    const Comb comb(r);
    std::vector<TempoCandidate> out;
    for (const double lag : candidate_periods(comb)) {
        TempoCandidate c{lag, {}};
        std::size_t n = 0;
        c.features[n++] = comb.at_period(lag);
        for (const double m : kMultiples) c.features[n++] = around(r, m * lag);
        for (const auto& band : bands)
            for (const double m : kBandMultiples) c.features[n++] = around(band, m * lag);
        const double tempo = std::log2(60.0 * kRate / lag / kMiddleBpm);
        for (const double v : {tempo, tempo * tempo, tempo * tempo * tempo}) c.features[n++] = v;
        for (const double v : piece) c.features[n++] = tempo * v;
        for (std::size_t i = 0; i < 2; ++i) c.features[n++] = tempo * tempo * piece[i];
        for (const std::size_t i : kWithTempo) c.features[n++] = tempo * c.features[i];
        out.push_back(c);
    }
    return out;
}

std::optional<TempoPeriod> choose_period(std::span<const Frames::Onset> onset, std::span<const float> strength) {
    const auto candidates = tempo_candidates(onset, strength);
    if (candidates.empty()) return std::nullopt;
    std::vector<double> scores;
    for (const auto& c : candidates) scores.push_back(std::inner_product(c.features.begin(), c.features.end(), kWeights.begin(), 0.0));
    const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    double total = 0.0;
    for (const double s : scores) total += std::exp(s - scores[best]);
    return TempoPeriod{candidates[best].frames, candidates[best].features[6], 1.0 / total};
}

}  // namespace attune::signal
