// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads an RgbView between and across its pixels.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "learn/face_finder.hpp"

namespace attune::learn::detail {

struct Rgb { double r, g, b; };

/// Bilinear sample; outside the picture the border goes on.
inline Rgb sample(const RgbView& p, double x, double y) {
    x = std::clamp(x, 0.0, static_cast<double>(p.width - 1));
    y = std::clamp(y, 0.0, static_cast<double>(p.height - 1));
    const int ix = std::min(static_cast<int>(x), std::max(0, p.width - 2));
    const int iy = std::min(static_cast<int>(y), std::max(0, p.height - 2));
    const double fx = x - ix;
    const double fy = y - iy;
    const auto at = [&](int dx, int dy, int c) {
        const int px = std::min(ix + dx, p.width - 1);
        const int py = std::min(iy + dy, p.height - 1);
        return static_cast<double>(p.rgb[static_cast<std::size_t>((py * p.width + px) * 3 + c)]);
    };
    const auto mix = [&](int c) {
        return (at(0, 0, c) * (1 - fx) + at(1, 0, c) * fx) * (1 - fy) + (at(0, 1, c) * (1 - fx) + at(1, 1, c) * fx) * fy;
    };
    return {mix(0), mix(1), mix(2)};
}

/// Mean over the rectangle that one pixel of a smaller picture covers.
inline Rgb area(const RgbView& p, double x0, double y0, double x1, double y1) {
    const int ax = std::clamp(static_cast<int>(x0), 0, p.width - 1);
    const int ay = std::clamp(static_cast<int>(y0), 0, p.height - 1);
    const int bx = std::clamp(static_cast<int>(std::ceil(x1)), ax + 1, p.width);
    const int by = std::clamp(static_cast<int>(std::ceil(y1)), ay + 1, p.height);
    int r = 0, g = 0, b = 0;
    for (int y = ay; y < by; ++y) {
        const std::uint8_t* row = p.rgb.data() + static_cast<std::ptrdiff_t>(y * p.width + ax) * 3;
        for (int x = ax; x < bx; ++x, row += 3) {
            r += row[0];
            g += row[1];
            b += row[2];
        }
    }
    const double n = static_cast<double>((bx - ax) * (by - ay));
    return {r / n, g / n, b / n};
}

inline double luma(const Rgb& c) { return 0.299 * c.r + 0.587 * c.g + 0.114 * c.b; }

}  // namespace attune::learn::detail
