// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What reaches a live session from outside its own thread: buttons, ratings, evidence of live sensors.
///
/// Threads  push() from any; wait() by the conductor's thread. Bounded: evidence is dropped, oldest first,
///          when 1000 events wait; a person's words never are
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "session/event.hpp"

namespace attune::session {

struct Incoming {
    Payload payload;
    std::string actor = "local";
    flow::Origin origin = flow::Origin::kLive;
};

class Inbox {
public:
    void push(Incoming incoming) {
        {
            const std::scoped_lock lock(mutex_);
            if (waiting_.size() >= kMost && std::holds_alternative<flow::Evidence>(waiting_.front().payload)) {
                waiting_.pop_front();
                ++dropped_;
            }
            waiting_.push_back(std::move(incoming));
        }
        wake_.notify_one();
    }

    /// The next event, or nullopt after `most`.
    [[nodiscard]] std::optional<Incoming> wait(std::chrono::nanoseconds most) {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, most, [this] { return !waiting_.empty(); });
        if (waiting_.empty()) return std::nullopt;
        Incoming next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    /// Events dropped since the last call.
    [[nodiscard]] std::uint64_t take_dropped() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(dropped_, 0);
    }

private:
    static constexpr std::size_t kMost = 1000;
    std::mutex mutex_;  ///< guards all below
    std::condition_variable wake_;
    std::deque<Incoming> waiting_;
    std::uint64_t dropped_ = 0;
};

}  // namespace attune::session
