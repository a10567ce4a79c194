// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/clock_map.hpp"

#include <algorithm>
#include <cmath>

#include "sense/recording.hpp"

namespace attune::sense {
namespace {

constexpr double kDrift = 50e-6;          // of consumer crystals
constexpr double kJitterShare = .05;      // smoothing of the lateness

}  // namespace

MappedTime ClockMap::map(double device_s, Time arrival) {
    const double arrival_s = arrival.seconds();
    const double seen_s = arrival_s - device_s;
    const double jump_s = kClockJump.seconds();
    bool jumped = false;
    if (!offset_s_) {
        offset_s_ = seen_s;
    } else {
        *offset_s_ += kDrift * std::max(0.0, arrival_s - last_arrival_s_);
        const double late_s = seen_s - *offset_s_;
        if (late_s < -jump_s) {              // the device's clock went forward
            offset_s_ = seen_s;
            jumped = true;
        } else if (late_s < 0.0) {
            offset_s_ = seen_s;
            late_since_s_ = -1.0;
        } else if (late_s > jump_s) {        // late, or its clock went back: wait and see
            if (late_since_s_ < 0.0) {
                late_since_s_ = arrival_s;
                least_late_s_ = late_s;
            }
            least_late_s_ = std::min(least_late_s_, late_s);
            if (arrival_s - late_since_s_ > kPatienceS) {
                *offset_s_ += least_late_s_;
                late_since_s_ = -1.0;
                jumped = true;
            }
        } else {
            late_since_s_ = -1.0;
            jitter_s_ += kJitterShare * (late_s - jitter_s_);
        }
    }
    last_arrival_s_ = arrival_s;
    return {{from_seconds(device_s + *offset_s_).ns}, from_seconds(std::max(.001, jitter_s_)).ns, jumped};
}

}  // namespace attune::sense
