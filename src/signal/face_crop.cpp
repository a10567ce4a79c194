// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/face_crop.hpp"

#include <algorithm>
#include <cmath>

namespace attune::signal {

FaceLight face_light(std::span<const float> luma) noexcept {
    if (luma.empty()) return {};
    double sum = 0.0;
    double squares = 0.0;
    for (const float p : luma) {
        sum += static_cast<double>(p);
        squares += static_cast<double>(p) * static_cast<double>(p);
    }
    const auto n = static_cast<double>(luma.size());
    const double mean = sum / n;
    const double variance = std::max(0.0, squares / n - mean * mean);
    return {static_cast<float>(mean), static_cast<float>(std::sqrt(variance))};
}

void face_normalise(std::span<const float> luma, std::span<float> out) noexcept {
    const FaceLight light = face_light(luma);
    const float scale = 1.0F / std::max(light.sd, kFaceSdFloor);
    for (std::size_t i = 0; i < luma.size() && i < out.size(); ++i) {
        out[i] = std::clamp((luma[i] - light.mean) * scale, -kFaceClip, kFaceClip);
    }
}

}  // namespace attune::signal
