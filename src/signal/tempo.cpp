// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/tempo.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "signal/detail/dot.hpp"

namespace attune::signal {
namespace {

using Frames = MusicFrames;
constexpr double kRate = static_cast<double>(Frames::kRate) / Frames::kOnsetHop;  // [Hz]
constexpr double kLowestBpm = 30.0, kHighestBpm = 300.0;
constexpr double kPriorBpm = 90.0,
                 kPriorOctaves = 1.1;  // centre and SD of the prior over log2 tempo
constexpr std::size_t kCombTeeth = 4;
constexpr double kTightness = 400.0;  // of the beats' spacing, as in Ellis 2007
/// Time from the start of an onset window to where a sudden sound has made most of its rise.
constexpr double kOnsetOffset_s = 0.5 * Frames::kOnsetWindow / Frames::kRate;

/// Bands weighed alike, peaks limited, the local mean (±0.75 s) taken away, smoothed over 3 frames.
std::vector<float> strength_of(std::span<const Frames::Onset> onset) {
    std::array<double, Frames::kOnsetBands> mean{};
    for (const auto& o : onset) {
        for (std::size_t b = 0; b < mean.size(); ++b)
            mean[b] += static_cast<double>(o.rise[b]) / static_cast<double>(onset.size());
    }
    std::vector<float> x(onset.size(), 0.0F);
    for (std::size_t t = 0; t < onset.size(); ++t) {
        for (std::size_t b = 0; b < mean.size(); ++b) {
            if (mean[b] > 1e-12)
                x[t] += static_cast<float>(
                            std::min(8.0, static_cast<double>(onset[t].rise[b]) / mean[b])) /
                        4.0F;
        }
    }
    std::vector<double> prefix(x.size() + 1, 0.0);
    for (std::size_t t = 0; t < x.size(); ++t)
        prefix[t + 1] = prefix[t] + static_cast<double>(x[t]);
    constexpr std::size_t kHalf = 65;
    std::vector<float> flat(x.size());
    for (std::size_t t = 0; t < x.size(); ++t) {
        const std::size_t from = t > kHalf ? t - kHalf : 0, to = std::min(x.size(), t + kHalf + 1);
        flat[t] = std::max(0.0F, x[t] - static_cast<float>((prefix[to] - prefix[from]) /
                                                           static_cast<double>(to - from)));
    }
    std::vector<float> out(x.size());
    for (std::size_t t = 0; t < x.size(); ++t) {
        const float before = t > 0 ? flat[t - 1] : 0.0F,
                    after = t + 1 < x.size() ? flat[t + 1] : 0.0F;
        out[t] = 0.25F * before + 0.5F * flat[t] + 0.25F * after;
    }
    return out;
}

/// Autocorrelation at lags 0..most, per overlapping frame.
std::vector<double> autocorrelation(const std::vector<float>& x, std::size_t most) {
    std::vector<float> centred(x);
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    for (float& v : centred) v -= static_cast<float>(mean);
    std::vector<double> r(most + 1, 0.0);
    for (std::size_t lag = 0; lag <= most && lag < x.size(); ++lag) {
        r[lag] =
            static_cast<double>(detail::dot(centred.data(), centred.data() + lag, x.size() - lag)) /
            static_cast<double>(x.size() - lag);
    }
    return r;
}

double at(const std::vector<double>& r, double lag) {
    const auto i = static_cast<std::size_t>(lag);
    if (i + 1 >= r.size()) return 0.0;
    const double f = lag - static_cast<double>(i);
    return r[i] * (1.0 - f) + r[i + 1] * f;
}

struct Period {
    double frames = 0.0, salience = 0.0;  ///< salience: autocorrelation there over lag 0
};

Period best_period(const std::vector<double>& r) {
    Period best;
    double top = 0.0;
    const double shortest = 60.0 * kRate / kHighestBpm, longest = 60.0 * kRate / kLowestBpm;
    for (double lag = shortest; lag <= longest; lag *= 1.005) {
        double comb = 0.0, weight = 0.0;
        for (std::size_t k = 1; k <= kCombTeeth; ++k) {
            const double tooth = static_cast<double>(k) * lag;
            if (tooth + 1.0 >= static_cast<double>(r.size())) break;
            // Later teeth are blurred by what the tempo wanders: look around them.
            double value = at(r, tooth);
            for (double d = 1.0; d <= static_cast<double>(k - 1); d += 1.0)
                value = std::max({value, at(r, tooth - d), at(r, tooth + d)});
            comb += value / static_cast<double>(k);
            weight += 1.0 / static_cast<double>(k);
        }
        const double octaves = std::log2(60.0 * kRate / lag / kPriorBpm) / kPriorOctaves;
        const double score = comb / weight * std::exp(-0.5 * octaves * octaves);
        if (score > top) top = score, best = {lag, at(r, lag) / std::max(r[0], 1e-12)};
    }
    return best;
}

/// Frames of beats around a period, by dynamic programming over the whole track.
std::vector<std::size_t> track_beats(const std::vector<float>& x, double period) {
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    double variance = 0.0;
    for (const float v : x)
        variance += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    const double sd = std::sqrt(variance / static_cast<double>(x.size())) + 1e-12;
    const auto nearest = static_cast<std::size_t>(std::lround(period / 2)),
               farthest = static_cast<std::size_t>(std::lround(period * 2));
    std::vector<double> penalty(farthest + 1, 0.0);
    for (std::size_t d = nearest; d <= farthest; ++d) {
        const double l = std::log(static_cast<double>(d) / period);
        penalty[d] = -kTightness * l * l;
    }
    std::vector<double> score(x.size());
    std::vector<std::int32_t> from(x.size(), -1);
    for (std::size_t t = 0; t < x.size(); ++t) {
        double best = 0.0;
        for (std::size_t d = nearest; d <= farthest && d <= t; ++d) {
            const double s = score[t - d] + penalty[d];
            if (s > best) best = s, from[t] = static_cast<std::int32_t>(t - d);
        }
        score[t] = static_cast<double>(x[t]) / sd + best;
    }
    const std::size_t tail = x.size() - std::min(x.size(), farthest);
    auto t = static_cast<std::int32_t>(
        std::max_element(score.begin() + static_cast<std::ptrdiff_t>(tail), score.end()) -
        score.begin());
    std::vector<std::size_t> beats;
    for (; t >= 0; t = from[static_cast<std::size_t>(t)])
        beats.push_back(static_cast<std::size_t>(t));
    std::reverse(beats.begin(), beats.end());
    return beats;
}

double median(std::vector<double> v) {
    if (v.empty()) return 0.0;
    const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
    std::nth_element(v.begin(), middle, v.end());
    return *middle;
}

/// Median over windows of 16 beats of the slope of time over beat number [s].
double regressed_period(const std::vector<double>& beats) {
    const std::size_t span = std::min<std::size_t>(16, beats.size());
    std::vector<double> slopes;
    for (std::size_t first = 0; first + span <= beats.size(); ++first) {
        const double centre = (static_cast<double>(span) - 1.0) / 2.0;
        double xy = 0.0, xx = 0.0;
        for (std::size_t i = 0; i < span; ++i) {
            const double d = static_cast<double>(i) - centre;
            xy += d * beats[first + i];
            xx += d * d;
        }
        slopes.push_back(xy / xx);
    }
    return median(std::move(slopes));
}

}  // namespace

std::optional<TempoEstimate> estimate_tempo(std::span<const Frames::Onset> onset) {
    if (static_cast<double>(onset.size()) < 3.0 * kRate) return std::nullopt;
    const auto x = strength_of(onset);
    const auto r =
        autocorrelation(x, static_cast<std::size_t>(kCombTeeth * 60.0 * kRate / kLowestBpm) + 8);
    if (!(r[0] > 1e-12)) return std::nullopt;
    const Period period = best_period(r);
    if (period.frames <= 0.0) return std::nullopt;
    const auto frames = track_beats(x, period.frames);
    if (frames.size() < 4) return std::nullopt;
    std::vector<double> beats;
    for (const std::size_t f : frames)
        beats.push_back(static_cast<double>(f) / kRate + kOnsetOffset_s);
    const double spacing = regressed_period(beats);
    if (!(spacing > 0.0)) return std::nullopt;
    TempoEstimate out;
    out.bpm = 60.0 / spacing;
    std::vector<double> deviations;
    for (std::size_t i = 1; i < beats.size(); ++i)
        deviations.push_back(std::abs(60.0 / (beats[i] - beats[i - 1]) - out.bpm));
    out.sd_bpm = 1.4826 * median(std::move(deviations));
    out.confidence = std::clamp(period.salience * 1.5, 0.0, 1.0);
    for (const double b : beats) out.beats_s.push_back(static_cast<float>(b));
    return out;
}

}  // namespace attune::signal
