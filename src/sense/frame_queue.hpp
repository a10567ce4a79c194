// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Between the thread that reads a live sensor and the one that pulls: bounded, drops the oldest, counts it.
///
/// Threads  push() from the reader, drain() from the owner of the source; neither waits for room
/// Out      a frame that follows dropped ones of its channel carries their time in gap_ns
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "flow/sensor_frame.hpp"
#include "sense/source.hpp"

namespace attune::sense {

class FrameQueue {
public:
    /// Holds at most `capacity` frames; capacity > 0.
    explicit FrameQueue(std::size_t capacity) : capacity_(capacity) {}

    void push(flow::SensorFrame frame);
    /// Moves every frame that starts before `until` to `out` and adds the count of the dropped.
    void drain(Time until, Batch& out);
    [[nodiscard]] std::size_t size() const;

private:
    mutable std::mutex mutex_;  ///< guards all below
    std::size_t capacity_;
    std::deque<flow::SensorFrame> frames_;
    std::map<flow::Channel, Time> lost_since_;  ///< start of the first frame dropped of a channel
    std::uint64_t dropped_ = 0;
};

}  // namespace attune::sense
