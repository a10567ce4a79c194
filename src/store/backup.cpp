// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/backup.hpp"

#include <algorithm>

#include "core/folders.hpp"
#include "core/time.hpp"

namespace attune::store {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBeside[] = {"-wal", "-shm", "-journal"};  // what SQLite keeps beside a file

std::string stamp() {
    std::string text = core::rfc3339(core::wall_now_ns());
    std::replace(text.begin(), text.end(), ':', '-');
    return text;
}

void remove_database(const fs::path& file) {
    std::error_code ec;
    fs::remove(file, ec);
    for (const char* suffix : kBeside) fs::remove(file.string() + suffix, ec);
}

Result<void> check_whole(const fs::path& file, const fs::path& named) {
    const auto opened = Connection::open("sqlite:" + file.string());
    if (!opened) return fail(opened.error().code, "this is no database that can be read: " + opened.error().message, named);
    ATTUNE_TRY(const auto check, (*opened)->query_one("PRAGMA integrity_check", {}, "answer"));
    if (check[0].text() != "ok") return fail(ErrorCode::kCorrupt, "the copy is damaged: " + check[0].text(), named);
    const auto revisions = (*opened)->query("SELECT room FROM schema_revision");
    if (!revisions || revisions->empty()) return fail(ErrorCode::kBadArgument, "this is not an Attune database", named);
    return {};
}

/// All that was acknowledged moves from the log into the file. SQLite refuses it while another connection is open.
Result<void> close_log(const fs::path& file) {
    ATTUNE_TRY(auto opened, Connection::open("sqlite:" + file.string()));
    const auto mode = opened->query_one("PRAGMA journal_mode = DELETE", {}, "answer");
    if (!mode && mode.error().code != ErrorCode::kBusy) return tl::unexpected(mode.error());
    if (!mode || (*mode)[0].text() != "delete") {
        return fail(ErrorCode::kBusy, "this database is in use, by a session or a server; end it first", file);
    }
    return {};
}

/// Renames a database with all that belongs to it; an empty path if there was none. One that SQLite cannot read is
/// kept as it lies.
Result<fs::path> set_aside(const fs::path& target) {
    std::error_code ec;
    if (!fs::exists(target, ec)) return fs::path();
    if (const auto closed = close_log(target); !closed && closed.error().code == ErrorCode::kBusy) return tl::unexpected(closed.error());
    const fs::path aside = target.string() + ".before-restore-" + stamp();
    for (const char* suffix : kBeside) {
        if (fs::exists(target.string() + suffix, ec)) fs::rename(target.string() + suffix, aside.string() + suffix, ec);
        if (ec) return fail(ErrorCode::kIo, "cannot set the present database aside: " + ec.message(), target);
    }
    fs::rename(target, aside, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot set the present database aside: " + ec.message(), target);
    return aside;
}

}  // namespace

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
    const fs::path file = folder / ("attune-" + stamp() + ".db");
    ATTUNE_CHECK(backup(connection, file));
    return file;
}

Result<fs::path> restore(const fs::path& copy, const fs::path& target) {
    std::error_code ec;
    if (!fs::exists(copy, ec)) return fail(ErrorCode::kNotFound, "there is no such file", copy);
    const fs::path arriving = target.string() + ".restoring";
    fs::copy_file(copy, arriving, fs::copy_options::overwrite_existing, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot copy: " + ec.message(), arriving);
    const auto whole = check_whole(arriving, copy);
    if (!whole) {
        remove_database(arriving);
        return tl::unexpected(whole.error());
    }
    auto aside = set_aside(target);
    if (!aside) {
        remove_database(arriving);
        return tl::unexpected(aside.error());
    }
    fs::rename(arriving, target, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot put the copy in place: " + ec.message(), target);
    return aside;
}

}  // namespace attune::store
