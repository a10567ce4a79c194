// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "signal/key.hpp"
#include "signal/music_descriptors.hpp"
#include "signal/music_frames.hpp"
#include "signal/tempo.hpp"

namespace attune::signal {
namespace {

constexpr double kPi = std::numbers::pi;

/// Chords of C major (I IV V I) struck at a tempo.
std::vector<float> music(double seconds, double bpm, double gain = 0.2, int transpose = 0) {
    std::vector<float> x(static_cast<std::size_t>(seconds * MusicFrames::kRate));
    const int chords[4][3] = {{60, 64, 67}, {65, 69, 72}, {67, 71, 74}, {60, 64, 67}};
    const double beat = 60.0 / bpm;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / MusicFrames::kRate, since = std::fmod(t, beat);
        const auto chord = static_cast<std::size_t>(t / (4 * beat)) % 4;
        double v = 0.0;
        for (const int note : chords[chord]) {
            const double hz = 440.0 * std::exp2((note + transpose - 69) / 12.0);
            for (int h = 1; h <= 4; ++h) v += std::sin(2 * kPi * h * hz * t) / h / 3.0;
        }
        x[i] = static_cast<float>(gain * v * std::exp(-5.0 * since));
    }
    return x;
}

MusicFrames framed(const std::vector<float>& x, std::size_t block = 5000) {
    MusicFrames frames;
    MusicFramer framer;
    for (std::size_t i = 0; i < x.size(); i += block)
        framer.push(std::span(x).subspan(i, std::min(block, x.size() - i)), frames);
    return frames;
}

TEST(MusicDescriptors, GainChangesNothing) {
    const auto quiet = describe(framed(music(12, 100, 0.05)), 0, 12).value(),
               loud = describe(framed(music(12, 100, 0.2)), 0, 12).value();
    ASSERT_EQ(quiet.size(), descriptor_names().size());
    for (std::size_t i = 0; i < quiet.size(); ++i)
        EXPECT_NEAR(quiet[i], loud[i], 2e-3 * (1.0 + std::abs(loud[i]))) << descriptor_names()[i];
}

TEST(MusicDescriptors, BlockSizeDoesNotMatter) {
    const auto x = music(6, 100);
    EXPECT_EQ(describe(framed(x, 333), 0, 6).value(), describe(framed(x, 100000), 0, 6).value());
}

TEST(MusicDescriptors, NamesAreUnique) {
    auto names = descriptor_names();
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
    EXPECT_EQ(names.size(), 482U);
}

TEST(MusicDescriptors, SilenceAndTooShortAreUnknown) {
    EXPECT_FALSE(describe(framed(std::vector<float>(220500, 0.0F)), 0, 10));
    EXPECT_FALSE(describe(framed(music(0.5, 100)), 0, 0.5));
    EXPECT_FALSE(describe(MusicFrames{}, 0, 10));
}

TEST(MusicDescriptors, NanSamplesAreTakenAsSilence) {
    auto x = music(6, 100);
    x[5000] = std::numeric_limits<float>::quiet_NaN();
    const auto values = describe(framed(x), 0, 6).value();
    for (const float v : values) ASSERT_TRUE(std::isfinite(v));
}

TEST(MusicDescriptors, DroppedFramesDoNotMoveTheRest) {
    const auto x = music(40, 100);
    auto frames = framed(x);
    const auto before = describe(frames, 20, 35).value();
    frames.drop_before(19);
    EXPECT_EQ(describe(frames, 20, 35).value(), before);
}

TEST(Key, FollowsTransposition) {
    for (const int step : {0, 3, 7, 10}) {
        const auto key = estimate_key(mean_chroma(framed(music(16, 120, 0.2, step)), 0, 16));
        EXPECT_EQ(key.pitch_class, step);
        EXPECT_TRUE(key.major);
        EXPECT_GT(key.confidence, 0.1);
    }
}

TEST(Key, FlatOrEmptyChromaHasNoConfidence) {
    std::array<float, 12> chroma{};
    EXPECT_EQ(estimate_key(chroma).confidence, 0.0);
    chroma.fill(1.0F / 12);
    EXPECT_EQ(estimate_key(chroma).confidence, 0.0);
}

TEST(Key, TheChosenKeyFollowsTranspositionAndItsConfidenceDoesNotChange) {
    const auto shares = [](KeyEvidence e) {
        for (auto* v : {&e.mean, &e.sounding, &e.strongest}) {
            float sum = 0.0F;
            for (const float x : *v) sum += x;
            for (float& x : *v) x /= sum;
        }
        return e;
    };
    const auto plain = shares(key_evidence(framed(music(16, 120, 0.2, 0)), 0, 16));
    const auto key = choose_key(plain);
    EXPECT_EQ(key.pitch_class, 0);
    EXPECT_TRUE(key.major);
    EXPECT_GT(key.confidence, 0.5);
    for (std::size_t step = 1; step < 12; ++step) {
        KeyEvidence moved;
        for (std::size_t i = 0; i < 12; ++i) {
            moved.mean[(i + step) % 12] = plain.mean[i];
            moved.sounding[(i + step) % 12] = plain.sounding[i];
            moved.strongest[(i + step) % 12] = plain.strongest[i];
        }
        const auto up = choose_key(moved);
        EXPECT_EQ(up.pitch_class, static_cast<int>(step));
        EXPECT_EQ(up.major, key.major);
        EXPECT_NEAR(up.confidence, key.confidence, 1e-6);
    }
}

TEST(Key, NoKeyIsChosenFromSilence) {
    EXPECT_EQ(choose_key({}).confidence, 0.0);
}

TEST(Key, AHarmonicMinorScaleAroundItsTonicIsMinor) {
    KeyEvidence e;
    e.mean = {.3F, .0F, .05F, .2F, .0F, .07F, .0F, .22F, .09F, .0F, .02F, .05F};
    e.sounding = e.strongest = e.mean;
    const auto key = choose_key(e);
    EXPECT_FALSE(key.major);
    EXPECT_EQ(key.pitch_class, 0);
}

TEST(Tempo, IsExactOnAPulseAndFollowsIt) {
    for (const double bpm : {70.0, 97.3, 110.0, 125.0}) {
        const auto tempo = estimate_tempo(framed(music(30, bpm)).onset);
        ASSERT_TRUE(tempo) << bpm;
        EXPECT_NEAR(tempo->bpm, bpm, 0.005 * bpm)
            << "the regression over beats frees it of the grid of frames";
        EXPECT_GT(tempo->confidence, 0.3);
    }
}

TEST(Tempo, BeatsLieOnThePulse) {
    const auto tempo = estimate_tempo(framed(music(30, 120)).onset).value();
    int near = 0;
    for (const float b : tempo.beats_s)
        near += std::abs(std::remainder(static_cast<double>(b), 0.5)) < 0.05 ? 1 : 0;
    EXPECT_GT(near, static_cast<int>(0.9 * static_cast<double>(tempo.beats_s.size())));
}

TEST(Tempo, SilenceAndTooShortHaveNone) {
    EXPECT_FALSE(estimate_tempo(framed(std::vector<float>(220500, 0.0F)).onset));
    EXPECT_FALSE(estimate_tempo(framed(music(2, 120)).onset));
    EXPECT_FALSE(estimate_tempo({}));
}

}  // namespace
}  // namespace attune::signal
