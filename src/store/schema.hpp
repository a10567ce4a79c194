// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Numbered schema revisions. A revision that has shipped is never edited: a change is a new one.
///
/// Each room owns its tables and lists its revisions; migrate() brings a database up to date in one
/// transaction a revision, after copying an existing SQLite file to backups/. A database with a
/// revision that this program does not know is refused (kVersion) with its number and the way back.
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "store/connection.hpp"

namespace attune::store {

struct Revision {
    int number;              ///< 1, 2, 3 … within the room
    int min_compatible;      ///< oldest program revision that can still use the result
    std::string_view ddl;    ///< statements separated by ';' at line ends
};

struct RoomSchema {
    std::string_view room;
    std::span<const Revision> revisions;
};

struct MigrationReport {
    int applied = 0;
    std::filesystem::path backup;  ///< empty if none was made
};

/// `backups` may be empty: then nothing is copied (tests, PostgreSQL: back up with pg_dump).
[[nodiscard]] Result<MigrationReport> migrate(Connection& connection,
                                              std::span<const RoomSchema> rooms,
                                              const std::filesystem::path& backups);

}  // namespace attune::store
