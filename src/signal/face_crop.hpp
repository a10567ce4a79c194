// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Light normalisation of a small grey face: the one function that trainer, evaluation and live
/// recogniser share, so that a face is seen in use exactly as it was seen in training.
///
/// In       luma 0..255, any size, row-major
/// Out      same length: (luma - mean) / max(sd, kFaceSdFloor), clipped to +-kFaceClip
/// Threads  pure; RT-SAFE
/// Errors   none; an empty span does nothing. A flat picture comes out as zeros
#include <span>

namespace attune::signal {

inline constexpr int kFaceSize = 48;            ///< side of what the expression network sees [pixels]
inline constexpr float kFaceSdFloor = 8.0F;     ///< [grey levels]: sensor noise is not blown up
inline constexpr float kFaceClip = 4.0F;

struct FaceLight {
    float mean = 0.0F;  ///< [grey levels]
    float sd = 0.0F;    ///< [grey levels]
};
[[nodiscard]] FaceLight face_light(std::span<const float> luma) noexcept;
/// luma.size() == out.size(); in place is allowed.
void face_normalise(std::span<const float> luma, std::span<float> out) noexcept;

}  // namespace attune::signal
