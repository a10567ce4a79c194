// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/body_features.hpp"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::affect {
namespace {

using flow::Channel;

double at(const BodySecond& s, BodyFeature f) { return s.x[static_cast<std::size_t>(f)]; }

flow::SensorFrame frame(Channel channel, double rate_hz, double t_s, std::span<const float> samples) {
    flow::SensorFrame f;
    f.channel = channel;
    f.rate_hz = rate_hz;
    f.t = {from_seconds(t_s).ns};
    f.samples.assign(samples.begin(), samples.end());
    return f;
}

/// Beats at one interval until `change_s`, then at another.
std::vector<double> beats(double seconds, double change_s, double before_s, double after_s) {
    std::vector<double> out;
    for (double t = .5; t < seconds; t += t < change_s ? before_s : after_s) out.push_back(t);
    return out;
}

/// Ten minutes of a pulse wave in blocks of `block` samples, a rate printed once a second beside it, and the last second.
BodySecond after(const std::vector<float>& wave, double printed_bpm, std::size_t block) {
    constexpr double kRate = 64.0;
    BodyFeatures body;
    BodySecond last;
    std::size_t told = 0;
    for (std::size_t i = 0; i < wave.size(); i += block) {
        const std::size_t n = std::min(block, wave.size() - i);
        const double until_s = static_cast<double>(i + n) / kRate;
        body.push(frame(Channel::kPpg, kRate, static_cast<double>(i) / kRate, std::span(wave).subspan(i, n)));
        for (; static_cast<double>(told) < until_s; ++told) {
            const auto bpm = static_cast<float>(printed_bpm);
            body.push(frame(Channel::kHeartRate, 1.0, static_cast<double>(told), std::span(&bpm, 1)));
        }
        if (const auto s = body.advance({from_seconds(until_s).ns})) last = *s;
    }
    return last;
}

TEST(BodyFeatures, FasterBeatsOfThePulseWaveShowThoughThePrintedRateStands) {
    const auto wave = synth::ppg(beats(600, 570, .9, .7), 600, 64.0, 1.0, 5);
    const auto s = after(wave, 66.0, 64);
    EXPECT_GT(at(s, BodyFeature::kPulse600), 1.0);
    EXPECT_NEAR(at(s, BodyFeature::kHeart600), 0.0, 1e-6);
}

TEST(BodyFeatures, SteadyBeatsAreNoContrastHoweverLong) {
    const auto wave = synth::ppg(beats(600, 600, .9, .9), 600, 64.0, 1.0, 5);
    EXPECT_NEAR(at(after(wave, 66.0, 64), BodyFeature::kPulse600), 0.0, .1);
}

std::vector<float> growing_wave() {
    auto wave = synth::ppg(beats(600, 600, .9, .9), 600, 64.0, 1.0, 5);
    for (std::size_t i = 500 * 64; i < wave.size(); ++i) wave[i] *= 2.0F;
    return wave;
}

TEST(BodyFeatures, AHigherPulseWaveStandsAboveItsQuietLevel) {
    EXPECT_GT(at(after(growing_wave(), 66.0, 64), BodyFeature::kPulseWaveQuiet), 1.0);
}

TEST(BodyFeatures, ASteadyPulseWaveStandsOnItsQuietLevelHoweverLong) {
    for (const int seconds : {300, 1800}) {
        const auto wave = synth::ppg(beats(seconds, seconds, .9, .9), seconds, 64.0, 1.0, 5);
        EXPECT_NEAR(at(after(wave, 66.0, 64), BodyFeature::kPulseWaveQuiet), 0.0, .3) << seconds;
    }
}

TEST(BodyFeatures, TheHeightOfThePulseWaveIsUnknownWhileTheWristMoves) {
    const auto wave = growing_wave();
    BodyFeatures body;
    BodySecond last;
    for (int t = 0; t < 600; ++t) {
        std::vector<float> swing(32);
        for (std::size_t i = 0; i < swing.size(); ++i) swing[i] = t < 400 ? 0.0F : i % 2 == 0 ? .2F : -.2F;
        body.push(frame(Channel::kPpg, 64.0, t, std::span(wave).subspan(static_cast<std::size_t>(t) * 64, 64)));
        const float bpm = 66.0F;
        body.push(frame(Channel::kHeartRate, 1.0, t, std::span(&bpm, 1)));
        for (const Channel axis : {Channel::kAccelX, Channel::kAccelY, Channel::kAccelZ}) body.push(frame(axis, 32.0, t, swing));
        if (const auto s = body.advance({from_seconds(t + 1).ns})) last = *s;
    }
    EXPECT_TRUE(std::isnan(at(last, BodyFeature::kPulseWaveQuiet)));
    EXPECT_NEAR(at(last, BodyFeature::kPulse1200), 0.0, .1);
}

TEST(BodyFeatures, AnyBlocksOfThePulseWaveGiveTheSameBits) {
    const auto wave = synth::ppg(beats(600, 570, .9, .7), 600, 64.0, 1.0, 5);
    const auto whole = after(wave, 66.0, 64);
    for (const std::size_t block : {16UL, 320UL, 1280UL}) {
        const auto parts = after(wave, 66.0, block);
        EXPECT_EQ(std::memcmp(whole.x.data(), parts.x.data(), sizeof whole.x), 0) << "blocks of " << block;
    }
}

TEST(BodyFeatures, ARateThatIsPrintedWithoutAPulseBehindItIsUnknown) {
    const auto noise = synth::white_noise(64 * 600, 1.0, 9);
    const auto s = after(noise, 66.0, 64);
    EXPECT_TRUE(std::isnan(at(s, BodyFeature::kHeart600)));
}

TEST(BodyFeatures, WithoutPulseWaveOrIntervalsThePrintedRateStandsForTheBeats) {
    BodyFeatures body;
    BodySecond last;
    for (int t = 0; t < 600; ++t) {
        const float bpm = t < 570 ? 66.0F : 85.0F;
        body.push(frame(Channel::kHeartRate, 1.0, t, std::span(&bpm, 1)));
        if (const auto s = body.advance({from_seconds(t + 1).ns})) last = *s;
    }
    EXPECT_DOUBLE_EQ(at(last, BodyFeature::kPulse600), at(last, BodyFeature::kHeart600));
    EXPECT_GT(at(last, BodyFeature::kPulse600), 1.0);
}

/// Skin conductance, one value a second; the last second.
BodySecond skin(int seconds, auto&& microsiemens) {
    BodyFeatures body;
    BodySecond last;
    for (int t = 0; t < seconds; ++t) {
        const float value = microsiemens(t);
        body.push(frame(Channel::kEda, 1.0, t, std::span(&value, 1)));
        if (const auto s = body.advance({from_seconds(t + 1).ns})) last = *s;
    }
    return last;
}

TEST(BodyFeatures, AConstantSkinIsNoContrastAtAnyTime) {
    for (const int seconds : {300, 3000}) {
        const auto s = skin(seconds, [](int) { return 2.0F; });
        EXPECT_NEAR(at(s, BodyFeature::kEdaQuiet), 0.0, 1e-9) << seconds;
        EXPECT_NEAR(at(s, BodyFeature::kEdaSlope1200), 0.0, 1e-9) << seconds;
        EXPECT_NEAR(at(s, BodyFeature::kEdaSlopeQuiet), 0.0, 1e-9) << seconds;
        EXPECT_NEAR(at(s, BodyFeature::kEdaSlopeChange), 0.0, 1e-9) << seconds;
        EXPECT_NEAR(at(s, BodyFeature::kScrQuiet), 0.0, 1e-9) << seconds;
    }
}

TEST(BodyFeatures, ALongArousalStillStandsAboveTheQuietLevelWhenTheRunningMeanHasForgottenIt) {
    const auto s = skin(1500, [](int t) { return t < 600 ? 2.0F : 3.0F; });
    EXPECT_GT(at(s, BodyFeature::kEdaQuiet), 0.8);
    EXPECT_LT(at(s, BodyFeature::kEda120), 0.1);
}

TEST(BodyFeatures, ASkinThatStartsToRiseChangesItsSlopeAndOneThatKeepsRisingDoesNot) {
    const auto starts = skin(900, [](int t) { return t < 830 ? 2.0F : 2.0F + .01F * static_cast<float>(t - 830); });
    EXPECT_GT(at(starts, BodyFeature::kEdaSlopeChange), 0.8);
    const auto keeps = skin(900, [](int t) { return 2.0F * std::exp(.001F * static_cast<float>(t)); });
    EXPECT_NEAR(at(keeps, BodyFeature::kEdaSlopeChange), 0.0, 0.05);
}

TEST(BodyFeatures, AQuieterSkinBecomesTheQuietLevelWithinMinutes) {
    const auto s = skin(1500, [](int t) { return t < 1000 ? 3.0F : 2.0F; });
    EXPECT_NEAR(at(s, BodyFeature::kEdaQuiet), 0.0, 0.05);
}

TEST(BodyFeatures, IntervalsThatAlternateMoreRaiseTheVariation) {
    BodyFeatures body;
    BodySecond last;
    double t = 0.0;
    for (int beat = 0; t < 600.0; ++beat) {
        const double swing = t < 560.0 ? 5.0 : 60.0;
        const auto rr = static_cast<float>(800.0 + (beat % 2 == 0 ? swing : -swing));
        t += 0.001 * static_cast<double>(rr);
        body.push(frame(Channel::kRr, 0.0, t, std::span(&rr, 1)));
        if (const auto s = body.advance({from_seconds(t).ns})) last = *s;
    }
    EXPECT_GT(at(last, BodyFeature::kBeatVariation120), 0.5);
}

}  // namespace
}  // namespace attune::affect
