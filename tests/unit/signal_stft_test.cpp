// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "signal/stft.hpp"

namespace attune::signal {
namespace {

std::vector<float> tone(std::size_t n, double cycles_per_sample) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) {
        x[i] = static_cast<float>(
            std::sin(2 * std::numbers::pi * cycles_per_sample * static_cast<double>(i)));
    }
    return x;
}

TEST(Stft, KnownToneStandsInItsBinWithHalfTheWindowSum) {
    auto stft = Stft::create({.window = 1024, .hop = 256}).value();
    std::vector<float> magnitude(stft.bins());
    stft.magnitude(tone(1024, 64.0 / 1024.0), magnitude);
    EXPECT_NEAR(magnitude[64], 1024 * 0.5 / 2,
                0.01);  // Hann: mean 0.5; a real tone is split in two
    EXPECT_LT(magnitude[80], 1e-3);
}

TEST(Stft, ImpulseIsFlat) {
    auto stft = Stft::create({.window = 256, .hop = 64, .shape = Window::kRectangular}).value();
    std::vector<float> x(256, 0.0F), power(stft.bins());
    x[17] = 1.0F;
    stft.power(x, power);
    for (const float p : power) EXPECT_NEAR(p, 1.0F, 1e-5);
}

TEST(Stft, ZeroInGivesZeroOut) {
    auto stft = Stft::create({}).value();
    std::vector<float> x(2048, 0.0F), power(stft.bins(), 1.0F);
    stft.power(x, power);
    for (const float p : power) EXPECT_EQ(p, 0.0F);
}

TEST(Stft, NanStaysInItsFrame) {
    auto stft = Stft::create({.window = 64, .hop = 64}).value();
    std::vector<float> x(64, 0.5F), power(stft.bins());
    x[3] = std::numeric_limits<float>::quiet_NaN();
    stft.power(x, power);
    EXPECT_TRUE(std::isnan(power[5]));
    x[3] = 0.5F;
    stft.power(x, power);
    EXPECT_FALSE(std::isnan(power[5]));
}

TEST(Stft, CountsWholeFramesOnly) {
    auto stft = Stft::create({.window = 100, .hop = 30}).value();
    EXPECT_EQ(stft.frames(0), 0U);
    EXPECT_EQ(stft.frames(99), 0U);
    EXPECT_EQ(stft.frames(100), 1U);
    EXPECT_EQ(stft.frames(129), 1U);
    EXPECT_EQ(stft.frames(130), 2U);
}

TEST(Stft, InvalidParametersAreNamed) {
    EXPECT_EQ(Stft::create({.window = 2, .hop = 1}).error().code, ErrorCode::kBadArgument);
    EXPECT_NE(Stft::create({.window = 64, .hop = 65}).error().message.find("65"),
              std::string::npos);
    EXPECT_FALSE(Stft::create({.window = 64, .hop = 0}));
    EXPECT_FALSE(Stft::create({.window = 64, .hop = 16, .fft = 32}));
    EXPECT_FALSE(RealFft::create(7));
}

TEST(Stft, WindowsArePeriodicAndSumAsKnown) {
    double hann = 0, hamming = 0;
    for (const float v : make_window(Window::kHann, 512)) hann += v;
    for (const float v : make_window(Window::kHamming, 512)) hamming += v;
    EXPECT_NEAR(hann, 256.0, 1e-4);
    EXPECT_NEAR(hamming, 0.54 * 512, 1e-3);
    EXPECT_EQ(make_window(Window::kRectangular, 4), std::vector<float>(4, 1.0F));
}

}  // namespace
}  // namespace attune::signal
