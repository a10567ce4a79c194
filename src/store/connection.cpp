// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.hpp"

#include "store/backends.hpp"

namespace attune::store {

namespace {

/// "foo:bar", but not "/a/b:c" nor "C:": a file whose name begins so is written sqlite:foo:bar.
bool has_scheme(std::string_view url) {
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || colon < 2) return false;
    return url.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(std::string_view url) {
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        return open_postgres(std::string(url));
    }
    constexpr std::string_view kScheme = "sqlite:";
    const bool sqlite = url.starts_with(kScheme);
    if (sqlite) url.remove_prefix(kScheme.size());
    if (url.empty() || url.find("://") != std::string_view::npos || (!sqlite && has_scheme(url))) {
        return fail(ErrorCode::kBadArgument,
                    "'" + std::string(url) + "' is not a database; use sqlite:FILE or postgresql://...");
    }
    return open_sqlite(std::string(url));
}

Result<std::vector<Row>> Connection::query(std::string_view sql, const Params& params) {
    std::vector<Row> rows;
    ATTUNE_CHECK(for_each(sql, params, [&](const Row& row) {
        rows.push_back(row);
        return true;
    }));
    return rows;
}

Result<std::optional<Row>> Connection::query_maybe(std::string_view sql, const Params& params) {
    std::optional<Row> first;
    ATTUNE_CHECK(for_each(sql, params, [&](const Row& row) {
        first = row;
        return false;
    }));
    return first;
}

Result<Row> Connection::query_one(std::string_view sql, const Params& params,
                                  std::string_view what) {
    ATTUNE_TRY(auto row, query_maybe(sql, params));
    if (!row) return fail(ErrorCode::kNotFound, "there is no " + std::string(what));
    return *std::move(row);
}

Result<Transaction> Transaction::begin(Connection& connection) {
    // SQLite: take the write lock at once, so that two writers wait instead of failing half-way.
    const bool sqlite = connection.backend() == Backend::kSqlite;
    ATTUNE_CHECK(connection.execute(sqlite ? "BEGIN IMMEDIATE" : "BEGIN"));
    return Transaction(connection);
}

Result<Transaction> Transaction::snapshot(Connection& connection) {
    const bool sqlite = connection.backend() == Backend::kSqlite;
    ATTUNE_CHECK(connection.execute(sqlite ? "BEGIN DEFERRED" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
    if (connection_ != nullptr) (void)connection_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
    // A failed COMMIT leaves the transaction open on SQLite; the destructor then rolls it back.
    ATTUNE_CHECK(connection_->execute("COMMIT"));
    connection_ = nullptr;
    return {};
}

std::string dialect_ddl(Backend backend, std::string_view sql) {
    constexpr std::string_view kMark = "{{BLOB}}";
    std::string out;
    while (true) {
        const auto at = sql.find(kMark);
        out += sql.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += backend == Backend::kSqlite ? "BLOB" : "BYTEA";
        sql.remove_prefix(at + kMark.size());
    }
}

}  // namespace attune::store
