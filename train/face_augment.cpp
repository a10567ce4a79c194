// SPDX-License-Identifier: GPL-3.0-or-later
#include "face_augment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "signal/face_crop.hpp"

namespace attune::train {
namespace {

constexpr int kSide = signal::kFaceSize;

struct Affine {  // source = centre + m * (view - centre) + shift, in pixels of the 48x48 face
    double m00 = 1.0, m01 = 0.0, m10 = 0.0, m11 = 1.0, dx = 0.0, dy = 0.0;
};

float pixel(std::span<const std::uint8_t> p, int x, int y) {
    const int cx = std::clamp(x, 0, kSide - 1);
    const int cy = std::clamp(y, 0, kSide - 1);
    return static_cast<float>(p[static_cast<std::size_t>(cy * kSide + cx)]);
}

void warp(std::span<const std::uint8_t> p, const Affine& a, int side, std::span<float> out) {
    const double zoom = static_cast<double>(kSide) / side;
    const double centre = (kSide - 1) / 2.0;
    std::size_t at = 0;
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            const double vx = (x + 0.5) * zoom - 0.5 - centre;
            const double vy = (y + 0.5) * zoom - 0.5 - centre;
            const double sx = centre + a.m00 * vx + a.m01 * vy + a.dx;
            const double sy = centre + a.m10 * vx + a.m11 * vy + a.dy;
            const int ix = static_cast<int>(std::floor(sx));
            const int iy = static_cast<int>(std::floor(sy));
            const auto fx = static_cast<float>(sx - ix);
            const auto fy = static_cast<float>(sy - iy);
            const float top = pixel(p, ix, iy) * (1 - fx) + pixel(p, ix + 1, iy) * fx;
            const float low = pixel(p, ix, iy + 1) * (1 - fx) + pixel(p, ix + 1, iy + 1) * fx;
            out[at++] = top * (1 - fy) + low * fy;
        }
    }
}

void light(std::span<float> view, int side, const FaceAugment& how, core::Random& random) {
    const double gamma = std::exp(random.normal(0.0, how.gamma_sd));
    const double ramp_x = random.normal(0.0, how.ramp_sd);
    const double ramp_y = random.normal(0.0, how.ramp_sd);
    std::array<float, 256> curve{};
    for (std::size_t i = 0; i < curve.size(); ++i) {
        curve[i] = static_cast<float>(255.0 * std::pow(static_cast<double>(i) / 255.0, gamma));
    }
    std::size_t at = 0;
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x, ++at) {
            const double side_light = 1.0 + ramp_x * (2.0 * x / side - 1.0) + ramp_y * (2.0 * y / side - 1.0);
            const double luma = static_cast<double>(view[at]) * std::max(0.2, side_light);
            view[at] = curve[static_cast<std::size_t>(std::clamp(luma, 0.0, 255.0))];
        }
    }
}

void blur(std::span<float> view, int side) {
    for (int pass = 0; pass < 2; ++pass) {
        const int step = pass == 0 ? 1 : side;
        for (int line = 0; line < side; ++line) {
            const int start = pass == 0 ? line * side : line;
            float before = view[static_cast<std::size_t>(start)];
            for (int i = 0; i < side; ++i) {
                const auto at = static_cast<std::size_t>(start + i * step);
                const float here = view[at];
                const float after = i + 1 < side ? view[at + static_cast<std::size_t>(step)] : here;
                view[at] = 0.25F * before + 0.5F * here + 0.25F * after;
                before = here;
            }
        }
    }
}

/// A rectangle of noise in the face's own grey range, as a hand, a cup or a mask would cover it.
void erase(std::span<float> view, int side, core::Random& random) {
    const int w = static_cast<int>(random.uniform(0.15, 0.45) * side);
    const int h = static_cast<int>(random.uniform(0.15, 0.45) * side);
    const auto x0 = static_cast<int>(random.below(static_cast<std::uint64_t>(side - w + 1)));
    const auto y0 = static_cast<int>(random.below(static_cast<std::uint64_t>(side - h + 1)));
    const double grey = random.uniform(20.0, 235.0);
    const double grain = random.chance(0.5) ? 40.0 : 4.0;
    for (int y = y0; y < y0 + h; ++y) {
        for (int x = x0; x < x0 + w; ++x) {
            view[static_cast<std::size_t>(y * side + x)] =
                static_cast<float>(std::clamp(grey + random.uniform(-grain, grain), 0.0, 255.0));
        }
    }
}

Affine draw_pose(const FaceAugment& how, core::Random& random) {
    const double angle = std::clamp(random.normal(0.0, how.rotate_sd_deg), -25.0, 25.0) *
                         std::numbers::pi / 180.0;
    const double scale = std::exp(std::clamp(random.normal(0.0, how.scale_sd), -0.25, 0.25));
    const double stretch = std::exp(random.normal(0.0, how.stretch_sd));
    const double flip = random.chance(0.5) ? -1.0 : 1.0;
    Affine a;
    a.m00 = flip * scale * stretch * std::cos(angle);
    a.m01 = -flip * scale * std::sin(angle);
    a.m10 = scale * stretch * std::sin(angle);
    a.m11 = scale * std::cos(angle);
    a.dx = std::clamp(random.normal(0.0, how.shift_sd_px), -6.0, 6.0);
    a.dy = std::clamp(random.normal(0.0, how.shift_sd_px), -6.0, 6.0);
    return a;
}

}  // namespace

void augment_face(std::span<const std::uint8_t> pixels, const FaceAugment& how, int side,
                  core::Random& random, std::span<float> out) {
    warp(pixels, draw_pose(how, random), side, out);
    light(out, side, how, random);
    if (random.chance(how.blur_share)) blur(out, side);
    if (random.chance(0.3)) {
        const double noise = random.uniform(0.0, how.noise_max);
        for (float& v : out) v += static_cast<float>(noise * random.uniform(-1.7, 1.7));
    }
    if (random.chance(how.erase_share)) erase(out, side, random);
    signal::face_normalise(out, out);
}

void plain_face(std::span<const std::uint8_t> pixels, int side, bool mirrored, std::span<float> out) {
    Affine a;
    if (mirrored) a.m00 = -1.0;
    warp(pixels, a, side, out);
    signal::face_normalise(out, out);
}

}  // namespace attune::train
