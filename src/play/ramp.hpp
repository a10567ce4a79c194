// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A value on its way: linear in time, computed from its start, so that it is the same in any block
/// size.
///
/// Threads  one owner; RT-SAFE
#include <cstdint>

namespace attune::play {

struct Ramp {
    double value = 0.0, target = 0.0, from = 0.0;
    std::int64_t elapsed = 0, length = 0;  ///< frames
    void set(double to, double over_frames) noexcept;
    void jump(double to) noexcept { value = target = from = to; }
    void wake(double tiny) noexcept;  ///< a value of 0 becomes `tiny`: time begins to flow
    void advance(int n) noexcept;
    [[nodiscard]] bool moving() const noexcept { return value != target; }
    [[nodiscard]] std::int64_t frames_left() const noexcept { return length - elapsed; }
};

}  // namespace attune::play
