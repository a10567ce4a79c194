// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Sessions and their events at rest: append-only, chained, sealed.
///
/// Every event row carries chain = BLAKE2b-256(chain before, seq, t, kind, version, actor, provenance,
/// key id, payload). Reading verifies it: a row that was altered, deleted or moved is named. The
/// session's row keeps the last seq and chain, so that a cut tail is found too.
/// Threads  as its Connection: one owner. EventWriter (event_writer.hpp) gives a session its own.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flow/library_view.hpp"
#include "session/event.hpp"
#include "session/samples.hpp"
#include "store/connection.hpp"
#include "store/schema.hpp"
#include "store/seal.hpp"

namespace attune::session {

[[nodiscard]] store::RoomSchema schema();

enum class SessionStatus { kRunning, kFinished, kStopped, kInterrupted };
[[nodiscard]] const char* to_string(SessionStatus status) noexcept;

struct SessionRow {
    Id id;
    Id person;
    SessionStatus status = SessionStatus::kRunning;
    bool simulated = false;
    std::string goal;
    std::uint64_t seed = 0;
    std::int64_t started_wall_ns = 0;
    std::string zone;
    double minutes = 0.0;
    std::uint64_t events = 0;
    std::string fingerprint;
};

/// Writes the Start event's session row. The process id and boot id tell later whether it still runs.
[[nodiscard]] Result<void> begin_session(store::Connection& db, const Start& start);
/// Appends in one transaction; when it returns the events survive `kill -9`. `events` continue the seq
/// that stands, without a hole.
[[nodiscard]] Result<void> append_events(store::Connection& db, const Id& session,
                                         std::span<const SessionEvent> events,
                                         const store::Seal& seal = {});
/// Both in one transaction: where an event stands, the samples of its second and of those before stand too.
[[nodiscard]] Result<void> append_record(store::Connection& db, const Id& session, std::span<const SessionEvent> events,
                                         std::span<const SampleSecond> samples, const store::Seal& seal = {});
[[nodiscard]] Result<void> end_session(store::Connection& db, const Id& session, SessionStatus status);

/// A running row whose process is gone is shown (and marked) as interrupted.
[[nodiscard]] Result<std::vector<SessionRow>> list_sessions(store::Connection& db,
                                                            const std::optional<Id>& person = {});
/// `id` may be the first characters of an id, or "last".
[[nodiscard]] Result<SessionRow> find_session(store::Connection& db, std::string_view id);
/// Erases the session, its events and its samples.
[[nodiscard]] Result<void> delete_session(store::Connection& db, const Id& session);

/// Events with seq > since, verified from the beginning. kCorrupt names the first event that breaks
/// the chain and whether it was altered, or something before it deleted or moved.
[[nodiscard]] Result<std::vector<SessionEvent>> read_events(store::Connection& db, const Id& session,
                                                            const store::Seal& seal = {},
                                                            std::uint64_t since = 0);

/// What planning saw of the library, stored once per content: its hash. Replay reads it back.
[[nodiscard]] Result<std::string> keep_view(store::Connection& db, const flow::LibraryView& view);
[[nodiscard]] Result<flow::LibraryViewPtr> read_view(store::Connection& db, std::string_view hash);
/// The bytes that keep_view stores and the hash that names them.
[[nodiscard]] std::vector<std::uint8_t> view_bytes(const flow::LibraryView& view);

}  // namespace attune::session
