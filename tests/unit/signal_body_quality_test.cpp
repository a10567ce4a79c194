// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/body_quality.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::signal {
namespace {

const auto kBeats = synth::beat_times(20.0, 0.85, 1);

TEST(EcgQuality, TellsAPersonFromNoiseHumAndSilence) {
    EXPECT_EQ(ecg_quality(synth::ecg(kBeats, 8.0, 250.0, 0.05, 1), 250.0), BodyQuality::kGood);
    EXPECT_EQ(ecg_quality(synth::white_noise(2000, 1.0, 1), 250.0), BodyQuality::kNoise);
    EXPECT_EQ(ecg_quality(synth::tone(2000, 250.0, 50.0, 1.0), 250.0), BodyQuality::kNoise);
    EXPECT_EQ(ecg_quality(std::vector<float>(2000, 0.3F), 250.0), BodyQuality::kFlat);
    EXPECT_EQ(ecg_quality(std::vector<float>(100, 0.3F), 250.0), BodyQuality::kTooShort);
}

TEST(PpgQuality, TellsAPulseFromNoiseFlickerDriftAndSilence) {
    EXPECT_EQ(ppg_quality(synth::ppg(kBeats, 8.0, 64.0, 2.0, 1), 64.0), BodyQuality::kGood);
    EXPECT_EQ(ppg_quality(synth::white_noise(512, 30.0, 1), 64.0), BodyQuality::kNoise);
    EXPECT_EQ(ppg_quality(synth::tone(512, 64.0, 14.0, 40.0), 64.0), BodyQuality::kNoise);
    EXPECT_EQ(ppg_quality(synth::tone(512, 64.0, 0.05, 40.0), 64.0), BodyQuality::kOffBody);
    EXPECT_EQ(ppg_quality(std::vector<float>(512, 5.0F), 64.0), BodyQuality::kFlat);
}

TEST(EdaQuality, TellsSkinFromNoiseHumTableAndSilence) {
    EXPECT_EQ(eda_quality(synth::eda({3.0}, 8.0, 4.0, 2.0, 0.3, 0.002, 1)), BodyQuality::kGood);
    EXPECT_EQ(eda_quality(synth::white_noise(32, 0.5, 1)), BodyQuality::kNoise);
    EXPECT_EQ(eda_quality(synth::tone(32, 4.0, 1.9, 0.5, 2.0)), BodyQuality::kNoise);
    EXPECT_EQ(eda_quality(std::vector<float>(32, 0.0F)), BodyQuality::kOffBody);
    EXPECT_EQ(eda_quality(std::vector<float>(32, 2.0F)), BodyQuality::kFlat);
    EXPECT_EQ(eda_quality(std::vector<float>(8, 2.0F)), BodyQuality::kTooShort);
}

TEST(BodyQuality, NanIsNoise) {
    auto x = synth::eda({}, 8.0, 4.0, 2.0, 0.0, 0.01, 1);
    x[7] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(eda_quality(x), BodyQuality::kNoise);
}

}  // namespace
}  // namespace attune::signal
