// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Three numbers about a finished sound: how rough, how percussive, how bright.
///
/// In       mono samples [linear] at rate_hz
/// Out      roughness: mean over frames, weighted by their amplitude, of the pairwise roughness of the strongest partials, per their power (free of
///          gain); percussive_ratio: 0..1, power in what is vertical in the spectrogram; centroid [Hz], power-weighted
/// Errors   kBadArgument for a rate outside 8000..192000; nullopt for silence or less than one window
/// Method   Vassilakis 2005 (SRA roughness model: X^.1 * .5 Y^3.11 * Z); Fitzgerald 2010 (median filtering, DAFx);
///          Peeters 2004 (centroid)
#include <optional>
#include <span>

#include "core/result.hpp"

namespace attune::signal {

[[nodiscard]] Result<std::optional<double>> roughness(std::span<const float> mono, int rate_hz);
[[nodiscard]] Result<std::optional<double>> percussive_ratio(std::span<const float> mono, int rate_hz);
[[nodiscard]] Result<std::optional<double>> spectral_centroid_hz(std::span<const float> mono, int rate_hz);

/// Roughness of a pair of sines: amplitudes a1, a2 >= 0 [linear], frequencies f1, f2 > 0 [Hz].
[[nodiscard]] double pair_roughness(double a1, double f1, double a2, double f2) noexcept;

}  // namespace attune::signal
