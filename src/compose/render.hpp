// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Score → stereo samples, and what a loudness meter says about them.
#include <optional>
#include <vector>

#include "compose/score.hpp"
#include "core/cancel.hpp"
#include "core/result.hpp"

namespace attune::compose {

struct Rendered {
    std::vector<float> left, right;      ///< at kEngineRate
    std::optional<double> lufs;          ///< integrated; empty if silent
    double peak = 0.0;                   ///< largest sample, linear
    double true_peak = 0.0;              ///< between the samples, linear
};

/// kUnavailable without a soundfont, kCancelled. notch_hz > 0: see tinnitus.hpp. most_s > 0: only the first seconds.
[[nodiscard]] Result<Rendered> render(const Score& score, const core::CancelToken* cancel = nullptr, double notch_hz = 0.0, double most_s = 0.0);

}  // namespace attune::compose
