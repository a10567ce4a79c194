// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/ppg_peaks.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::signal {
namespace {

class PpgRates : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Rates, PpgRates, ::testing::Values(32.0, 64.0, 100.0));

TEST_P(PpgRates, FindsEveryPulseOfACleanWave) {
    const double rate = GetParam();
    const auto beats = synth::beat_times(60.0, 0.85, 1);
    const auto pulses = ppg_peaks(synth::ppg(beats, 60.0, rate, 0.5, 1), rate);
    ASSERT_TRUE(pulses);
    std::size_t found = 0;
    for (double b : beats)
        for (const auto& p : *pulses)
            if (std::abs(static_cast<double>(p.frame) / rate - b - 0.2) < 0.06) {
                ++found;
                break;
            }
    EXPECT_GE(found + 2, beats.size());
    EXPECT_LE(pulses->size(), beats.size() + 1);
}

TEST(PpgPeaks, QualityOfAPulseIsHighAndOfNoiseLow) {
    const auto mean = [](const std::vector<PpgPulse>& p) {
        double sum = 0.0;
        for (std::size_t i = 8; i < p.size(); ++i) sum += p[i].quality;
        return sum / static_cast<double>(p.size() - 8);
    };
    const auto pulse = ppg_peaks(synth::ppg(synth::beat_times(60.0, 0.85, 2), 60.0, 64.0, 1.0, 2), 64.0).value();
    const auto noise = ppg_peaks(synth::white_noise(64 * 60, 20.0, 2), 64.0).value();
    EXPECT_GT(mean(pulse), 0.95);
    EXPECT_LT(mean(noise), 0.85);
}

TEST(PpgPeaks, ConstantZeroAndEmptyGiveNothing) {
    EXPECT_TRUE(ppg_peaks(std::vector<float>(1000, 0.0F), 64.0)->empty());
    EXPECT_TRUE(ppg_peaks(std::vector<float>(1000, 7.0F), 64.0)->empty());
    EXPECT_TRUE(ppg_peaks({}, 64.0)->empty());
    EXPECT_FALSE(ppg_peaks({}, 5.0));
}

}  // namespace
}  // namespace attune::signal
