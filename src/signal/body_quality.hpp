// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Is this a signal of a person? Off-body, flat, noise and mains hum, told apart within 8 seconds.
///
/// In       the last seconds of one channel, oldest first
/// Out      kGood, or why not; kTooShort below the minimum. NaN inside makes kNoise
/// Method   ECG: kurtosis (Li, Mark & Clifford 2008, doi:10.1088/0967-3334/29/1/002); PPG: share of power at .5..4 Hz and
///          autocorrelation at a beat's lag; EDA: variance of the differences against variance
#include <span>

namespace attune::signal {

enum class BodyQuality {
    kGood,
    kTooShort,  ///< ECG, PPG < 4 s, EDA < 16 samples
    kFlat,      ///< no variation at all
    kOffBody,   ///< nothing that a person makes
    kNoise,     ///< white noise, mains hum, flicker
};
[[nodiscard]] const char* to_string(BodyQuality quality) noexcept;

[[nodiscard]] BodyQuality ecg_quality(std::span<const float> ecg, double rate_hz);
[[nodiscard]] BodyQuality ppg_quality(std::span<const float> ppg, double rate_hz);
/// Conductance [microsiemens] at 4..32 Hz.
[[nodiscard]] BodyQuality eda_quality(std::span<const float> eda);

}  // namespace attune::signal
