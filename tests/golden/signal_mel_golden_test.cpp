// SPDX-License-Identifier: GPL-3.0-or-later
// Log-mel spectra against numpy (tests/golden/scripts/mel_reference.py), to 1e-4.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

#include "signal/mel.hpp"

namespace attune::signal {
namespace {

std::vector<float> golden_signal(double rate, double seconds) {
    std::vector<float> x(static_cast<std::size_t>(rate * seconds));
    std::uint32_t state = 12345;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / rate, pi = std::numbers::pi;
        double v = 0.3 * std::sin(2 * pi * (100 * t + 0.5 * 1500 * t * t));
        for (int h = 1; h < 6; ++h) v += 0.2 / h * std::sin(2 * pi * 220 * h * t);
        state = 1664525U * state + 1013904223U;
        v += 0.05 * (state / 4294967296.0 - 0.5);
        x[i] = static_cast<float>(v);
    }
    return x;
}

void expect_equal_to_numpy(const std::string& name, const MelConfig& config) {
    auto mel = LogMel::create(config);
    ASSERT_TRUE(mel) << mel.error().describe();
    const auto x = golden_signal(config.rate_hz, 0.4);
    const auto got = mel->spectrogram(x);

    std::ifstream file(std::string(ATTUNE_SOURCE_DIR) + "/tests/golden/data/mel_" + name + ".txt");
    std::size_t frames = 0, bands = 0;
    ASSERT_TRUE(file >> frames >> bands) << "golden file of " << name;
    ASSERT_EQ(got.size(), frames * bands);
    for (std::size_t t = 0; t < frames; t += 4) {
        for (std::size_t b = 0; b < bands; ++b) {
            double want = 0.0;
            ASSERT_TRUE(file >> want);
            // 1e-4 of the natural logarithm: a ten-thousandth of the energy.
            ASSERT_NEAR(got[t * bands + b], want, 1e-4) << name << " frame " << t << " band " << b;
        }
    }
}

TEST(LogMelGolden, MusicFrontEndEqualsNumpyReference) {
    expect_equal_to_numpy("music", MelConfig{.stft = {.window = 2048, .hop = 1024}});
}

TEST(LogMelGolden, VoiceFrontEndWithHtkScaleAndZeroPaddingEqualsNumpyReference) {
    expect_equal_to_numpy("voice", MelConfig{.rate_hz = 16000,
                                             .stft = {.window = 400, .hop = 160, .fft = 512},
                                             .bands = 64,
                                             .fmin_hz = 60,
                                             .fmax_hz = 7600,
                                             .scale = MelScale::kHtk,
                                             .norm = MelNorm::kNone,
                                             .floor = 1e-6F});
}

TEST(LogMelGolden, OddWindowUpToNyquistEqualsNumpyReference) {
    expect_equal_to_numpy("odd", MelConfig{.rate_hz = 48000,
                                           .stft = {.window = 1001, .hop = 480, .fft = 2048},
                                           .bands = 40,
                                           .fmin_hz = 0,
                                           .fmax_hz = 24000,
                                           .norm = MelNorm::kNone,
                                           .floor = 1e-8F});
}

}  // namespace
}  // namespace attune::signal
