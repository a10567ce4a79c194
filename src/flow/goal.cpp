// SPDX-License-Identifier: GPL-3.0-or-later
#include "flow/goal.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace attune::flow {
namespace {

struct Box {
    double v_min, v_max, a_min, a_max;
};

/// affect_spec C, TARGETS.
Box box_of(GoalKind kind) {
    switch (kind) {
        case GoalKind::kCalm: return {.1, 1.0, -.8, -.2};
        case GoalKind::kLift: return {.3, 1.0, -.2, .5};
        case GoalKind::kEnergise: return {.1, 1.0, .3, .7};
        case GoalKind::kSleep: return {-1.0, 1.0, -1.0, -.5};
        case GoalKind::kFocus: return {-1.0, 1.0, -.3, .3};
        case GoalKind::kStay:
        case GoalKind::kPoint: break;
    }
    return {-1.0, 1.0, -1.0, 1.0};
}

constexpr double kStayRadius = .25;
constexpr std::array kNamed = {GoalKind::kCalm,  GoalKind::kLift,     GoalKind::kFocus,
                               GoalKind::kSleep, GoalKind::kEnergise, GoalKind::kStay};

}  // namespace

const char* to_string(GoalKind kind) noexcept {
    switch (kind) {
        case GoalKind::kCalm: return "calm";
        case GoalKind::kLift: return "lift";
        case GoalKind::kFocus: return "focus";
        case GoalKind::kSleep: return "sleep";
        case GoalKind::kEnergise: return "energise";
        case GoalKind::kStay: return "stay";
        case GoalKind::kPoint: return "point";
    }
    return "point";
}

Result<Goal> Goal::parse(std::string_view text, double minutes) {
    if (!(minutes >= 1.0 && minutes <= 180.0)) {
        return fail(ErrorCode::kBadArgument, core::format_double(minutes) +
                                                 " minutes is out of range; a session lasts 1 to 180");
    }
    Goal goal;
    goal.minutes = minutes;
    for (const GoalKind kind : kNamed) {
        if (text == to_string(kind)) {
            goal.kind = kind;
            return goal;
        }
    }
    const auto parts = core::split(text, ',');
    if (parts.size() == 2) {
        const auto v = core::parse_double(parts[0]);
        const auto a = core::parse_double(parts[1]);
        if (v && a && std::abs(*v) <= 1.0 && std::abs(*a) <= 1.0) {
            goal.kind = GoalKind::kPoint;
            goal.point = Va{*v, *a};
            return goal;
        }
    }
    return fail(ErrorCode::kBadArgument,
                "'" + std::string(text) + "' is not a goal; goals are calm, lift, focus, sleep, "
                "energise, stay, or VALENCE,AROUSAL with both from -1 to 1");
}

Va Goal::nearest(const Va& x, const Va& start) const {
    if (kind == GoalKind::kPoint) return *point;
    if (kind == GoalKind::kStay) {
        const double d = distance(x, start);
        if (d <= kStayRadius) return x;
        const double k = kStayRadius / d;
        return {start.valence + k * (x.valence - start.valence),
                start.arousal + k * (x.arousal - start.arousal)};
    }
    const Box b = box_of(kind);
    return {std::clamp(x.valence, b.v_min, b.v_max), std::clamp(x.arousal, b.a_min, b.a_max)};
}

double Goal::distance_from(const Va& x, const Va& start) const { return distance(x, nearest(x, start)); }

Va Goal::centre(const Va& start) const {
    switch (kind) {
        case GoalKind::kCalm: return {.4, -.5};
        case GoalKind::kLift: return {.55, .15};
        case GoalKind::kEnergise: return {.5, .5};
        case GoalKind::kSleep: return {.2, -.7};
        case GoalKind::kFocus: return {.25, 0.0};
        case GoalKind::kStay: return start;
        case GoalKind::kPoint: return *point;
    }
    return start;
}

}  // namespace attune::flow
