// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/face_canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "learn/detail/pixels.hpp"

namespace attune::affect {
namespace {

constexpr int kSide = 48;
constexpr double kBlend = 1.0 / 8.0;     // of the face's side
constexpr double kSensorNoise = 2.0;     // SD of a pixel in the dark
constexpr double kMouthFrom = 0.62;      // of the face's height: below it a mask lies
constexpr double kSideFrom = 0.60;       // of its width: beyond it a hand lies

std::uint8_t byte(double v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5, 0.0, 255.0)); }

void set(Canvas& canvas, int x, int y, double r, double g, double b) {
    auto* at = canvas.rgb.data() + static_cast<std::ptrdiff_t>(y * kCanvasWidth + x) * 3;
    at[0] = byte(r);
    at[1] = byte(g);
    at[2] = byte(b);
}

template <class Shade>
Canvas drawn(Shade shade) {
    Canvas canvas;
    for (int y = 0; y < kCanvasHeight; ++y) {
        for (int x = 0; x < kCanvasWidth; ++x) {
            const auto c = shade(x, y);
            set(canvas, x, y, c[0], c[1], c[2]);
        }
    }
    return canvas;
}

using Colour = std::array<double, 3>;
Colour colour(core::Random& random) { return {random.uniform(20, 235), random.uniform(20, 235), random.uniform(20, 235)}; }
Colour times(const Colour& c, double k) { return {c[0] * k, c[1] * k, c[2] * k}; }

/// Noise of five octaves on a grid of random values, smoothly joined.
class Clouds {
public:
    explicit Clouds(core::Random& random) {
        for (auto& v : grid_) v = random.uniform();
    }
    [[nodiscard]] double at(double x, double y) const {
        double sum = 0.0, weight = 0.5;
        for (double cell = 160.0; cell >= 10.0; cell /= 2.0, weight /= 2.0) sum += weight * smooth(x / cell, y / cell);
        return sum;
    }

private:
    static constexpr std::size_t kGrid = 64;
    [[nodiscard]] double corner(int x, int y) const { return grid_[static_cast<std::size_t>(y) % kGrid * kGrid + static_cast<std::size_t>(x) % kGrid]; }
    [[nodiscard]] double smooth(double x, double y) const {
        const int ix = static_cast<int>(x), iy = static_cast<int>(y);
        const auto ease = [](double t) { return t * t * (3.0 - 2.0 * t); };
        const double u = ease(x - ix), v = ease(y - iy);
        return (corner(ix, iy) * (1 - u) + corner(ix + 1, iy) * u) * (1 - v) + (corner(ix, iy + 1) * (1 - u) + corner(ix + 1, iy + 1) * u) * v;
    }
    std::array<double, kGrid * kGrid> grid_{};
};

Canvas boxes(core::Random& random) {
    struct Box { double x, y, w, h; Colour c; bool round; };
    std::vector<Box> all(14);
    for (auto& b : all) {
        b = {random.uniform(0, kCanvasWidth), random.uniform(0, kCanvasHeight), random.uniform(15, 220), random.uniform(15, 220),
             colour(random), random.chance(0.5)};
    }
    const Colour wall = colour(random);
    return drawn([&](int x, int y) {
        Colour c = wall;
        for (const auto& b : all) {
            const double u = (x - b.x) / b.w, v = (y - b.y) / b.h;
            if (b.round ? u * u + v * v < 0.25 : std::max(std::abs(u), std::abs(v)) < 0.5) c = times(b.c, 1.0 - 0.3 * (u + v));
        }
        return c;
    });
}

std::vector<std::uint8_t> in_colour(const learn::FerFace& face) {
    std::vector<std::uint8_t> rgb;
    for (const std::uint8_t v : face.pixels) rgb.insert(rgb.end(), 3, v);
    return rgb;
}

bool covered(Cover cover, double u, double v) {
    return (cover == Cover::kMouth && v > kMouthFrom) || (cover == Cover::kOneSide && u > kSideFrom);
}

}  // namespace

Canvas texture(int kind, core::Random& random) {
    const Colour one = colour(random), two = colour(random);
    const auto mix = [&](double t) { return Colour{one[0] + t * (two[0] - one[0]), one[1] + t * (two[1] - one[1]), one[2] + t * (two[2] - one[2])}; };
    if (kind == 0) {
        const double tilt = random.uniform(0.0, 1.0);
        return drawn([&](int x, int y) { return mix(tilt * x / kCanvasWidth + (1.0 - tilt) * y / kCanvasHeight); });
    }
    if (kind == 1) {
        const double fx = random.uniform(0.01, 0.2), fy = random.uniform(0.01, 0.2);
        return drawn([&](int x, int y) { return mix(0.5 + 0.25 * std::sin(fx * x) + 0.25 * std::sin(fy * y)); });
    }
    if (kind == 2) {
        const Clouds clouds(random);
        return drawn([&](int x, int y) { return mix(clouds.at(x, y)); });
    }
    return boxes(random);
}

Canvas part_of(const learn::RgbView& photograph, core::Random& random) {
    const double widest = std::min<double>(photograph.width, photograph.height * 4.0 / 3.0);
    const double width = random.uniform(std::min<double>(kCanvasWidth, widest), widest);
    const double zoom = width / kCanvasWidth;
    const double x0 = random.uniform(0.0, photograph.width - width), y0 = random.uniform(0.0, photograph.height - zoom * kCanvasHeight);
    return drawn([&](int x, int y) {
        const auto c = learn::detail::area(photograph, x0 + x * zoom, y0 + y * zoom, x0 + (x + 1) * zoom, y0 + (y + 1) * zoom);
        return Colour{c.r, c.g, c.b};
    });
}

Placed put_face(const learn::FerFace& face, const FaceSetting& setting, Canvas ground, core::Random& random) {
    Placed out{std::move(ground), 0.0, 0.0, random.chance(0.5) ? setting.roll_deg : -setting.roll_deg};
    const double angle = out.roll_deg * std::numbers::pi / 180.0, c = std::cos(angle), s = std::sin(angle);
    const double reach = setting.size_px / 2.0 * (std::abs(c) + std::abs(s));  // of the rolled square, to each side
    out.x = random.uniform(reach, kCanvasWidth - reach);
    out.y = random.uniform(reach, kCanvasHeight - reach);
    const double cloth = random.uniform(60.0, 200.0);
    const auto rgb = in_colour(face);
    const learn::RgbView picture{kSide, kSide, rgb};
    for (int y = 0; y < kCanvasHeight; ++y) {
        for (int x = 0; x < kCanvasWidth; ++x) {
            auto* at = out.canvas.rgb.data() + static_cast<std::ptrdiff_t>(y * kCanvasWidth + x) * 3;
            double grey = learn::detail::luma({static_cast<double>(at[0]), static_cast<double>(at[1]), static_cast<double>(at[2])});
            const double dx = x - out.x, dy = y - out.y;
            const double u = 0.5 + (dx * c + dy * s) / setting.size_px, v = 0.5 + (dy * c - dx * s) / setting.size_px;
            const double inside = std::min({u, v, 1.0 - u, 1.0 - v});
            if (inside > 0.0) {
                const double seen = covered(setting.cover, u, v) ? cloth : learn::detail::sample(picture, u * kSide - 0.5, v * kSide - 0.5).r;
                grey += std::min(1.0, inside / kBlend) * (seen - grey);
            }
            if (setting.light < 1.0) grey = grey * setting.light + random.normal(0.0, kSensorNoise);
            at[0] = at[1] = at[2] = byte(grey);
        }
    }
    return out;
}

}  // namespace attune::affect
