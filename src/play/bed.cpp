// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/bed.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace attune::play {
namespace {

constexpr int kRate = 48000;
constexpr int kLoopSeconds = 8;
constexpr double kLevel = 0.0126;

/// One partial: its cycles in the loop are whole, so that the end meets the beginning.
struct Partial {
    double hz;
    double amplitude;
    double swell_cycles;  ///< slow swelling, whole cycles a loop
    double pan;           ///< -1..1
};
// A2, E3, A3, C#4, E4 with weak octaves: open, low, nothing above 700 Hz.
constexpr std::array<Partial, 7> kChord{{{110.0, 1.0, 1, 0.0},
                                         {164.75, .8, 2, -.3},
                                         {220.0, .7, 3, .3},
                                         {277.125, .35, 1, -.5},
                                         {329.625, .3, 2, .5},
                                         {440.0, .15, 3, -.2},
                                         {659.25, .06, 1, .2}}};

}  // namespace

const Bed::Loop& Bed::loop() {
    static const Loop made = [] {
        constexpr auto kFrames = static_cast<std::size_t>(kRate) * kLoopSeconds;
        Loop loop{std::vector<float>(kFrames), std::vector<float>(kFrames)};
        for (std::size_t k = 0; k < kFrames; ++k) {
            const double t = static_cast<double>(k) / kRate;
            double l = 0.0, r = 0.0;
            for (const Partial& p : kChord) {
                const double swell =
                    0.75 +
                    0.25 *
                        std::sin(2.0 * std::numbers::pi * p.swell_cycles * t / kLoopSeconds + p.hz);
                const double x =
                    kLevel * p.amplitude * swell * std::sin(2.0 * std::numbers::pi * p.hz * t);
                l += x * (1.0 - 0.5 * p.pan);
                r += x * (1.0 + 0.5 * p.pan);
            }
            loop.left[k] = static_cast<float>(l);
            loop.right[k] = static_cast<float>(r);
        }
        return loop;
    }();
    return made;
}

Bed::Bed() : loop_(loop()) {}

void Bed::mix(std::span<float> left, std::span<float> right, float from, float to) noexcept {
    if (from == 0.0F && to == 0.0F) return;
    const float step = left.empty() ? 0.0F : (to - from) / static_cast<float>(left.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        const float g = from + step * static_cast<float>(i);
        left[i] += loop_.left[at_] * g;
        right[i] += loop_.right[at_] * g;
        if (++at_ == loop_.left.size()) at_ = 0;
    }
}

}  // namespace attune::play
