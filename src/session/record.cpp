// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/record.hpp"

#include <array>
#include <csignal>
#include <unistd.h>

#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "session/codec.hpp"

namespace attune::session {
namespace {

constexpr store::Revision kRevisions[] = {
    {1, 1, R"(
CREATE TABLE session (
  id {{BLOB}} PRIMARY KEY, person_id {{BLOB}} NOT NULL, status TEXT NOT NULL, simulated BIGINT NOT NULL,
  goal TEXT NOT NULL, minutes DOUBLE PRECISION NOT NULL, seed BIGINT NOT NULL, started_ns BIGINT NOT NULL,
  zone TEXT NOT NULL, fingerprint TEXT NOT NULL, view_hash TEXT NOT NULL, pid BIGINT NOT NULL,
  boot_id TEXT NOT NULL, last_seq BIGINT NOT NULL, last_chain {{BLOB}} NOT NULL);
CREATE INDEX session_by_person ON session (person_id, started_ns);
CREATE TABLE event (
  session_id {{BLOB}} NOT NULL REFERENCES session (id) ON DELETE CASCADE, seq BIGINT NOT NULL,
  t_ns BIGINT NOT NULL, kind BIGINT NOT NULL, version BIGINT NOT NULL, actor TEXT NOT NULL,
  provenance TEXT NOT NULL, key_id BIGINT NOT NULL, payload {{BLOB}} NOT NULL, chain {{BLOB}} NOT NULL,
  PRIMARY KEY (session_id, seq));
CREATE TABLE view_snapshot (hash TEXT PRIMARY KEY, bytes {{BLOB}} NOT NULL)
)"},
    {2, 1, R"(
CREATE TABLE told (
  id {{BLOB}} PRIMARY KEY, session_id {{BLOB}} NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  told_ns BIGINT NOT NULL, kind BIGINT NOT NULL, version BIGINT NOT NULL, actor TEXT NOT NULL,
  key_id BIGINT NOT NULL, payload {{BLOB}} NOT NULL)
)"}, {3, 1, R"(
CREATE TABLE session_sample (
  session_id {{BLOB}} NOT NULL REFERENCES session (id) ON DELETE CASCADE, chunk BIGINT NOT NULL, source TEXT NOT NULL,
  version BIGINT NOT NULL, key_id BIGINT NOT NULL, payload {{BLOB}} NOT NULL, chain {{BLOB}} NOT NULL,
  PRIMARY KEY (session_id, chunk, source));
CREATE TABLE session_sample_source (
  session_id {{BLOB}} NOT NULL REFERENCES session (id) ON DELETE CASCADE, source TEXT NOT NULL,
  chunks BIGINT NOT NULL, bytes BIGINT NOT NULL, last_chunk BIGINT NOT NULL, last_chain {{BLOB}} NOT NULL,
  erased_ns BIGINT NOT NULL, PRIMARY KEY (session_id, source))
)"}};

std::string boot_id() {
    const auto text = core::read_file("/proc/sys/kernel/random/boot_id", 4096);
    return text ? std::string(core::trim(*text)) : std::string();
}

store::Blob chain_of(std::span<const std::uint8_t> before, const SessionEvent& event, int version,
                     std::int64_t key_id, std::span<const std::uint8_t> payload) {
    core::Blake2b hash(32);
    hash.update(before);
    hash.update_u64(event.seq);
    hash.update_u64(static_cast<std::uint64_t>(event.t.ns));
    hash.update_u64(static_cast<std::uint64_t>(event.kind()));
    hash.update_u64(static_cast<std::uint64_t>(version));
    hash.update_u64(event.actor.size());
    hash.update(event.actor);
    hash.update(flow::to_string(event.origin));
    hash.update_u64(static_cast<std::uint64_t>(key_id));
    hash.update(payload);
    return hash.finish();
}

flow::Origin origin_from(const std::string& name) {
    for (const flow::Origin origin : {flow::Origin::kLive, flow::Origin::kReplayed}) {
        if (name == flow::to_string(origin)) return origin;
    }
    return flow::Origin::kSimulated;
}

SessionStatus status_from(const std::string& name) {
    for (const SessionStatus status :
         {SessionStatus::kRunning, SessionStatus::kFinished, SessionStatus::kStopped}) {
        if (name == to_string(status)) return status;
    }
    return SessionStatus::kInterrupted;
}

constexpr std::string_view kSessionColumns =
    "id, person_id, status, simulated, goal, seed, started_ns, zone, minutes, last_seq, fingerprint, pid, boot_id";

/// A row that says "running" while its process is gone was interrupted.
SessionRow session_from(const store::Row& row) {
    SessionRow session;
    session.id = store::from_blob<Id>(row[0].blob());
    session.person = store::from_blob<Id>(row[1].blob());
    session.status = status_from(row[2].text());
    session.simulated = row[3].integer() != 0;
    session.goal = row[4].text();
    session.seed = static_cast<std::uint64_t>(row[5].integer());
    session.started_wall_ns = row[6].integer();
    session.zone = row[7].text();
    session.minutes = row[8].real();
    session.events = static_cast<std::uint64_t>(row[9].integer());
    session.fingerprint = row[10].text();
    const auto pid = static_cast<pid_t>(row[11].integer());
    if (session.status == SessionStatus::kRunning &&
        (row[12].text() != boot_id() || (::kill(pid, 0) != 0 && errno == ESRCH))) {
        session.status = SessionStatus::kInterrupted;
    }
    return session;
}

Error broken(const Id& session, std::uint64_t seq, const std::string& what) {
    return {ErrorCode::kCorrupt, "the record does not hold together: " + what,
            "session " + session.text() + ", event " + std::to_string(seq)};
}

}  // namespace

store::RoomSchema schema() { return {"session", kRevisions}; }

const char* to_string(SessionStatus status) noexcept {
    switch (status) {
        case SessionStatus::kRunning: return "running";
        case SessionStatus::kFinished: return "finished";
        case SessionStatus::kStopped: return "stopped";
        case SessionStatus::kInterrupted: return "interrupted";
    }
    return "interrupted";
}

Result<void> begin_session(store::Connection& db, const Start& start) {
    ATTUNE_CHECK(db.execute(
        "INSERT INTO session (id, person_id, status, simulated, goal, minutes, seed, started_ns, zone, "
        "fingerprint, view_hash, pid, boot_id, last_seq, last_chain) "
        "VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13)",
        {store::to_blob(start.session), store::to_blob(start.person), start.simulated,
         flow::to_string(start.goal.kind), start.goal.minutes, static_cast<std::int64_t>(start.seed),
         start.wall_ns, start.zone, start.fingerprint, start.view_hash,
         static_cast<std::int64_t>(::getpid()), boot_id(), store::Blob(32)}));
    return {};
}

namespace {

/// Within the caller's transaction.
Result<void> add_events(store::Connection& db, const Id& session, std::span<const SessionEvent> events, const store::Seal& seal) {
    if (events.empty()) return {};
    const store::Blob id = store::to_blob(session);
    ATTUNE_TRY(const auto head, db.query_one("SELECT last_seq, last_chain FROM session WHERE id = $1",
                                             {id}, "session " + session.text()));
    auto seq = static_cast<std::uint64_t>(head[0].integer());
    store::Blob chain = head[1].blob();
    for (const SessionEvent& event : events) {
        if (event.seq != ++seq) {
            return fail(ErrorCode::kInternal, "event " + std::to_string(event.seq) + " was given where " +
                                                  std::to_string(seq) + " is due", session.text());
        }
        ATTUNE_TRY(const auto sealed, seal.seal(encode(event.payload)));
        chain = chain_of(chain, event, kPayloadVersion, seal.key_id(), sealed);
        ATTUNE_CHECK(db.execute(
            "INSERT INTO event (session_id, seq, t_ns, kind, version, actor, provenance, key_id, payload, chain) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            {id, static_cast<std::int64_t>(event.seq), event.t.ns, static_cast<int>(event.kind()),
             kPayloadVersion, event.actor, flow::to_string(event.origin), seal.key_id(), sealed, chain}));
    }
    ATTUNE_CHECK(db.execute("UPDATE session SET last_seq = $1, last_chain = $2 WHERE id = $3",
                            {static_cast<std::int64_t>(seq), chain, id}));
    return {};
}

}  // namespace

Result<void> append_events(store::Connection& db, const Id& session, std::span<const SessionEvent> events, const store::Seal& seal) {
    return append_record(db, session, events, {}, seal);
}

Result<void> append_record(store::Connection& db, const Id& session, std::span<const SessionEvent> events,
                           std::span<const SampleSecond> samples, const store::Seal& seal) {
    if (events.empty() && samples.empty()) return {};
    ATTUNE_TRY(auto transaction, store::Transaction::begin(db));
    ATTUNE_CHECK(append_samples(db, session, samples, seal));
    ATTUNE_CHECK(add_events(db, session, events, seal));
    return transaction.commit();
}

Result<void> end_session(store::Connection& db, const Id& session, SessionStatus status) {
    ATTUNE_CHECK(db.execute("UPDATE session SET status = $1 WHERE id = $2",
                            {to_string(status), store::to_blob(session)}));
    ATTUNE_CHECK(db.execute("DELETE FROM told WHERE session_id = $1", {store::to_blob(session)}));   // came too late
    return {};
}

Result<std::vector<SessionRow>> list_sessions(store::Connection& db, const std::optional<Id>& person) {
    const std::string columns(kSessionColumns);
    store::Params params;
    std::string where;
    if (person) {
        where = " WHERE person_id = $1";
        params.emplace_back(store::to_blob(*person));
    }
    ATTUNE_TRY(const auto rows,
               db.query("SELECT " + columns + " FROM session" + where + " ORDER BY started_ns DESC, id DESC", params));
    std::vector<SessionRow> sessions;
    sessions.reserve(rows.size());
    for (const store::Row& row : rows) sessions.push_back(session_from(row));
    return sessions;
}

Result<SessionRow> find_session(store::Connection& db, std::string_view id) {
    ATTUNE_TRY(const auto sessions, list_sessions(db));
    if (id == "last" && !sessions.empty()) return sessions.front();
    const SessionRow* found = nullptr;
    for (const SessionRow& session : sessions) {
        if (id.empty() || !session.id.text().starts_with(id)) continue;
        if (found != nullptr) {
            return fail(ErrorCode::kBadArgument,
                        "'" + std::string(id) + "' is the beginning of more than one session; write more of it");
        }
        found = &session;
    }
    if (found == nullptr) {
        return fail(ErrorCode::kNotFound, "there is no session '" + std::string(id) +
                                              "'; `attune session list` shows those that there are");
    }
    return *found;
}

Result<void> delete_session(store::Connection& db, const Id& session) {
    ATTUNE_TRY(auto transaction, store::Transaction::begin(db));
    const store::Blob id = store::to_blob(session);
    for (const char* table : {"DELETE FROM session_sample WHERE session_id = $1", "DELETE FROM session_sample_source WHERE session_id = $1",
                              "DELETE FROM event WHERE session_id = $1"})
        ATTUNE_CHECK(db.execute(table, {id}));
    ATTUNE_CHECK(db.execute("DELETE FROM session WHERE id = $1", {id}));
    return transaction.commit();
}

Result<std::vector<SessionEvent>> read_events(store::Connection& db, const Id& session,
                                              const store::Seal& seal, std::uint64_t since) {
    const store::Blob id = store::to_blob(session);
    ATTUNE_TRY(const auto moment, store::Transaction::snapshot(db));   // the head is of these events, though the session runs on
    ATTUNE_TRY(const auto head, db.query_one("SELECT last_seq, last_chain FROM session WHERE id = $1",
                                             {id}, "session " + session.text()));
    std::vector<SessionEvent> events;
    store::Blob chain(32);
    std::uint64_t seq = 0;
    std::optional<Error> error;
    ATTUNE_CHECK(db.for_each(
        "SELECT seq, t_ns, kind, version, actor, provenance, key_id, payload, chain FROM event "
        "WHERE session_id = $1 ORDER BY seq",
        {id}, [&](const store::Row& row) {
            SessionEvent event;
            event.seq = static_cast<std::uint64_t>(row[0].integer());
            event.t = {row[1].integer()};
            event.actor = row[4].text();
            event.origin = origin_from(row[5].text());
            const int version = static_cast<int>(row[3].integer());
            if (event.seq != ++seq) {
                error = broken(session, seq, "this event was deleted or moved");
                return false;
            }
            auto plain = seal.open(row[6].integer(), row[7].blob());
            if (!plain) {
                error = std::move(plain).error();
                return false;
            }
            auto payload = decode(static_cast<EventKind>(row[2].integer()), version, *plain);
            if (!payload) {
                error = broken(session, seq, payload.error().message);
                return false;
            }
            event.payload = *std::move(payload);
            chain = chain_of(chain, event, version, row[6].integer(), row[7].blob());
            if (chain != row[8].blob()) {
                error = broken(session, seq, "this event was altered, or one before it moved");
                return false;
            }
            if (event.seq > since) events.push_back(std::move(event));
            return true;
        }));
    if (error) return tl::unexpected(*std::move(error));
    if (seq != static_cast<std::uint64_t>(head[0].integer()) || chain != head[1].blob()) {
        return tl::unexpected(broken(session, seq + 1, "events at the end were deleted"));
    }
    return events;
}

}  // namespace attune::session
