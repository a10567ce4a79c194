// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The store writer of a session: takes events at any pace, commits them in groups at most 100 ms apart.
///
/// Threads  push() from the conductor's thread, never blocks on the disk; one thread of its own writes
/// Errors   a disk that is full or locked keeps the events in memory and is retried; failure() tells it,
///          so that the session goes on playing and says that it is not being recorded
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "session/event.hpp"
#include "store/connection.hpp"
#include "store/seal.hpp"

namespace attune::session {

class EventWriter {
public:
    EventWriter(std::unique_ptr<store::Connection> db, const Id& session, store::Seal seal = {});
    /// Writes what is left.
    ~EventWriter();
    EventWriter(const EventWriter&) = delete;
    EventWriter& operator=(const EventWriter&) = delete;

    void push(SessionEvent event);
    /// Highest seq that is committed: acknowledged.
    [[nodiscard]] std::uint64_t committed() const;
    /// Why the last commit failed; empty while all is well.
    [[nodiscard]] std::optional<Error> failure() const;
    /// Blocks until all that was pushed is committed, or a commit failed.
    [[nodiscard]] Result<void> flush();

private:
    void run();

    std::unique_ptr<store::Connection> db_;
    Id session_;
    store::Seal seal_;
    mutable std::mutex mutex_;  ///< guards all below
    std::condition_variable wake_, done_;
    std::vector<SessionEvent> waiting_;
    std::uint64_t pushed_ = 0, committed_ = 0;
    std::optional<Error> failure_;
    bool flushing_ = false, ending_ = false;
    std::thread thread_;
};

}  // namespace attune::session
