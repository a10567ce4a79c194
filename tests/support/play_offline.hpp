// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Runs a player as fast as it goes and gives the sound back.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "media/pcm_reader.hpp"
#include "play/player.hpp"
#include "support/audio_files.hpp"
#include "support/play_items.hpp"

namespace attune::test {

struct Rendered {
    std::vector<float> left, right;
    play::News news;
    play::Telemetry telemetry;
};

inline void append(play::News& to, play::News&& more) {
    to.heard.insert(to.heard.end(), more.heard.begin(), more.heard.end());
    to.joins.insert(to.joins.end(), more.joins.begin(), more.joins.end());
    to.events.insert(to.events.end(), more.events.begin(), more.events.end());
    to.exposures.insert(to.exposures.end(), more.exposures.begin(), more.exposures.end());
}

inline Rendered run_offline(std::vector<std::unique_ptr<play::Item>> items, double seconds,
                            const std::vector<play::Control>& controls = {},
                            play::PlayerConfig config = {},
                            play::RunMode mode = play::RunMode::kOffline) {
    TempDir dir;
    core::SimulatedClock clock;
    config.mode = mode;
    if (mode == play::RunMode::kOffline) config.file = dir.file("out.wav");
    Rendered out;
    auto player = play::Player::create(config, clock);
    EXPECT_TRUE(player) << player.error().describe();
    for (auto& item : items) EXPECT_TRUE((*player)->enqueue(std::move(item)));
    for (const auto& c : controls) (*player)->control(c);
    for (double t = 1.0; t < seconds + 1.0 && !(*player)->ended(); t += 1.0) {
        const Time to = Time{} + from_seconds(std::min(t, seconds));
        clock.advance_to(to);
        const auto done = (*player)->advance_to(to);
        EXPECT_TRUE(done) << done.error().describe();
        append(out.news, (*player)->poll());
    }
    EXPECT_TRUE((*player)->finish());
    out.telemetry = (*player)->telemetry();
    if (mode != play::RunMode::kOffline) return out;
    const auto pcm = media::decode_all(config.file, 48000, 2);
    EXPECT_TRUE(pcm) << pcm.error().describe();
    if (!pcm) return out;
    for (std::size_t k = 0; k + 1 < pcm->samples.size(); k += 2) {
        out.left.push_back(pcm->samples[k]);
        out.right.push_back(pcm->samples[k + 1]);
    }
    return out;
}

/// Least-squares fit of a*sin + b*cos at `hz` over x[from, from+n): amplitude, phase at x[0], and
/// the RMS of what remains.
struct SineFit {
    double amplitude = 0.0, phase = 0.0, residual_rms = 0.0, residual_peak = 0.0;
};
inline SineFit fit_sine(const std::vector<float>& x, std::size_t from, std::size_t n, double hz,
                        double rate = 48000.0) {
    double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0;
    const double w = 2.0 * std::numbers::pi * hz / rate;
    for (std::size_t k = from; k < from + n; ++k) {
        const double s = std::sin(w * static_cast<double>(k)),
                     c = std::cos(w * static_cast<double>(k)), v = static_cast<double>(x[k]);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += v * s;
        xc += v * c;
    }
    const double det = ss * cc - sc * sc;
    const double a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
    SineFit fit{std::hypot(a, b), std::atan2(b, a), 0.0, 0.0};
    for (std::size_t k = from; k < from + n; ++k) {
        const double r = static_cast<double>(x[k]) - a * std::sin(w * static_cast<double>(k)) -
                         b * std::cos(w * static_cast<double>(k));
        fit.residual_rms += r * r;
        fit.residual_peak = std::max(fit.residual_peak, std::abs(r));
    }
    fit.residual_rms = std::sqrt(fit.residual_rms / static_cast<double>(n));
    return fit;
}

inline double db(double x) { return 20.0 * std::log10(std::max(x, 1e-12)); }

}  // namespace attune::test
