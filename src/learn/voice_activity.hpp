// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Speech or not, by Silero VAD (a part that scripts/add-parts installs; MIT, see THIRD_PARTY.md).
///
/// In       mono audio [-1, 1] at 16 kHz
/// Out      one probability of speech for every whole 32 ms; a remainder is passed over
/// Threads  one owner
/// Errors   load(): as OnnxModel.  judge(): kBadArgument for a sample that is not finite
/// Method   each frame of 512 samples is seen with the 64 before it and 64 mirrored behind it: without those before
///          it the network fires on music; its state goes from frame to frame and begins anew in each call
#include <filesystem>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "learn/onnx_model.hpp"

namespace attune::learn {

inline constexpr std::size_t kActivityFrame = 512;

class VoiceActivity {
public:
    [[nodiscard]] static Result<VoiceActivity> load(const std::filesystem::path& file);
    [[nodiscard]] Result<std::vector<double>> judge(std::span<const float> samples);

private:
    explicit VoiceActivity(OnnxModel model) : model_(std::move(model)) {}
    OnnxModel model_;
};

}  // namespace attune::learn
