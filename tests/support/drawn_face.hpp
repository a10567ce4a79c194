// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A face that is drawn: brows, eyes, nose, mouth and hair, light from the left; as in bench/affect_bench.py, in a lighter room.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace attune::drawn {

struct Picture {
    int width = 640, height = 480;
    std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height));
};

/// A room, a wall that is lighter towards the floor.
inline Picture room() {
    Picture p;
    for (int y = 0; y < p.height; ++y) {
        const double level = 130.0 + 25.0 * y / p.height;
        for (int x = 0; x < p.width; ++x) {
            std::uint8_t* to = p.rgb.data() + static_cast<std::ptrdiff_t>(y * p.width + x) * 3;
            to[0] = static_cast<std::uint8_t>(level), to[1] = static_cast<std::uint8_t>(level + 4), to[2] = static_cast<std::uint8_t>(level + 12);
        }
    }
    return p;
}

/// Light of the skin at (u, v), in halves of the face's width and height from its middle.
inline double skin(double u, double v) {
    const auto bump = [](double x, double w) { return std::exp(-(x / w) * (x / w)); };
    double shade = 0.0;
    for (const double side : {-1.0, 1.0}) {
        const double eu = u - side * .40, ev = v + .22;
        shade += 38.0 * bump(eu, .26) * bump(ev, .16);
        if ((eu / .19) * (eu / .19) + (ev / .075) * (ev / .075) < 1.0) {
            shade -= 45.0;
            if (eu * eu + (ev * 1.2) * (ev * 1.2) < .0065) shade += 150.0;
        }
        if (std::abs(eu) < .24 && std::abs(ev + .20 - .25 * eu * eu) < .035) shade += 95.0;
        shade += 26.0 * bump(u - side * .13, .07) * bump(v - .24, .06);
    }
    shade += 18.0 * bump(u - .10, .06) * bump(v - .05, .25);
    const double lip = std::abs(v - .52 - .10 * u * u);
    if (std::abs(u) < .34 && lip < .055) shade += 62.0 + (lip < .012 ? 50.0 : 0.0);
    shade += 16.0 * bump(u, .3) * bump(v - .68, .06);
    return std::max(12.0, 190.0 - 42.0 * u - 55.0 * std::max(0.0, u * u + v * v - .45) - shade);
}

/// A face of `width_px`, four parts of a pixel each way, its middle at (x, y).
inline void put_face(Picture& p, double x, double y, double width_px) {
    const double a = width_px / 2.0, b = a * 122.0 / 92.0;
    for (int py = 0; py < p.height; ++py) {
        for (int px = 0; px < p.width; ++px) {
            std::uint8_t* to = p.rgb.data() + static_cast<std::ptrdiff_t>(py * p.width + px) * 3;
            double sum[3] = {};
            for (int k = 0; k < 16; ++k) {
                const double u = (px + (k % 4 + .5) / 4.0 - x) / a, v = (py + (k / 4 + .5) / 4.0 - y) / b, r = u * u + v * v;
                double c[3] = {static_cast<double>(to[0]), static_cast<double>(to[1]), static_cast<double>(to[2])};
                if ((r < 1.28 && v < -.18) || (1.0 < r && r < 1.30 && v < .25)) c[0] = 38.0, c[1] = 28.0, c[2] = 22.0;
                if (r < 1.0 && !(v < -.62 && r > .72)) {
                    const double light = skin(u, v);
                    c[0] = light, c[1] = .78 * light, c[2] = .66 * light;
                }
                for (int i = 0; i < 3; ++i) sum[i] += c[i] / 16.0;
            }
            for (int i = 0; i < 3; ++i) to[i] = static_cast<std::uint8_t>(std::clamp(sum[i] + .5, 0.0, 255.0));
        }
    }
}

}  // namespace attune::drawn
