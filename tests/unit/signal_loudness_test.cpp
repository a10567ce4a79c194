// SPDX-License-Identifier: GPL-3.0-or-later
// Loudness and true peak against libebur128 and the compliance tones of EBU Tech 3341.
#include <gtest/gtest.h>

#include <ebur128.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "core/random.hpp"
#include "signal/loudness.hpp"
#include "signal/true_peak.hpp"

namespace attune::signal {
namespace {

struct Stereo {
    std::vector<float> left, right;
    int rate = 48000;
};

/// Noise with bursts, swells and clipped tones: everything that moves a meter.
Stereo programme(int rate, double seconds, std::uint64_t seed) {
    core::Random random(seed, "test/loudness");
    Stereo s;
    s.rate = rate;
    const auto n = static_cast<std::size_t>(rate * seconds);
    double level = 0.1, hz = 200;
    for (std::size_t i = 0; i < n; ++i) {
        if (i % static_cast<std::size_t>(rate / 2) == 0)
            level = std::pow(10.0, random.uniform(-2.5, 0.0)), hz = random.uniform(40, rate * 0.3);
        const double t = static_cast<double>(i) / rate;
        const double tone = std::sin(2 * std::numbers::pi * hz * t + 0.7);
        s.left.push_back(static_cast<float>(level * std::clamp(1.4 * tone, -1.0, 1.0)));
        s.right.push_back(static_cast<float>(level * (0.5 * tone + 0.5 * random.uniform(-1, 1))));
    }
    return s;
}

ebur128_state* reference(const Stereo& s) {
    ebur128_state* st = ebur128_init(2, static_cast<unsigned long>(s.rate),
                                     EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK);
    std::vector<float> interleaved(2 * s.left.size());
    for (std::size_t i = 0; i < s.left.size(); ++i)
        interleaved[2 * i] = s.left[i], interleaved[2 * i + 1] = s.right[i];
    ebur128_add_frames_float(st, interleaved.data(), s.left.size());
    return st;
}

LoudnessMeter metered(const Stereo& s, std::size_t block = 4096) {
    auto meter = LoudnessMeter::create(s.rate).value();
    for (std::size_t i = 0; i < s.left.size(); i += block) {
        const std::size_t n = std::min(block, s.left.size() - i);
        meter.push(std::span(s.left).subspan(i, n), std::span(s.right).subspan(i, n));
    }
    return meter;
}

Stereo tone(double dbfs, double seconds, double hz = 1000, int rate = 48000) {
    Stereo s;
    s.rate = rate;
    for (std::size_t i = 0; i < static_cast<std::size_t>(rate * seconds); ++i) {
        const double v = std::pow(10.0, dbfs / 20) *
                         std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate);
        s.left.push_back(static_cast<float>(v));
        s.right.push_back(static_cast<float>(v));
    }
    return s;
}

void append(Stereo& to, const Stereo& from) {
    to.left.insert(to.left.end(), from.left.begin(), from.left.end());
    to.right.insert(to.right.end(), from.right.begin(), from.right.end());
}

TEST(Loudness, EbuTech3341ToneOfMinus23IsMinus23) {
    EXPECT_NEAR(*metered(tone(-23, 20)).integrated_lufs(), -23.0, 0.1);
    EXPECT_NEAR(*metered(tone(-33, 20)).integrated_lufs(), -33.0, 0.1);
}

TEST(Loudness, EbuTech3341QuietPartsAreGatedOut) {
    Stereo s = tone(-36, 10);
    append(s, tone(-23, 60));
    append(s, tone(-36, 10));
    EXPECT_NEAR(*metered(s).integrated_lufs(), -23.0, 0.1);
}

TEST(Loudness, EbuTech3342RangeOfTwoLevelsIsTheirDistance) {
    Stereo s = tone(-20, 20);
    append(s, tone(-30, 20));
    EXPECT_NEAR(*metered(s).range_lu(), 10.0, 1.0);
}

TEST(Loudness, EqualsLibebur128AtEveryRate) {
    for (const int rate : {8000, 22050, 44100, 48000, 96000, 192000}) {
        const auto s = programme(rate, 14.0, static_cast<std::uint64_t>(rate));
        auto* st = reference(s);
        double integrated = 0, range = 0;
        ebur128_loudness_global(st, &integrated);
        ebur128_loudness_range(st, &range);
        ebur128_destroy(&st);
        const auto meter = metered(s);
        EXPECT_NEAR(*meter.integrated_lufs(), integrated, 0.01) << rate;
        EXPECT_NEAR(*meter.range_lu(), range, 0.1) << rate;
    }
}

TEST(Loudness, SilenceHasNoLoudness) {
    const auto meter = metered(tone(-200, 5));
    EXPECT_FALSE(meter.integrated_lufs());
    EXPECT_FALSE(meter.range_lu());
    EXPECT_FALSE(meter.startle_lu());
    EXPECT_FALSE(meter.between_lufs(0, 5));
    EXPECT_EQ(meter.curve_1hz(), std::vector<float>(5, -70.0F));
}

TEST(Loudness, EmptyAndTooShortAreUnknown) {
    EXPECT_FALSE(metered({}).integrated_lufs());
    EXPECT_FALSE(metered(tone(-20, 0.3)).integrated_lufs());
    EXPECT_TRUE(metered(tone(-20, 0.4)).integrated_lufs());
}

TEST(Loudness, GainMovesLoudnessByItself) {
    const auto quiet = metered(programme(44100, 10, 3)).integrated_lufs();
    auto s = programme(44100, 10, 3);
    for (auto* channel : {&s.left, &s.right})
        for (float& v : *channel) v *= 0.25F;
    EXPECT_NEAR(*metered(s).integrated_lufs() - *quiet, 20 * std::log10(0.25), 0.02);
}

TEST(Loudness, BlockSizeDoesNotMatter) {
    const auto s = programme(44100, 5, 9);
    EXPECT_EQ(metered(s, 4096).blocks(), metered(s, 57).blocks());
}

TEST(Loudness, StartleIsTheRiseWithinASecond) {
    Stereo s = tone(-40, 10);
    append(s, tone(-20, 10));
    // A step of 20 dB fills a third of a 3 s window in 1 s: 10 log10((2 * 0.01 + 1) / 3 / 0.01)
    // = 15.3
    EXPECT_NEAR(*metered(s).startle_lu(), 15.3, 0.2);
    EXPECT_NEAR(*metered(tone(-20, 20)).startle_lu(), 0.0, 0.01);
}

TEST(Loudness, CurveAndStretchesFollowTheLevel) {
    Stereo s = tone(-30, 15);
    append(s, tone(-20, 15));
    const auto meter = metered(s);
    EXPECT_NEAR(*meter.between_lufs(0, 15), -30, 0.1);
    EXPECT_NEAR(*meter.between_lufs(15, 30), -20, 0.1);
    const auto curve = meter.curve_1hz();
    ASSERT_EQ(curve.size(), 30U);
    EXPECT_NEAR(curve[5], -30, 0.1);
    EXPECT_NEAR(curve[25], -20, 0.1);
}

TEST(TruePeak, EqualsLibebur128AtEveryRateAndLevel) {
    for (const int rate : {8000, 44100, 48000, 88200, 96000, 176400, 192000}) {
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            const auto s = programme(rate, 3.0, seed);
            auto* st = reference(s);
            auto peak = TruePeak::create(rate).value();
            peak.push(s.left);
            double want = 0.0;
            ebur128_true_peak(st, 0, &want);
            ebur128_destroy(&st);
            EXPECT_NEAR(peak.peak(), want, 1e-9) << rate << " seed " << seed;
        }
    }
}

TEST(TruePeak, FindsThePeakBetweenSamples) {
    // A tone at a quarter of the rate, sampled 45 degrees off its crests: samples reach 0.707 of
    // the peak.
    std::vector<float> x(4800);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(
            0.5 * std::sin(std::numbers::pi / 2 * static_cast<double>(i) + std::numbers::pi / 4));
    auto peak = TruePeak::create(48000).value();
    peak.push(x);
    EXPECT_NEAR(peak.sample_peak(), 0.3536, 1e-3);
    EXPECT_NEAR(20 * std::log10(peak.peak() / 0.5), 0.0, 0.4);
}

TEST(TruePeak, BlockSizeDoesNotMatter) {
    const auto s = programme(44100, 2.0, 5);
    auto whole = TruePeak::create(44100).value(), bits = TruePeak::create(44100).value();
    whole.push(s.right);
    for (std::size_t i = 0; i < s.right.size(); i += 37)
        bits.push(std::span(s.right).subspan(i, std::min<std::size_t>(37, s.right.size() - i)));
    EXPECT_EQ(whole.peak(), bits.peak());
}

TEST(TruePeak, SkipsMostOfTheWork) {
    const auto s = programme(44100, 10.0, 5);
    auto peak = TruePeak::create(44100).value();
    peak.push(s.left);
    EXPECT_LT(peak.interpolated(), s.left.size() / 4);
}

TEST(TruePeak, NanAndNothingLeaveThePeakAlone) {
    auto peak = TruePeak::create(44100).value();
    EXPECT_EQ(peak.peak(), 0.0);
    peak.push({});
    std::vector<float> x(100, std::numeric_limits<float>::quiet_NaN());
    peak.push(x);
    EXPECT_EQ(peak.peak(), 0.0);
    x.assign(100, 0.25F);
    peak.push(x);
    peak.push(x);
    EXPECT_NEAR(peak.peak(), 0.25, 0.05);
}

TEST(TruePeak, InvalidRateIsNamed) {
    EXPECT_NE(TruePeak::create(5).error().message.find("5 Hz"), std::string::npos);
    EXPECT_FALSE(LoudnessMeter::create(1000000));
}

}  // namespace
}  // namespace attune::signal
