// SPDX-License-Identifier: GPL-3.0-or-later
// The reader talks to the database and to one inbox. It never waits for the conductor; a database that is
// busy or gone means: no letters now.
#include "session/mailbox.hpp"

#include <chrono>

#include "core/assert.hpp"
#include "core/time.hpp"
#include "session/codec.hpp"

namespace attune::session {
namespace {

constexpr std::chrono::milliseconds kLook{100};

EventKind kind_of(const Payload& payload) {
    return std::holds_alternative<flow::Rating>(payload) ? EventKind::kRating : EventKind::kCommand;
}

}  // namespace

Result<void> tell(store::Connection& db, const SessionRow& session, const Payload& what, const std::string& actor,
                  const store::Seal& seal) {
    ATTUNE_ASSERT(std::holds_alternative<flow::Rating>(what) || std::holds_alternative<flow::Command>(what));
    if (session.status != SessionStatus::kRunning) {
        return fail(ErrorCode::kRefused, std::string("the session does not run any more: it is ") + to_string(session.status),
                    "session " + session.id.text());
    }
    ATTUNE_TRY(const auto sealed, seal.seal(encode(what)));
    ATTUNE_CHECK(db.execute(
        "INSERT INTO told (id, session_id, told_ns, kind, version, actor, key_id, payload) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {store::to_blob(core::IdSource().next()), store::to_blob(session.id), core::wall_now_ns(),
         static_cast<int>(kind_of(what)), kPayloadVersion, actor, seal.key_id(), sealed}));
    return {};
}

Result<std::optional<Answer>> answer_to(store::Connection& db, const SessionRow& session, const Id& command, const store::Seal& seal) {
    ATTUNE_TRY(const auto rows,
               db.query("SELECT seq, kind, version, key_id, payload FROM event WHERE session_id = $1 AND seq > $2 AND kind IN ($3, $4) ORDER BY seq",
                        {store::to_blob(session.id), static_cast<std::int64_t>(session.events), static_cast<int>(EventKind::kCommand),
                         static_cast<int>(EventKind::kDecision)}));
    std::optional<std::int64_t> said;
    for (const store::Row& row : rows) {
        const auto kind = static_cast<EventKind>(row[1].integer());
        if (said && (kind != EventKind::kDecision || row[0].integer() != *said + 1)) break;   // something else came next
        if (!said && kind != EventKind::kCommand) continue;
        ATTUNE_TRY(const auto plain, seal.open(row[3].integer(), row[4].blob()));
        ATTUNE_TRY(const auto payload, decode(kind, static_cast<int>(row[2].integer()), plain));
        if (const auto* decision = std::get_if<Decision>(&payload)) {
            if (decision->what == "refused" && !decision->reasons.empty()) return Answer{decision->reasons.front()};
            return Answer{};
        }
        if (std::get<flow::Command>(payload).id == command) said = row[0].integer();
    }
    if (!said) return std::nullopt;
    return Answer{};
}

Result<std::vector<Incoming>> take_told(store::Connection& db, const Id& session, const store::Seal& seal) {
    std::vector<Incoming> letters;
    ATTUNE_TRY(const auto rows, db.query("SELECT id, kind, version, actor, key_id, payload FROM told "
                                         "WHERE session_id = $1 ORDER BY told_ns, id",
                                         {store::to_blob(session)}));
    for (const store::Row& row : rows) {
        ATTUNE_TRY(const auto plain, seal.open(row[4].integer(), row[5].blob()));
        ATTUNE_TRY(auto payload, decode(static_cast<EventKind>(row[1].integer()), static_cast<int>(row[2].integer()), plain));
        letters.push_back({std::move(payload), row[3].text(), flow::Origin::kLive});
        ATTUNE_CHECK(db.execute("DELETE FROM told WHERE id = $1", {row[0].blob()}));
    }
    return letters;
}

MailReader::MailReader(std::unique_ptr<store::Connection> db, const Id& session, Inbox& inbox, store::Seal seal)
    : db_(std::move(db)), session_(session), inbox_(inbox), seal_(std::move(seal)), thread_([this] { run(); }) {}

MailReader::~MailReader() {
    ending_.store(true);
    thread_.join();
}

void MailReader::run() {
    while (!ending_.load()) {
        if (auto letters = take_told(*db_, session_, seal_)) {
            for (Incoming& letter : *letters) inbox_.push(std::move(letter));
        }
        std::this_thread::sleep_for(kLook);
    }
}

}  // namespace attune::session
