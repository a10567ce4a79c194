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
/// Checks that `copy` is a whole Attune database and puts it in the place of `target`, which is kept beside it as
/// target.before-restore-<UTC time>, with everything that was acknowledged in it.
/// Out      where the present one is kept; empty if there was none
/// Errors   kBusy: another process has the target open, nothing was changed; kCorrupt, kBadArgument, kNotFound, kIo
[[nodiscard]] Result<std::filesystem::path> restore(const std::filesystem::path& copy, const std::filesystem::path& target);

}  // namespace attune::store
