// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Copies of a SQLite database that are whole even while others write.
#include <filesystem>

#include "store/connection.hpp"

namespace attune::store {

/// Writes a compact copy to `file`, which must not exist. SQLite only (kUnsupported otherwise, with
/// the pg_dump command to use).
[[nodiscard]] Result<void> backup(Connection& connection, const std::filesystem::path& file);
/// The same, to backups/attune-<UTC time>.db.
[[nodiscard]] Result<std::filesystem::path> backup_before_migration(
    Connection& connection, const std::filesystem::path& folder);
/// Checks that `copy` is a whole Attune database, keeps the present one as `target`.before-restore and
/// puts the copy in its place. No other process may have the target open.
[[nodiscard]] Result<void> restore(const std::filesystem::path& copy,
                                   const std::filesystem::path& target);

}  // namespace attune::store
