// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// attune evaluate detection: how often the camera's face finder finds a face, and finds one where none is; beside
/// OpenCV's LBP and Haar cascades.
///
/// In       request.data: fer2013 (PublicTest, PrivateTest) and, if there is one, a folder `faceless` with photographs
///          of no person (JPEG, PNG); every picture that is judged is composed of them (affect/face_canvas.hpp)
/// Out      recall and false alarms for each setting (upright, far, near, rolled, dark, covered) and for pictures
///          without a face; 95 % intervals by bootstrap over faces, or over photographs
/// Errors   kNotFound without fer2013; kUnavailable without the parts or cascades (never another finder instead)
#include "learn/model_registry.hpp"

namespace attune::affect {

[[nodiscard]] Result<learn::Evaluation> evaluate_detection(const learn::EvaluateRequest& request);
/// The same with `faces` a setting instead of 150 (tests).
[[nodiscard]] Result<learn::Evaluation> evaluate_detection(const learn::EvaluateRequest& request, std::size_t faces);
void register_detection(learn::ModelRegistry& registry);

}  // namespace attune::affect
