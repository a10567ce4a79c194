// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// When a plan is made anew (affect_spec C, REPLAN): a rating more than 2 SD (of a rating) from what the
/// plan predicted; a skip; an override. Never for a sensor alone in a person's first ten sessions.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "flow/affect.hpp"

namespace attune::choose {

inline constexpr double kReplanSd = 2.0;
inline constexpr std::int64_t kSensorsWaitSessions = 10;   ///< until then a sensor may hold or soften only

/// Where the plan expects the felt state to be, `into_item` (0..1) of the way through an item that
/// began at `before` and is predicted to end at `after`.
[[nodiscard]] inline flow::VaGaussian expected_at(const flow::VaGaussian& before,
                                                  const flow::VaGaussian& after, double into_item) {
    const double k = std::clamp(into_item, 0.0, 1.0);
    const auto mix = [k](double a, double b) { return a + k * (b - a); };
    return {{mix(before.mean.valence, after.mean.valence), mix(before.mean.arousal, after.mean.arousal)},
            {mix(before.cov[0], after.cov[0]), mix(before.cov[1], after.cov[1]),
             mix(before.cov[2], after.cov[2])}};
}

/// Largest of the two dimensions' distances between a rating and the plan, in SD of a rating. The plan's
/// own spread is left out on purpose: it is wide, and a plan that nothing can surprise would never follow.
[[nodiscard]] inline double surprise(const flow::Va& rated, const flow::VaGaussian& expected,
                                     const flow::Va& rating_variance) {
    const double v = std::abs(rated.valence - expected.mean.valence) /
                     std::sqrt(rating_variance.valence);
    const double a = std::abs(rated.arousal - expected.mean.arousal) /
                     std::sqrt(rating_variance.arousal);
    return std::max(v, a);
}

}  // namespace attune::choose
