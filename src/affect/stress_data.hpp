// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Labelled windows of people with a wristband: stress_predict and wearable_stress_exercise.
///
/// In       a folder that holds the sets (phases.csv and a folder a recording); any people with that layout
/// Out      windows of 60 s every 30 s inside the phases (shorter tasks: one window), each seen causally by
///          BodyFeatures at its end; the first 45 s of a rest of wearable_stress_exercise are left out
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "affect/body_features.hpp"
#include "core/result.hpp"

namespace attune::affect {

enum class WindowLabel { kRest, kStress, kHyperventilation, kExercise, kSeated };

struct BodyWindow {
    std::string set, person, recording, phase;
    WindowLabel label = WindowLabel::kRest;
    double centre_s = 0.0;   ///< from the start of the recording
    BodySecond at;
};

/// All frames of the recording in a folder, in the order of time, none longer than 1 s; time 0 = first skin
/// conductance sample. Given by the room that reads files.
using RecordingReader = std::function<Result<std::vector<flow::SensorFrame>>(const std::filesystem::path&)>;

struct BodyData {
    std::vector<BodyWindow> windows;
    std::vector<std::string> sets;
    std::vector<std::filesystem::path> files;   ///< that were read
    std::vector<std::string> warnings;
};

inline constexpr const char* kStressPredict = "stress_predict";
inline constexpr const char* kWearable = "wearable_stress_exercise";

/// kNotFound if neither set is below `root`.
[[nodiscard]] Result<BodyData> read_body_data(const std::filesystem::path& root, const RecordingReader& reader,
                                              const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace attune::affect
