// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Random views of a 48x48 face for training: pose, size, light, noise, covering; then the same
/// normalisation as in use (signal/face_crop.hpp).
///
/// In       48x48 luma 0..255; side of the view, 24..48 [pixels]
/// Out      side x side normalised values
/// Threads  one owner a Random
#include <span>

#include "core/random.hpp"

namespace attune::train {

struct FaceAugment {
    double rotate_sd_deg = 7.0;
    double scale_sd = 0.09;      ///< of the logarithm
    double stretch_sd = 0.04;    ///< width against height, of the logarithm
    double shift_sd_px = 2.2;    ///< of 48
    double gamma_sd = 0.25;      ///< of the logarithm
    double ramp_sd = 0.15;       ///< light from one side, share of the luma across the face
    double noise_max = 8.0;      ///< [grey levels]
    double blur_share = 0.12;
    double erase_share = 0.25;

    [[nodiscard]] FaceAugment times(double k) const {
        return {rotate_sd_deg * k, scale_sd * k, stretch_sd * k,  shift_sd_px * k, gamma_sd * k,
                ramp_sd * k,       noise_max * k, blur_share * k, erase_share * k};
    }
};

void augment_face(std::span<const std::uint8_t> pixels, const FaceAugment& how, int side,
                  core::Random& random, std::span<float> out);
/// The face as it is, resampled to `side`.
void plain_face(std::span<const std::uint8_t> pixels, int side, bool mirrored, std::span<float> out);

}  // namespace attune::train
