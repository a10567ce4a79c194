// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The live pages of all sessions: an event becomes JSON once, and every page holds the same bytes.
///
/// Where the listener must not see their state, there are two versions of these bytes: a therapist's page gets all of
/// it, every other page what session/audience.hpp leaves. Once hidden, a session stays so, and what was said before is
/// hidden from pages that come later.
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
/// it), and for those of which nothing is left without the state.
[[nodiscard]] std::string page_event(const session::SessionEvent& event, bool state_shown);

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
    /// Sends everything after `since` and from then on what comes, as `role` may see it. False if the session is not
    /// live.
    [[nodiscard]] bool join(const Id& session, std::uint64_t since, const std::shared_ptr<Outbox>& page,
                            flow::Role role);
    /// Whose session it is; none if it is not live or nobody's.
    [[nodiscard]] Id person(const Id& session) const;
    /// From now on no listener's page sees the state of this person in a session that runs.
    void hide_state(const Id& person);
    [[nodiscard]] std::size_t pages(const Id& session) const;

private:
    /// An event in both versions: the same bytes while the state is shown; `shown` is null where nothing is left.
    struct Said {
        std::uint64_t seq = 0;
        Bytes all, shown;
        bool hidden = false;   ///< `shown` is without the state
    };
    struct Page {
        std::weak_ptr<Outbox> box;
        bool all = false;
    };
    struct Room {
        Id person;
        bool hidden = false;
        std::deque<Said> past;
        Said start;  ///< the first event, kept beyond the limit
        std::vector<Page> pages;
    };
    static void send(Room& room, const Bytes& all, const Bytes& shown);
    /// Strips some of what was said before the room was hidden; false when nothing is left to do.
    static bool strip_some(Room& room);

    mutable std::mutex mutex_;  ///< guards rooms_
    std::map<Id, Room> rooms_;
};

}  // namespace attune::serve
