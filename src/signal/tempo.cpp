// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/tempo.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "signal/tempo_choice.hpp"

namespace attune::signal {
namespace {

using Frames = MusicFrames;
constexpr double kRate = static_cast<double>(Frames::kRate) / Frames::kOnsetHop;  // [Hz]
constexpr double kTightness = 400.0;  // of the beats' spacing, as in Ellis 2007
/// Time from the start of an onset window to where a sudden sound has made most of its rise.
constexpr double kOnsetOffset_s = 0.5 * Frames::kOnsetWindow / Frames::kRate;

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
    const auto x = onset_strength(onset);
    const auto period = choose_period(onset, x);
    if (!period) return std::nullopt;
    const auto frames = track_beats(x, period->frames);
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
    out.confidence = std::clamp(period->salience * 1.5, 0.0, 1.0) * period->probability;
    for (const double b : beats) out.beats_s.push_back(static_cast<float>(b));
    return out;
}

}  // namespace attune::signal
