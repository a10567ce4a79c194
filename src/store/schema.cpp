// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/schema.hpp"

#include <map>

#include "core/text.hpp"
#include "core/time.hpp"
#include "store/backup.hpp"

namespace attune::store {
namespace {

constexpr std::string_view kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_revision ("
    " room TEXT NOT NULL, revision BIGINT NOT NULL, min_compatible BIGINT NOT NULL,"
    " applied_ns BIGINT NOT NULL, PRIMARY KEY (room, revision))";

struct Standing {
    std::int64_t revision = 0;
    std::int64_t min_compatible = 0;
};

Result<std::map<std::string, Standing>> standing(Connection& connection) {
    std::map<std::string, Standing> rooms;
    ATTUNE_CHECK(connection.for_each(
        "SELECT room, revision, min_compatible FROM schema_revision ORDER BY room, revision", {},
        [&](const Row& row) {
            rooms[row[0].text()] = {row[1].integer(), row[2].integer()};
            return true;
        }));
    return rooms;
}

Result<void> apply(Connection& connection, std::string_view room, const Revision& revision) {
    ATTUNE_TRY(auto transaction, Transaction::begin(connection));
    // Another process may have been faster between our look and our lock.
    ATTUNE_TRY(const auto done, connection.query_maybe(
                                    "SELECT 1 FROM schema_revision WHERE room = $1 AND revision = $2",
                                    {room, revision.number}));
    if (done) return {};
    const std::string ddl = dialect_ddl(connection.backend(), revision.ddl);
    for (const std::string_view statement : core::split(ddl, ';')) {
        if (core::trim(statement).empty()) continue;
        if (auto ok = connection.execute(core::trim(statement)); !ok) {
            return fail_in(std::move(ok).error(),
                           std::string(room) + " revision " + std::to_string(revision.number));
        }
    }
    ATTUNE_CHECK(connection.execute(
        "INSERT INTO schema_revision (room, revision, min_compatible, applied_ns) VALUES ($1, $2, $3, $4)",
        {room, revision.number, revision.min_compatible, core::wall_now_ns()}));
    return transaction.commit();
}

Result<void> refuse_newer(const std::map<std::string, Standing>& stands,
                          std::span<const RoomSchema> rooms) {
    for (const RoomSchema& room : rooms) {
        const auto at = stands.find(std::string(room.room));
        if (at == stands.end() || room.revisions.empty()) continue;
        const int ours = room.revisions.back().number;
        if (at->second.min_compatible > ours) {
            return fail(ErrorCode::kVersion,
                        "the database was written by a newer Attune: its " + std::string(room.room) +
                            " schema is revision " + std::to_string(at->second.revision) +
                            ", this program knows up to " + std::to_string(ours) +
                            "; install the newer version, or restore a copy from the backups folder");
        }
    }
    return {};
}

}  // namespace

Result<MigrationReport> migrate(Connection& connection, std::span<const RoomSchema> rooms,
                                const std::filesystem::path& backups) {
    MigrationReport report;
    ATTUNE_CHECK(connection.execute(kCreateTable));
    ATTUNE_TRY(const auto stands, standing(connection));
    ATTUNE_CHECK(refuse_newer(stands, rooms));
    for (const RoomSchema& room : rooms) {
        const auto at = stands.find(std::string(room.room));
        const std::int64_t have = at == stands.end() ? 0 : at->second.revision;
        for (const Revision& revision : room.revisions) {
            if (revision.number <= have) continue;
            const bool existing = !stands.empty();
            if (existing && report.backup.empty() && !backups.empty() &&
                connection.backend() == Backend::kSqlite) {
                ATTUNE_TRY(report.backup, backup_before_migration(connection, backups));
            }
            ATTUNE_CHECK(apply(connection, room.room, revision));
            ++report.applied;
        }
    }
    return report;
}

}  // namespace attune::store
