// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The live pages of all sessions: an event becomes JSON once, and every page holds the same bytes.
///
/// A page that comes back says the last seq that it saw and gets the rest; what is older than the
/// memory of the hub it is given from the record by the caller.
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "serve/outbox.hpp"
#include "session/event.hpp"

namespace attune::serve {

/// The event as pages read it: session::to_json without paths and without what only replay needs;
/// empty for events that no page shows (ticks, plan results: the decision that adopts one carries
/// it).
[[nodiscard]] std::string page_event(const session::SessionEvent& event);

/// Threads: any.
class LiveHub {
public:
    static constexpr std::size_t kKept = 20'000;  ///< events remembered for each running session

    void open(const Id& session);
    void publish(const Id& session, const session::SessionEvent& event);
    /// A message without a seq: what is seen now and not recorded (sensor traces).
    void publish_passing(const Id& session, std::string json);
    /// The pages get what they have not seen and are closed as kNormal.
    void close(const Id& session);
    [[nodiscard]] bool has(const Id& session) const;
    /// Sends everything after `since` and from then on what comes. False if the session is not
    /// live.
    [[nodiscard]] bool join(const Id& session, std::uint64_t since,
                            const std::shared_ptr<Outbox>& page);
    [[nodiscard]] std::size_t pages(const Id& session) const;

private:
    struct Room {
        std::deque<std::pair<std::uint64_t, Bytes>> past;
        Bytes start;  ///< the first event, kept beyond the limit
        std::vector<std::weak_ptr<Outbox>> pages;
    };
    static void send(Room& room, const Bytes& bytes);

    mutable std::mutex mutex_;  ///< guards rooms_
    std::map<Id, Room> rooms_;
};

}  // namespace attune::serve
