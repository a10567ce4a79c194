// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Forty numbers that describe a window of any body signal, each defined here and checked against numpy.
///
/// In       a window of one channel, oldest first, at rate_hz > 0; 16..65536 samples; NaN in -> every feature NaN
/// Out      features in the order of signal_feature_names(); NaN where a feature is undefined (a constant has
///          no skewness); population moments (divide by n); quantiles interpolate linearly as numpy does
/// Threads  any; allocates
/// Method   Hjorth 1970 (doi:10.1016/0013-4694(70)90143-4); spectrum: mean removed, no taper, zero-padded to a power
///          of two, power without the zero bin
#include <array>
#include <span>

#include "core/result.hpp"

namespace attune::signal {

inline constexpr std::size_t kSignalFeatures = 40;

/// mean sd min max range median q05 q25 q75 q95 iqr rms mean_abs_dev median_abs_dev skewness kurtosis cv energy
/// slope_per_s end_minus_start line_length d1_mean_abs d1_sd d1_max d1_min d2_mean_abs d2_sd rising_share
/// crossings_per_s maxima_per_s hjorth_mobility hjorth_complexity autocorr_1 autocorr_1s entropy16
/// centroid_hz spread_hz spectral_entropy dominant_hz dominant_share
[[nodiscard]] const std::array<const char*, kSignalFeatures>& signal_feature_names() noexcept;

[[nodiscard]] Result<std::array<double, kSignalFeatures>> signal_features(std::span<const float> x, double rate_hz);

}  // namespace attune::signal
