// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/ramp.hpp"

#include <algorithm>
#include <cmath>

namespace attune::play {

void Ramp::set(double to, double over_frames) noexcept {
    from = value;
    target = to;
    elapsed = 0;
    length = static_cast<std::int64_t>(std::llround(over_frames));
    if (length < 1) value = from = to;
}

void Ramp::wake(double tiny) noexcept {
    if (value <= 0.0) value = tiny;
}

void Ramp::advance(int n) noexcept {
    if (value == target) return;
    elapsed = std::min(elapsed + n, length);
    value = elapsed == length ? target
                              : from + (target - from) * static_cast<double>(elapsed) /
                                           static_cast<double>(length);
}

}  // namespace attune::play
