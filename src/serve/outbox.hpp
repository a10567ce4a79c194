// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Bounded queue from whoever has news to one connection. A reader that does not keep up is
/// dropped, never buffered for ever.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace attune::serve {

/// Shared bytes: two hundred pages that follow one session hold one copy.
using Bytes = std::shared_ptr<const std::string>;

enum class CloseReason : std::uint16_t {
    kNone = 0,
    kNormal = 1000,      ///< all was said
    kGoingAway = 1001,   ///< the server stops
    kPolicy = 1008,      ///< not allowed (any more)
    kBadMessage = 1007,  ///< the peer sent something malformed
    kTooSlow = 1013,     ///< the peer did not read; it may come back and ask from where it stopped
};

/// Threads: push(), close(), closed() from any; pop() and on_ready() by the connection.
class Outbox {
public:
    struct Message {
        Bytes bytes;
        bool binary = false;
    };

    explicit Outbox(std::size_t max_bytes = 1U << 20, std::size_t max_messages = 512)
        : max_bytes_(max_bytes), max_messages_(max_messages) {}

    /// False if closed, or if this message would pass a limit: then the outbox closes as kTooSlow.
    bool push(Bytes bytes, bool binary);
    bool push_text(std::string text) {
        return push(std::make_shared<const std::string>(std::move(text)), false);
    }
    bool push_binary(std::string data) {
        return push(std::make_shared<const std::string>(std::move(data)), true);
    }
    /// What is queued is still sent, unless the reason is kTooSlow. The first reason stays.
    void close(CloseReason reason);
    [[nodiscard]] CloseReason closed() const;

    [[nodiscard]] std::optional<Message> pop();
    [[nodiscard]] std::size_t queued_bytes() const;
    /// `wake` is called (from the pusher's thread, outside the lock) when an empty outbox gets a
    /// message or closes. An empty function takes it away.
    void on_ready(std::function<void()> wake);

private:
    const std::size_t max_bytes_;
    const std::size_t max_messages_;
    mutable std::mutex mutex_;  ///< guards all below
    std::deque<Message> queue_;
    std::size_t bytes_ = 0;
    CloseReason reason_ = CloseReason::kNone;
    std::shared_ptr<const std::function<void()>> wake_;  ///< shared: called outside the lock
};

}  // namespace attune::serve
