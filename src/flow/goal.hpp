// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Where the listener wants to go: a set of states, not a point.
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "flow/affect.hpp"

namespace attune::flow {

enum class GoalKind { kCalm, kLift, kFocus, kSleep, kEnergise, kStay, kPoint };
[[nodiscard]] const char* to_string(GoalKind kind) noexcept;

struct Goal {
    GoalKind kind = GoalKind::kCalm;
    std::optional<Va> point;   ///< kPoint only
    double minutes = 20.0;     ///< 1..180

    /// "calm", "lift", ... or "V,A" with both in [-1, 1]. The error names the goals.
    [[nodiscard]] static Result<Goal> parse(std::string_view text, double minutes);
    /// The nearest point of the target set to x. `start` is the rating that the session began with
    /// (kStay is an ellipse of .25 round it).
    [[nodiscard]] Va nearest(const Va& x, const Va& start) const;
    /// Euclidean distance from x to the set; 0 inside.
    [[nodiscard]] double distance_from(const Va& x, const Va& start) const;
    /// A typical point well inside the set.
    [[nodiscard]] Va centre(const Va& start) const;
};

}  // namespace attune::flow
