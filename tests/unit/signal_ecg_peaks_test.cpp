// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/ecg_peaks.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::signal {
namespace {

/// Beats found within `tolerance_s` of the truth, and extra ones.
struct Found { std::size_t right, extra; double worst_s; };
Found compare(const std::vector<EcgBeat>& beats, const std::vector<double>& truth, double rate, double tolerance_s) {
    Found found{0, 0, 0.0};
    std::size_t j = 0;
    for (const auto& beat : beats) {
        const double t = static_cast<double>(beat.frame) / rate;
        while (j < truth.size() && truth[j] < t - tolerance_s) ++j;
        if (j < truth.size() && std::abs(truth[j] - t) <= tolerance_s) {
            found.worst_s = std::max(found.worst_s, std::abs(truth[j] - t));
            ++found.right, ++j;
        } else ++found.extra;
    }
    return found;
}

class EcgRates : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Rates, EcgRates, ::testing::Values(128.0, 250.0, 360.0, 1000.0));

TEST_P(EcgRates, FindsEveryBeatOfACleanEcgWithin20ms) {
    const double rate = GetParam();
    const auto truth = synth::beat_times(60.0, 0.8, 1);
    const auto beats = ecg_peaks(synth::ecg(truth, 60.0, rate, 0.02, 1), {rate});
    ASSERT_TRUE(beats);
    const Found found = compare(*beats, truth, rate, 0.020);
    EXPECT_EQ(found.right, truth.size());
    EXPECT_EQ(found.extra, 0U);
}

TEST_P(EcgRates, InvertedLeadGivesTheSameBeats) {
    const double rate = GetParam();
    auto x = synth::ecg(synth::beat_times(30.0, 0.9, 2), 30.0, rate, 0.01, 2);
    const auto upright = ecg_peaks(x, {rate});
    for (auto& v : x) v = -v;
    const auto inverted = ecg_peaks(x, {rate});
    ASSERT_EQ(upright->size(), inverted->size());
    for (std::size_t i = 0; i < upright->size(); ++i) EXPECT_EQ((*upright)[i].frame, (*inverted)[i].frame);
}

TEST(EcgPeaks, UnitDoesNotMatter) {
    auto x = synth::ecg(synth::beat_times(30.0, 0.9, 3), 30.0, 250.0, 0.01, 3);
    const auto mv = ecg_peaks(x, {250.0});
    for (auto& v : x) v *= 0.001F;
    const auto volts = ecg_peaks(x, {250.0});
    ASSERT_EQ(mv->size(), volts->size());
    for (std::size_t i = 0; i < mv->size(); ++i) EXPECT_EQ((*mv)[i].frame, (*volts)[i].frame);
}

TEST(EcgPeaks, SurvivesAPauseAndGoesOn) {
    auto truth = synth::beat_times(40.0, 0.8, 4);
    std::erase_if(truth, [](double t) { return t > 15.0 && t < 25.0; });
    const auto beats = ecg_peaks(synth::ecg(truth, 40.0, 250.0, 0.01, 4), {250.0});
    const Found found = compare(*beats, truth, 250.0, 0.05);
    EXPECT_GE(found.right + 4, truth.size());
}

TEST(EcgPeaks, EmptyZeroAndConstantGiveNoBeat) {
    EXPECT_TRUE(ecg_peaks({}, {250.0})->empty());
    EXPECT_TRUE(ecg_peaks(std::vector<float>(5000, 0.0F), {250.0})->empty());
    EXPECT_TRUE(ecg_peaks(std::vector<float>(5000, 3.5F), {250.0})->empty());
}

TEST(EcgPeaks, NanKeepsTheState) {
    const auto truth = synth::beat_times(30.0, 0.8, 5);
    auto x = synth::ecg(truth, 30.0, 250.0, 0.01, 5);
    for (std::size_t i = 3000; i < 3010; ++i) x[i] = std::numeric_limits<float>::quiet_NaN();
    const Found found = compare(*ecg_peaks(x, {250.0}), truth, 250.0, 0.05);
    EXPECT_GE(found.right + 1, truth.size());
    EXPECT_LE(found.extra, 1U);
}

TEST(EcgPeaks, RateOutOfRangeNamesValueAndRange) {
    const auto beats = ecg_peaks({}, {20.0});
    ASSERT_FALSE(beats);
    EXPECT_NE(beats.error().message.find("80..4000"), std::string::npos);
}

TEST(EcgPeaks, ResetEqualsAFreshDetector) {
    const auto x = synth::ecg(synth::beat_times(20.0, 0.7, 6), 20.0, 250.0, 0.05, 6);
    auto used = EcgPeakDetector::create({250.0}).value();
    std::vector<EcgBeat> first, second;
    used.push(x, first);
    used.finish(first);
    used.push(x, second);
    used.finish(second);
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].frame, second[i].frame);
}

}  // namespace
}  // namespace attune::signal
