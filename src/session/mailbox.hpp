// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What another process says to a session that runs: `attune session tell`.
///
/// The database is the letter box, so that it works wherever the database is reached, on either backend.
/// Letters are sealed, read once, and erased with their session.
/// Threads  tell() and take_told(): as their Connection. MailReader has a thread and a connection of its own
/// Errors   tell(): kRefused if the session does not run, with what became of it; those of store::Connection
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "session/inbox.hpp"
#include "session/record.hpp"
#include "store/connection.hpp"
#include "store/seal.hpp"

namespace attune::session {

/// Command or Rating; anything else is a bug.
[[nodiscard]] Result<void> tell(store::Connection& db, const SessionRow& session, const Payload& what,
                                const std::string& actor, const store::Seal& seal = {});

/// What a session made of command `id`, from its record behind event `since`: empty while it has not been heard of. A
/// reason in it = refused, and why.
struct Answer {
    std::optional<flow::Reason> refused;
};
[[nodiscard]] Result<std::optional<Answer>> answer_to(store::Connection& db, const SessionRow& session, const Id& command,
                                                      const store::Seal& seal = {});

/// Letters in the order in which they were written; they are gone afterwards.
[[nodiscard]] Result<std::vector<Incoming>> take_told(store::Connection& db, const Id& session,
                                                      const store::Seal& seal = {});

/// Carries letters to an inbox while it lives, looking ten times a second: "stop" is heard well within 500 ms.
class MailReader {
public:
    MailReader(std::unique_ptr<store::Connection> db, const Id& session, Inbox& inbox, store::Seal seal = {});
    ~MailReader();
    MailReader(const MailReader&) = delete;
    MailReader& operator=(const MailReader&) = delete;

private:
    void run();

    std::unique_ptr<store::Connection> db_;
    Id session_;
    Inbox& inbox_;
    store::Seal seal_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace attune::session
