// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// When a plan is made anew (affect_spec C, REPLAN): a rating more than 2 SD (of a rating) from what the
/// plan predicted; a skip; an override. A sensor alone, in a person's first ten sessions, may only have the next
/// piece stay, or what plays softened.
///
/// Units    valence and arousal in [-1, 1]; variances in their squares; times in seconds of the session
/// Threads  pure functions, and a value with one owner      Errors  none
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "core/time.hpp"
#include "flow/affect.hpp"
#include "flow/goal.hpp"

namespace attune::choose {

inline constexpr double kReplanSd = 2.0;                   ///< affect_spec C
inline constexpr std::int64_t kSensorsWaitSessions = 10;   ///< affect_spec C: until then a sensor may hold or soften only
/// A body must say the same for so long: within tau_c of heart and skin (affect_spec A, TIME) its frames are one
/// observation. Chosen.
inline constexpr double kBodyStandsS = 60.0;

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

/// What a body's sensors say against the plan.
struct BodyView {
    double deviation_sd = 0.0;    ///< of its index from this person's own past mean [SD of that index]; > 0 = more activation
    flow::VaGaussian felt;        ///< with sensors
    flow::VaGaussian shadow;      ///< by ratings and music alone
    flow::VaGaussian expected;    ///< by the plan, now
};

/// Is the body more active than the plan counts on, in a way that leads away from the goal?
///
/// SD       of the person's own index, as it is of a rating where a rating surprises. Not of the estimate: the filter's
///          bound is so strict that ten minutes of an index 8 SD up move an unearned mean by .05
/// Upwards  only. A heart that slows in a chair is what a clock does alone (affect_spec, the time-matched figures, and
///          B: settling without a change of mood)
[[nodiscard]] inline bool body_departs(const BodyView& body, const flow::Goal& goal, const flow::Va& start) {
    const double arousal = body.felt.mean.arousal;
    if (body.deviation_sd <= kReplanSd) return false;
    if (arousal <= body.shadow.mean.arousal || arousal <= body.expected.mean.arousal) return false;
    const flow::Va planned = body.expected.mean;
    return goal.distance_from({planned.valence, arousal}, start) > goal.distance_from(planned, start);
}

/// Since when a body departs.
class BodyDeparture {
public:
    void look(Time t, bool departs) {
        if (!departs) since_.reset();
        else if (!since_) since_ = t;
    }
    [[nodiscard]] bool stands(Time t) const { return since_ && (t - *since_).seconds() >= kBodyStandsS; }

private:
    std::optional<Time> since_;
};

}  // namespace attune::choose
