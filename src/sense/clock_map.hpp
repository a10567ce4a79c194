// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A device's clock seen from ours: the offset of the fastest delivery so far.
///
/// In       device time [s] of a sample, session time at which it arrived
/// Out      session time of the sample, its uncertainty, and whether the device's clock jumped over kClockJump
/// Method   a message is never early, only late: the smallest (arrival - device) is the offset, relaxed by 50 ppm so
///          that a slow device clock can be followed; deliveries that stay late for kPatienceS are a jump
/// Threads  one owner
#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace attune::sense {

struct MappedTime {
    Time t;
    std::int64_t sigma_ns = 0;
    bool jumped = false;   ///< the segment ends before this sample
};

class ClockMap {
public:
    [[nodiscard]] MappedTime map(double device_s, Time arrival);

private:
    static constexpr double kPatienceS = 3.0;
    std::optional<double> offset_s_;
    double last_arrival_s_ = 0.0, late_since_s_ = -1.0, least_late_s_ = 0.0, jitter_s_ = .005;
};

}  // namespace attune::sense
