// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The safe bed: a quiet, steady chord that plays when decoding is late or failed, so that a fault
/// is never a silence in mid-phrase and never a click.
///
/// Out      a seamless loop at 48 kHz, about -33 LUFS at gain 1, ramped from one gain to another
/// Threads  one owner; mix() is RT-SAFE after construction
#include <cstdint>
#include <span>
#include <vector>

namespace attune::play {

class Bed {
public:
    /// The loop is made once a process, by the first bed; every later one shares it.
    Bed();
    /// Adds the bed to both channels with a gain that goes linearly from `from` to `to`.
    void mix(std::span<float> left, std::span<float> right, float from, float to) noexcept;

private:
    struct Loop {
        std::vector<float> left, right;
    };
    [[nodiscard]] static const Loop& loop();
    const Loop& loop_;
    std::size_t at_ = 0;
};

}  // namespace attune::play
