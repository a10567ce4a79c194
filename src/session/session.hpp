// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A session in the making: numbers what arrives, steps the conductor, hands every event to those who
/// keep or show it.
///
/// Threads  one owner, the conductor's thread
#include <functional>
#include <memory>
#include <vector>

#include "session/conductor.hpp"

namespace attune::session {

/// Receives every event in order: the store writer, the live page, a test.
using EventSink = std::function<void(const SessionEvent&)>;

class Session {
public:
    [[nodiscard]] static Result<std::unique_ptr<Session>> create(const Start& start, World world,
                                                                 EventSink sink);

    /// Gives an input its number, records it, steps the conductor and records what it decided.
    Outputs consume(Time t, Payload input, std::string actor = "local",
                    flow::Origin origin = flow::Origin::kLive);

    [[nodiscard]] const Conductor& conductor() const noexcept { return conductor_; }
    [[nodiscard]] std::uint64_t last_seq() const noexcept { return seq_; }

private:
    Session(Conductor conductor, EventSink sink)
        : conductor_(std::move(conductor)), sink_(std::move(sink)) {}

    Conductor conductor_;
    EventSink sink_;
    std::uint64_t seq_ = 0;
};

}  // namespace attune::session
