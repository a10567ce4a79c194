// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/frame_queue.hpp"

#include <algorithm>

namespace attune::sense {

void FrameQueue::push(flow::SensorFrame frame) {
    const std::lock_guard lock(mutex_);
    if (frames_.size() >= capacity_) {
        const flow::SensorFrame& oldest = frames_.front();
        lost_since_.try_emplace(oldest.channel, oldest.t);
        frames_.pop_front();
        ++dropped_;
    }
    frames_.push_back(std::move(frame));
}

void FrameQueue::drain(Time until, Batch& out) {
    const std::lock_guard lock(mutex_);
    while (!frames_.empty() && frames_.front().t < until) {
        flow::SensorFrame& frame = frames_.front();
        if (const auto lost = lost_since_.find(frame.channel); lost != lost_since_.end()) {
            frame.gap_ns = std::max(frame.gap_ns, (frame.t - lost->second).ns);
            frame.quality = std::max(frame.quality, flow::Quality::kFewDrops);
            lost_since_.erase(lost);
        }
        out.frames.push_back(std::move(frame));
        frames_.pop_front();
    }
    out.dropped += dropped_;
    dropped_ = 0;
}

std::size_t FrameQueue::size() const {
    const std::lock_guard lock(mutex_);
    return frames_.size();
}

}  // namespace attune::sense
