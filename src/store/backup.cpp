// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/backup.hpp"

#include <algorithm>

#include "core/folders.hpp"
#include "core/time.hpp"

namespace attune::store {
namespace fs = std::filesystem;

Result<void> backup(Connection& connection, const fs::path& file) {
    if (connection.backend() != Backend::kSqlite) {
        return fail(ErrorCode::kUnsupported,
                    "this space lives on PostgreSQL; back it up with: pg_dump --format=custom");
    }
    std::error_code ec;
    if (fs::exists(file, ec)) {
        return fail(ErrorCode::kBadArgument, "the file exists already; name a new one", file);
    }
    const auto done = connection.execute("VACUUM INTO $1", {file.string()});
    if (!done) return fail_in(done.error(), "backup to " + file.string());
    return {};
}

Result<fs::path> backup_before_migration(Connection& connection, const fs::path& folder) {
    ATTUNE_CHECK(core::make_folder(folder));
    std::string stamp = core::rfc3339(core::wall_now_ns());
    std::replace(stamp.begin(), stamp.end(), ':', '-');
    const fs::path file = folder / ("attune-" + stamp + ".db");
    ATTUNE_CHECK(backup(connection, file));
    return file;
}

Result<void> restore(const fs::path& copy, const fs::path& target) {
    std::error_code ec;
    if (!fs::exists(copy, ec)) return fail(ErrorCode::kNotFound, "there is no such file", copy);
    {
        ATTUNE_TRY(auto opened, Connection::open("sqlite:" + copy.string()));
        ATTUNE_TRY(const auto check, opened->query_one("PRAGMA integrity_check", {}, "answer"));
        if (check[0].text() != "ok") {
            return fail(ErrorCode::kCorrupt, "the copy is damaged: " + check[0].text(), copy);
        }
        auto revisions = opened->query("SELECT room FROM schema_revision");
        if (!revisions || revisions->empty()) {
            return fail(ErrorCode::kBadArgument, "this is not an Attune database", copy);
        }
    }
    const fs::path arriving = target.string() + ".restoring";
    fs::copy_file(copy, arriving, fs::copy_options::overwrite_existing, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot copy: " + ec.message(), arriving);
    if (fs::exists(target, ec)) {
        fs::rename(target, target.string() + ".before-restore", ec);
        if (ec) return fail(ErrorCode::kIo, "cannot set the present database aside: " + ec.message(), target);
    }
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(target.string() + suffix, ec);
    fs::rename(arriving, target, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot put the copy in place: " + ec.message(), target);
    return {};
}

}  // namespace attune::store
