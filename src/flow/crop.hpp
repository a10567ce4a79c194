// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// page or camera → face recogniser: one aligned face; the frame that it came from is never kept.
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "flow/provenance.hpp"

namespace attune::flow {

inline constexpr int kCropSize = 96;
/// Where the eyes' centres lie in a crop [pixels]: the mean place that the landmark net finds on
/// FER2013's training faces scaled to 96. One constant for page, server and trainer.
inline constexpr double kLeftEyeX = 31.0, kRightEyeX = 65.0, kEyeY = 38.0;

struct Crop {
    std::string source;              ///< id of the source; empty = of the only one
    Time t;
    Origin origin = Origin::kLive;   ///< of the picture
    std::vector<std::uint8_t> jpeg;  ///< 96×96 RGB, quality 85, rolled upright
    double roll_deg = 0.0;           ///< that was taken out
    double score = 0.0;              ///< of the detector, 0..1
    int face_px = 0;                 ///< width of the face in the frame
    double light = 0.0;              ///< mean luma of the face before gain, 0..255
    int n_faces = 0;                 ///< in the frame
};

}  // namespace attune::flow
