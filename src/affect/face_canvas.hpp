// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Pictures of 640x480 with one real face at a known place, and pictures without any: what a face finder is measured on.
///
/// In       faces of FER2013 (48x48 luma, cut tight: mostly no hair, no ears, half a chin) and photographs without people
/// Out      RGB; faces are put in grey on a grey ground, enlarged, rolled, darkened or partly covered
/// Threads  pure
/// Method   everything is drawn from named streams of core::Random, so the same face gives the same picture
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "learn/face_finder.hpp"
#include "learn/fer2013.hpp"

namespace attune::affect {

inline constexpr int kCanvasWidth = 640, kCanvasHeight = 480;

struct Canvas {
    std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * kCanvasWidth * kCanvasHeight));
    [[nodiscard]] learn::RgbView view() const { return {kCanvasWidth, kCanvasHeight, rgb}; }
};

/// A flat wall, waves, clouds of noise, or boxes and bars: by `kind` 0..3.
[[nodiscard]] Canvas texture(int kind, core::Random& random);
/// A part of a photograph, of 4:3, at a place and of a size by chance (640 pixels wide at least where there are as many).
[[nodiscard]] Canvas part_of(const learn::RgbView& photograph, core::Random& random);

enum class Cover { kNone, kMouth, kOneSide };
struct FaceSetting {
    const char* name;
    double size_px = 130.0;   ///< side of the 48x48 picture on the canvas
    double roll_deg = 0.0;    ///< its sign by chance
    double light = 1.0;       ///< all pixels times this; then noise of SD 2
    Cover cover = Cover::kNone;
};
struct Placed {
    Canvas canvas;
    double x = 0.0, y = 0.0;  ///< centre of the face [pixels]
    double roll_deg = 0.0;
};
/// The face on `ground` (made grey), its edge blended over an eighth of its side.
[[nodiscard]] Placed put_face(const learn::FerFace& face, const FaceSetting& setting, Canvas ground, core::Random& random);

}  // namespace attune::affect
