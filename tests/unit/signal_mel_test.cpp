// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "signal/mel.hpp"

namespace attune::signal {
namespace {

TEST(Mel, BothScalesAreTheirOwnInverse) {
    for (const auto scale : {MelScale::kSlaney, MelScale::kHtk}) {
        for (const double hz : {0.0, 440.0, 1000.0, 7600.0}) {
            EXPECT_NEAR(mel_to_hz(hz_to_mel(hz, scale), scale), hz, 1e-6);
        }
    }
    EXPECT_NEAR(hz_to_mel(1000, MelScale::kSlaney), 15.0, 1e-12);
    EXPECT_NEAR(hz_to_mel(1000, MelScale::kHtk), 999.99, 0.01);
}

TEST(Mel, KnownToneIsLoudestInItsBand) {
    auto mel = LogMel::create({}).value();
    auto bank = MelBank::create({}).value();
    std::vector<float> x(2048), out(mel.bands());
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<float>(
            std::sin(2 * std::numbers::pi * 1500.0 * static_cast<double>(i) / 22050.0));
    }
    mel.frame(x, out);
    const auto top =
        static_cast<std::size_t>(std::max_element(out.begin(), out.end()) - out.begin());
    EXPECT_NEAR(bank.centre_hz(top), 1500.0, 60.0);
}

TEST(Mel, SilenceIsTheFloor) {
    auto mel = LogMel::create({.floor = 1e-6F}).value();
    std::vector<float> x(2048, 0.0F), out(mel.bands());
    mel.frame(x, out);
    for (const float v : out) EXPECT_FLOAT_EQ(v, std::log(1e-6F));
}

TEST(Mel, GainAddsAConstant) {
    auto mel = LogMel::create({.floor = 1e-20F}).value();
    std::vector<float> x(2048), quiet(mel.bands()), loud(mel.bands());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(static_cast<double>(i * 7919 % 1000) / 1000 - 0.5);
    mel.frame(x, quiet);
    for (float& v : x) v *= 4.0F;
    mel.frame(x, loud);
    for (std::size_t b = 0; b < quiet.size(); ++b)
        EXPECT_NEAR(loud[b] - quiet[b], std::log(16.0), 1e-4);
}

TEST(Mel, TooShortGivesNoFrames) {
    auto mel = LogMel::create({}).value();
    EXPECT_TRUE(mel.spectrogram(std::vector<float>(2047, 0.1F)).empty());
    EXPECT_EQ(mel.spectrogram(std::vector<float>(2048, 0.1F)).size(), mel.bands());
}

TEST(Mel, InvalidParametersAreNamed) {
    EXPECT_NE(MelBank::create({.fmax_hz = 12000}).error().message.find("12000"), std::string::npos);
    EXPECT_FALSE(MelBank::create({.bands = 0}));
    EXPECT_FALSE(MelBank::create({.fmin_hz = 500, .fmax_hz = 400}));
    EXPECT_FALSE(MelBank::create({.floor = 0.0F}));
    EXPECT_FALSE(MelBank::create(
        {.stft = {.window = 128, .hop = 64}, .bands = 200}));  // bands without a bin
}

TEST(Dct, IsOrthonormal) {
    const Dct dct(16, 16);
    std::vector<float> x(16), y(16);
    std::iota(x.begin(), x.end(), 1.0F);
    dct.apply(x, y);
    double before = 0, after = 0;
    for (std::size_t i = 0; i < 16; ++i) before += x[i] * x[i], after += y[i] * y[i];
    EXPECT_NEAR(before, after, 1e-3);
    EXPECT_NEAR(y[0], 136.0 / 4.0, 1e-4);
}

}  // namespace
}  // namespace attune::signal
