// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "signal/resampler.hpp"

namespace attune::signal {
namespace {

std::vector<float> tone(int rate, double hz, double seconds) {
    std::vector<float> x(static_cast<std::size_t>(rate * seconds));
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] =
            static_cast<float>(std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
    return x;
}

std::vector<float> converted(int in, int out, const std::vector<float>& x,
                             std::size_t block = 1000) {
    auto resampler = Resampler::create(in, out).value();
    std::vector<float> y;
    for (std::size_t i = 0; i < x.size(); i += block)
        resampler.push(std::span(x).subspan(i, std::min(block, x.size() - i)), y);
    resampler.finish(y);
    return y;
}

TEST(Resampler, KnownToneKeepsItsPhaseAndLevel) {
    for (const int rate : {8000, 16000, 22050, 32000, 44100, 48000, 96000, 192000}) {
        const auto y = converted(rate, 22050, tone(rate, 1000, 0.5));
        ASSERT_NEAR(static_cast<double>(y.size()), 11025, 1) << rate;
        for (std::size_t i = 500; i + 500 < y.size(); ++i) {
            ASSERT_NEAR(
                y[i], std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / 22050), 2e-3)
                << rate << " at " << i;
        }
    }
}

TEST(Resampler, WhatCannotBeHeldIsTakenOut) {
    const auto y = converted(48000, 22050, tone(48000, 13000, 0.5));
    for (std::size_t i = 500; i + 500 < y.size(); ++i) ASSERT_NEAR(y[i], 0.0, 1e-3);
}

TEST(Resampler, ConstantStaysConstant) {
    const auto y = converted(44100, 48000, std::vector<float>(4410, 0.5F));
    for (std::size_t i = 100; i + 100 < y.size(); ++i) ASSERT_NEAR(y[i], 0.5F, 1e-5);
}

TEST(Resampler, SameRateIsTheSameSignal) {
    const auto x = tone(44100, 440, 0.1);
    EXPECT_EQ(converted(44100, 44100, x), x);
}

TEST(Resampler, BlockSizeDoesNotMatter) {
    const auto x = tone(44100, 440, 0.2);
    EXPECT_EQ(converted(44100, 22050, x, 1), converted(44100, 22050, x, 8820));
}

TEST(Resampler, EmptyGivesNothing) { EXPECT_TRUE(converted(44100, 22050, {}).empty()); }

TEST(Resampler, InvalidRatesAreNamed) {
    EXPECT_NE(Resampler::create(0, 22050).error().message.find("0 Hz"), std::string::npos);
    EXPECT_FALSE(Resampler::create(384000, 1000));
}

}  // namespace
}  // namespace attune::signal
