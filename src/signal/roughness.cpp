// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/roughness.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "signal/stft.hpp"

namespace attune::signal {
namespace {

constexpr std::size_t kPartials = 24;
/// Peaks weaker than this share of the frame's strongest are the window's side lobes and noise, not partials (SRA has such a
/// threshold too): the model's weak dependence on level, X^.1, would let them outvote what is heard.
constexpr double kWeakest = .02;
constexpr double kFloor = 1e-10;  ///< mean power below which a frame is silence

struct Spectrogram {
    std::size_t bins = 0, frames = 0;
    double hz_per_bin = 0.0;
    std::vector<float> power;  ///< row-major frames x bins
};

Result<std::optional<Spectrogram>> spectrogram(std::span<const float> mono, int rate_hz, std::size_t window, std::size_t hop) {
    if (rate_hz < 8000 || rate_hz > 192000) return fail(ErrorCode::kBadArgument, "rate " + std::to_string(rate_hz) + " Hz; 8000..192000 is allowed");
    ATTUNE_TRY(auto stft, Stft::create({window, hop, 0, Window::kHann}));
    Spectrogram s;
    s.bins = stft.bins();
    s.frames = stft.frames(mono.size());
    if (s.frames == 0) return std::optional<Spectrogram>{};
    s.hz_per_bin = static_cast<double>(rate_hz) / static_cast<double>(window);
    s.power.resize(s.bins * s.frames);
    for (std::size_t i = 0; i < s.frames; ++i) stft.power(mono.subspan(i * hop, window), std::span(s.power).subspan(i * s.bins, s.bins));
    return std::optional<Spectrogram>(std::move(s));
}

float median(std::vector<float>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double frame_roughness(std::span<const float> power, double hz_per_bin) {
    struct Partial {
        double a, f;
    };
    std::vector<Partial> partials;
    double total = 0;
    for (std::size_t k = 2; k + 2 < power.size(); ++k) {
        total += static_cast<double>(power[k]);
        if (power[k] <= power[k - 1] || power[k] < power[k + 1]) continue;
        // The peak between the bins (parabola through log power).
        const double l = std::log(static_cast<double>(power[k - 1]) + 1e-30), m = std::log(static_cast<double>(power[k]) + 1e-30),
                     r = std::log(static_cast<double>(power[k + 1]) + 1e-30);
        const double shift = std::clamp(.5 * (l - r) / (l - 2 * m + r), -.5, .5);
        partials.push_back({std::sqrt(static_cast<double>(power[k])), (static_cast<double>(k) + shift) * hz_per_bin});
    }
    if (partials.empty() || total <= 0) return 0;
    auto n = std::min(kPartials, partials.size());
    std::partial_sort(partials.begin(), partials.begin() + static_cast<std::ptrdiff_t>(n), partials.end(),
                      [](const Partial& a, const Partial& b) { return a.a > b.a; });
    while (partials[n - 1].a < kWeakest * partials.front().a) --n;
    double sum = 0, energy = 0;
    const double scale = 1.0 / partials.front().a;
    for (std::size_t i = 0; i < n; ++i) energy += partials[i].a * partials[i].a * scale * scale;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j) sum += pair_roughness(partials[i].a * scale, partials[i].f, partials[j].a * scale, partials[j].f);
    return sum / energy;
}

}  // namespace

double pair_roughness(double a1, double f1, double a2, double f2) noexcept {
    if (a1 <= 0 || a2 <= 0) return 0;
    const double low = std::min(f1, f2), distance = std::abs(f1 - f2);
    const double s = .24 / (.0207 * low + 18.96);
    const double x = std::pow(a1 * a2, .1), y = 2.0 * std::min(a1, a2) / (a1 + a2);
    const double z = std::exp(-3.5 * s * distance) - std::exp(-5.75 * s * distance);
    return x * .5 * std::pow(y, 3.11) * z;
}

Result<std::optional<double>> roughness(std::span<const float> mono, int rate_hz) {
    ATTUNE_TRY(const auto s, spectrogram(mono, rate_hz, 8192, 4096));
    if (!s) return std::optional<double>{};
    const auto used = static_cast<std::size_t>(std::min(5000.0 / s->hz_per_bin, static_cast<double>(s->bins)));
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < s->frames; ++i) {
        const auto row = std::span(s->power).subspan(i * s->bins, used);
        double mean = 0;
        for (float p : row) mean += static_cast<double>(p);
        if (mean / static_cast<double>(used) < kFloor) continue;
        // Loud frames are heard more than what rings on behind them.
        const double loud = std::sqrt(mean);
        sum += loud * frame_roughness(row, s->hz_per_bin);
        weight += loud;
    }
    if (weight <= 0) return std::optional<double>{};
    return std::optional<double>(sum / weight);
}

Result<std::optional<double>> percussive_ratio(std::span<const float> mono, int rate_hz) {
    constexpr std::size_t kHalf = 8;  // medians over 17 frames (harmonic) and 17 bins (percussive)
    ATTUNE_TRY(const auto s, spectrogram(mono, rate_hz, 2048, 1024));
    if (!s) return std::optional<double>{};
    double percussive = 0, all = 0;
    std::vector<float> along, across;
    for (std::size_t t = 0; t < s->frames; ++t)
        for (std::size_t k = 1; k < s->bins; k += 2) {
            along.clear();
            across.clear();
            for (std::size_t u = t > kHalf ? t - kHalf : 0; u <= std::min(t + kHalf, s->frames - 1); ++u) along.push_back(s->power[u * s->bins + k]);
            for (std::size_t j = k > kHalf ? k - kHalf : 0; j <= std::min(k + kHalf, s->bins - 1); ++j) across.push_back(s->power[t * s->bins + j]);
            const double h = static_cast<double>(median(along)), p = static_cast<double>(median(across));
            const double x = static_cast<double>(s->power[t * s->bins + k]);
            all += x;
            if (h + p > 0) percussive += x * p * p / (h * h + p * p + 1e-300);
        }
    if (all / static_cast<double>(s->power.size()) < kFloor) return std::optional<double>{};
    return std::optional<double>(percussive / all);
}

Result<std::optional<double>> spectral_centroid_hz(std::span<const float> mono, int rate_hz) {
    ATTUNE_TRY(const auto s, spectrogram(mono, rate_hz, 2048, 1024));
    if (!s) return std::optional<double>{};
    double weighted = 0, all = 0;
    for (std::size_t t = 0; t < s->frames; ++t)
        for (std::size_t k = 0; k < s->bins; ++k) {
            const double p = static_cast<double>(s->power[t * s->bins + k]);
            weighted += p * static_cast<double>(k) * s->hz_per_bin;
            all += p;
        }
    if (all / static_cast<double>(s->power.size()) < kFloor) return std::optional<double>{};
    return std::optional<double>(weighted / all);
}

}  // namespace attune::signal
