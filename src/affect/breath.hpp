// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Breaths a minute of one wearable, from the best channel that tells them.
///
/// In       SensorFrames: respiration, ECG, PPG or RR; the others are passed over
/// Out      the last rate, not older than 5 s; of several channels its own before ECG before PPG before RR
/// Unknown  nothing: no such channel, less than 32 s of it, or nothing in it swings like breath (signal/respiration.hpp)
/// Anew     where a channel has a gap, changes its rate, or its clock steps by more than 0.1 s
/// Threads  one owner
#include <array>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "flow/sensor_frame.hpp"
#include "signal/respiration.hpp"

namespace attune::affect {

/// How the listener breathes, as far as a source tells. It moves no estimate: it is shown beside it.
struct Breathing {
    Time t;                 ///< end of its window of 32 s
    double per_min = 0.0;   ///< 4..40
    double quality = 0.0;   ///< 0.6..1
    flow::Channel of = flow::Channel::kRespiration;  ///< the channel that it was read from
};

class BreathTracker {
public:
    void push(const flow::SensorFrame& frame);
    [[nodiscard]] std::optional<Breathing> at(Time now) const;

private:
    struct Line {
        std::optional<signal::Respiration> rates;
        double rate_hz = 0.0;
        Time start;
        std::int64_t frames = 0;
        std::optional<Breathing> last;
    };
    std::array<Line, 4> lines_;  ///< in the order of signal::BreathOf
    std::vector<signal::BreathRate> found_;
};

}  // namespace attune::affect
