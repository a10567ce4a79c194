// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <ebur128.h>

#include "core/random.hpp"
#include "play/guard.hpp"
#include "play/limiter.hpp"
#include "play/meter.hpp"
#include "support/play_offline.hpp"

namespace attune::play {
namespace {

/// True peak by 16x oversampling with a long filter: finer than any meter.
double true_peak_db(const std::vector<float>& x) {
    constexpr int kHalf = 48, kUp = 16;
    std::vector<std::vector<double>> phases(kUp, std::vector<double>(2 * kHalf));
    for (int p = 0; p < kUp; ++p)
        for (int j = 0; j < 2 * kHalf; ++j) {
            const double t = j - kHalf + 1 - static_cast<double>(p) / kUp,
                         w = .5 + .5 * std::cos(std::numbers::pi * t / (kHalf + 1));
            phases[static_cast<std::size_t>(p)][static_cast<std::size_t>(j)] =
                w * (std::abs(t) < 1e-12 ? 1.0
                                         : std::sin(std::numbers::pi * t) / (std::numbers::pi * t));
        }
    double peak = 0;
    for (std::size_t k = kHalf; k + kHalf < x.size(); ++k) {
        if (std::abs(x[k]) < .3F) continue;
        for (const auto& h : phases) {
            double s = 0;
            for (int j = 0; j < 2 * kHalf; ++j)
                s += h[static_cast<std::size_t>(j)] *
                     static_cast<double>(x[k + static_cast<std::size_t>(j) - kHalf + 1]);
            peak = std::max(peak, std::abs(s));
        }
    }
    return test::db(peak);
}

std::vector<std::pair<std::string, std::vector<float>>> adversaries() {
    std::vector<std::pair<std::string, std::vector<float>>> all;
    constexpr std::size_t kN = 12000;
    const auto make = [&](const std::string& name, auto f) {
        std::vector<float> x(kN);
        for (std::size_t k = 0; k < kN; ++k) x[k] = static_cast<float>(f(k));
        all.emplace_back(name, std::move(x));
    };
    const double pi = std::numbers::pi;
    make("quarter rate, 45 degrees, full",
         [&](std::size_t k) { return 1.41 * std::sin(pi / 2 * static_cast<double>(k) + pi / 4); });
    make("quarter rate, 4x over",
         [&](std::size_t k) { return 4.0 * std::sin(pi / 2 * static_cast<double>(k) + pi / 4); });
    make("sixth rate",
         [&](std::size_t k) { return 1.15 * std::sin(pi / 3 * static_cast<double>(k) + pi / 3); });
    make("square 1 kHz", [](std::size_t k) { return k / 24 % 2 == 0 ? 1.0 : -1.0; });
    make("pairs", [](std::size_t k) { return k / 2 % 2 == 0 ? 1.0 : -1.0; });
    make("clicks", [](std::size_t k) { return k % 997 == 0 ? 1.0 : k % 997 == 1 ? -1.0 : 0.0; });
    make("bursts out of silence", [&](std::size_t k) {
        return k / 1500 % 2 == 0 ? 0.0 : 2.0 * std::sin(.7 * static_cast<double>(k));
    });
    make("steps", [](std::size_t k) { return k / 700 % 2 == 0 ? .1 : 1.3; });
    make("sweep to 20 kHz", [&](std::size_t k) {
        const double t = static_cast<double>(k) / 48000;
        return 1.3 * std::sin(2 * pi * (100 * t + 40000 * t * t));
    });
    make("18 kHz", [&](std::size_t k) {
        return 1.2 * std::sin(2 * pi * 18000 * static_cast<double>(k) / 48000 + .3);
    });
    core::Random random(7, "test/limiter");
    make("clipped noise", [&](std::size_t) { return std::clamp(random.normal(0, 2), -1.0, 1.0); });
    make("loud noise", [&](std::size_t) { return random.normal(0, .6); });
    return all;
}

TEST(Limiter, InterSamplePeaksNeverPassMinusOne) {
    double worst = -100;
    for (const auto& [name, x] : adversaries()) {
        TruePeakLimiter limiter;
        std::vector<float> l = x, r = x;
        for (std::size_t at = 0; at < l.size(); at += 480) {
            const std::size_t n = std::min<std::size_t>(480, l.size() - at);
            limiter.process(std::span(l).subspan(at, n), std::span(r).subspan(at, n));
        }
        const double peak = true_peak_db(l);
        EXPECT_LE(peak, -1.0) << name;
        worst = std::max(worst, peak);
    }
    RecordProperty("worst_dbtp", std::to_string(worst));
}

TEST(Limiter, IsTheDelayedInputBelowTheThreshold) {
    core::Random random(3, "test/limiter");
    TruePeakLimiter limiter;
    std::vector<float> x(20000), y(20000), z(20000);
    for (std::size_t k = 0; k < x.size(); ++k)
        x[k] = static_cast<float>(.5 * std::sin(.05 * static_cast<double>(k)) +
                                  random.uniform(-.1, .1));
    y = z = x;
    limiter.process(y, z);
    for (std::size_t k = TruePeakLimiter::latency(); k < x.size(); ++k)
        ASSERT_EQ(y[k], x[k - TruePeakLimiter::latency()]);
}

TEST(Limiter, ComesBackToTransparentAfterAPeak) {
    TruePeakLimiter limiter;
    std::vector<float> x(120000, .25F), r(120000, 0.0F);
    for (std::size_t k = 1000; k < 1100; ++k) x[k] = 3.0F;
    auto y = x;
    limiter.process(y, r);
    EXPECT_LE(*std::max_element(y.begin(), y.end()), .892F);
    EXPECT_EQ(y.back(), .25F);
}

double integrated_lufs(const std::vector<float>& l, const std::vector<float>& r, std::size_t from) {
    ebur128_state* e = ebur128_init(2, 48000, EBUR128_MODE_I);
    std::vector<float> both;
    for (std::size_t k = from; k < l.size(); ++k) {
        both.push_back(l[k]);
        both.push_back(r[k]);
    }
    ebur128_add_frames_float(e, both.data(), both.size() / 2);
    double lufs = 0;
    ebur128_loudness_global(e, &lufs);
    ebur128_destroy(&e);
    return lufs;
}

TEST(Loudness, NormalisedTracksComeOutAtTheTarget) {
    for (const double amplitude : {.9, .4, .1, .03}) {
        test::TempDir dir;
        core::Random random(5, "test/loudness");
        std::vector<float> x(48000 * 12);
        double low = 0;
        for (auto& v : x) {
            low += .2 * (random.uniform(-1, 1) - low);
            v = static_cast<float>(amplitude * low);
        }
        test::write_wav(dir.file("a.wav"), x, 48000);
        flow::TrackProfile profile;
        profile.source_rate_hz = 48000;
        profile.loudness_lufs =
            flow::Estimate<double>{integrated_lufs(x, x, 0), {}, flow::ValueOrigin::kMeasured, ""};
        profile.true_peak_dbtp =
            flow::Estimate<double>{true_peak_db(x) < -90 ? test::db(amplitude) : true_peak_db(x),
                                   {},
                                   flow::ValueOrigin::kMeasured,
                                   ""};
        flow::PlanItem plan;
        plan.id = test::id_of(1);
        plan.path = dir.file("a.wav");
        plan.gain_db = normalisation_gain_db(profile.loudness_lufs->value,
                                             profile.true_peak_dbtp->value, -18.0);
        std::vector<std::unique_ptr<Item>> items;
        items.push_back(make_item(plan, &profile));
        items.push_back(test::silence(2, 30));
        const auto out = test::run_offline(std::move(items), 11.0);
        const double expected = std::min(
            -18.0, profile.loudness_lufs->value +
                       std::max(0.0, std::min(15.0, -1.0 - profile.true_peak_dbtp->value)));
        EXPECT_NEAR(integrated_lufs(out.left, out.right, 48000 * 3),
                    std::max(expected, -18.0 - 100), .5)
            << amplitude;
        EXPECT_NEAR(out.news.heard.back().lufs_momentary, expected, 1.5);
    }
}

TEST(Loudness, PositiveGainNeedsAKnownTruePeakAndIsBoundedByIt) {
    EXPECT_EQ(normalisation_gain_db(-30.0, std::nullopt, -18.0), 0.0);
    EXPECT_EQ(normalisation_gain_db(-30.0, -6.0, -18.0), 5.0);
    EXPECT_EQ(normalisation_gain_db(-10.0, std::nullopt, -18.0), -8.0);
    EXPECT_EQ(normalisation_gain_db(std::nullopt, -6.0, -18.0), 0.0);
    flow::TrackProfile quiet, loud;
    quiet.duration_s = loud.duration_s = 100;
    quiet.loudness_lufs = flow::Estimate<double>{-24.0, {}, {}, ""};
    loud.loudness_lufs = flow::Estimate<double>{-12.0, {}, {}, ""};
    EXPECT_NEAR(album_gain_db({&quiet, &loud}, -18.0), -18.0 - (-12.0 - 3.01 + .27), .05);
}

TEST(Meter, AgreesWithLibebur128) {
    core::Random random(1, "test/meter");
    std::vector<float> l(48000 * 2), r(48000 * 2);
    for (auto* v : {&l, &r})
        for (auto& x : *v) x = static_cast<float>(random.normal(0, .1));
    Meter meter;
    meter.process(l, r);
    ebur128_state* e = ebur128_init(2, 48000, EBUR128_MODE_M);
    std::vector<float> both;
    for (std::size_t k = 0; k < l.size(); ++k) {
        both.push_back(l[k]);
        both.push_back(r[k]);
    }
    ebur128_add_frames_float(e, both.data(), l.size());
    double lufs = 0;
    ebur128_loudness_momentary(e, &lufs);
    ebur128_destroy(&e);
    EXPECT_NEAR(meter.momentary_lufs(), lufs, .05);
}

TEST(Meter, AWeightingFollowsTheStandard) {
    const std::vector<std::pair<double, double>> table{{31.5, -39.4}, {100, -19.1},
                                                       {500, -3.2},   {1000, 0.0},
                                                       {2000, 1.2},   {4000, 1.0}};  // IEC 61672-1
    for (const auto& [hz, weight] : table) {
        Meter meter;
        const auto x = test::sine(hz, 48000, 0, 96000, 1.0);
        meter.process(x, x);
        EXPECT_NEAR(meter.a_level_db(), weight, .35) << hz;
    }
}

TEST(StartleGuard, TakesASuddenRiseBackAndLetsItThroughSlowly) {
    LevelGuard guard;
    guard.set_startle(true, 6.0);
    auto x = test::sine(440, 48000, 0, 48000 * 12, .02);
    const auto loud = test::sine(440, 48000, 48000 * 6, 48000 * 6, .4);
    std::copy(loud.begin(), loud.end(), x.begin() + 48000 * 6);
    auto y = x;
    for (std::size_t at = 0; at < x.size(); at += 480)
        guard.process(std::span(x).subspan(at, 480), std::span(y).subspan(at, 480));
    const auto level = [&](double s) {
        return test::db(
            test::fit_sine(x, static_cast<std::size_t>(s * 48000), 2400, 440).amplitude);
    };
    EXPECT_NEAR(level(5.5), test::db(.02), .1);
    EXPECT_LE(level(6.3) - level(5.5), 8.0);  // instead of 26
    EXPECT_GT(level(11.9), level(6.3) + 3.0);
}

TEST(Ceiling, HoldsTheCalibratedLevel) {
    LevelGuard guard;
    guard.set_ceiling(-40.0);  // 65 dBA where full scale is 105
    auto x = test::sine(1000, 48000, 0, 48000 * 3, .5);
    auto y = x;
    for (std::size_t at = 0; at < x.size(); at += 480)
        guard.process(std::span(x).subspan(at, 480), std::span(y).subspan(at, 480));
    EXPECT_LE(test::db(test::fit_sine(x, 48000, 4800, 1000).amplitude),
              std::max(-40.0, test::db(.5) - 24.0) + .1);
}

}  // namespace
}  // namespace attune::play
