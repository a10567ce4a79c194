// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Two linear scores over BodyFeatures: stress against rest, and exercise against sitting.
///
/// Stress is trained as a ranking of windows of different people at the same minute (see fit_stress), so that the
/// timetable of an experiment teaches it nothing; its probability is calibrated on all windows of the training people.
/// Errors   kCorrupt names the field; kBadArgument where training data lack a class
#include <span>
#include <string>
#include <vector>

#include "affect/body_features.hpp"
#include "affect/stress_data.hpp"
#include "core/result.hpp"
#include "learn/logistic.hpp"

namespace attune::affect {

struct StressModel {
    learn::LinearScore stress;      ///< over BodySecond::x
    learn::LinearScore exercise;    ///< over BodySecond::motion
    double exercise_threshold = .5; ///< probability above which the listener is taken to exercise

    [[nodiscard]] double stress_probability(const BodySecond& s) const { return stress.probability(s.x); }
    [[nodiscard]] bool exercising(const BodySecond& s) const {
        return s.motion[0] == s.motion[0] && exercise.probability(s.motion) > exercise_threshold;
    }
};

[[nodiscard]] Result<StressModel> stress_model_from_json(const std::string& text);
[[nodiscard]] std::string to_json(const StressModel& model);

/// From rest against stress and hyperventilation, which the protocol means as stress too (other windows are passed over).
[[nodiscard]] Result<learn::LinearScore> fit_stress(std::span<const BodyWindow* const> windows);
struct ExerciseFit {
    learn::LinearScore score;
    double threshold = .5;   ///< 3 % of the seated training windows lie above it
};
/// From exercise windows against rest, stress and seated ones.
[[nodiscard]] Result<ExerciseFit> fit_exercise(std::span<const BodyWindow* const> windows);

}  // namespace attune::affect
