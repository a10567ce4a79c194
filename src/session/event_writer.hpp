// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The store writer of a session: takes events and samples at any pace, commits them in groups at most 100 ms apart.
///
/// Samples  those of a second are pushed before what was said of them, and are committed with it or before it. Of
///          samples that wait for the disk there are at most kMostWaiting bytes; what comes then is refused (live: the
///          session says so in its record) or waits (in virtual time). Events are never refused
/// Threads  push() and keep() from the conductor's thread, never blocks on the disk; one thread of its own writes
/// Errors   a disk that is full or locked keeps the events in memory and is retried; failure() tells it,
///          so that the session goes on playing and says that it is not being recorded
#include <condition_variable>
#include <functional>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "session/event.hpp"
#include "session/samples.hpp"
#include "store/connection.hpp"
#include "store/seal.hpp"

namespace attune::session {

class EventWriter {
public:
    /// What must be in the store before these events are; fails = they are not written now, but tried again.
    using First = std::function<Result<void>(store::Connection& db, std::span<const SessionEvent> events)>;

    EventWriter(std::unique_ptr<store::Connection> db, const Id& session, store::Seal seal = {}, First first = {});
    /// Writes what is left.
    ~EventWriter();
    EventWriter(const EventWriter&) = delete;
    EventWriter& operator=(const EventWriter&) = delete;

    static constexpr std::size_t kMostWaiting = 8 << 20;   ///< [bytes] of samples
    enum class IfFull { kRefuse, kWait };

    void push(SessionEvent event);
    /// False: refused, because the disk is that far behind; kWait refuses only while a commit has failed.
    [[nodiscard]] bool keep(SampleSecond samples, IfFull if_full);
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
    First first_;
    mutable std::mutex mutex_;  ///< guards all below
    std::condition_variable wake_, done_;
    std::vector<SessionEvent> waiting_;
    std::vector<SampleSecond> samples_;
    std::size_t sample_bytes_ = 0;   ///< of samples_, and of those that are being written
    std::uint64_t pushed_ = 0, committed_ = 0;
    std::optional<Error> failure_;
    bool flushing_ = false, ending_ = false;
    std::thread thread_;
};

}  // namespace attune::session
