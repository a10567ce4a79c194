// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One interface over SQLite and PostgreSQL, with one text of SQL for both.
///
/// SQL      parameters $1, $2 … numbered in the order of their first occurrence; upsert, RETURNING and
///          CTEs are in; rowid, AUTOINCREMENT, date functions, dialect JSON and arrays are out. DDL
///          writes {{BLOB}} for the type of binary columns.
/// Threads  one owner at a time; open one connection a thread. Blocking.
/// Errors   kBusy (locked for over 5 s), kDiskFull, kCorrupt, kIo, kNotFound, kBadArgument (a bad URL),
///          kInternal (SQL of ours that does not compile). Exceptions of the libraries stop here.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "store/value.hpp"

namespace attune::store {

enum class Backend { kSqlite, kPostgres };

class Connection {
public:
    virtual ~Connection() = default;

    /// "sqlite:PATH" (or a bare path), or "postgresql://user@host/db?options=..." as libpq reads it.
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(std::string_view url);

    /// Runs a statement (prepared once and kept) and returns the number of rows that it changed.
    [[nodiscard]] virtual Result<std::int64_t> execute(std::string_view sql, const Params& params) = 0;
    [[nodiscard]] Result<std::int64_t> execute(std::string_view sql) { return execute(sql, {}); }
    /// Calls `each` with every row of the answer, in order; it returns false to stop early.
    [[nodiscard]] virtual Result<void> for_each(std::string_view sql, const Params& params,
                                                const std::function<bool(const Row&)>& each) = 0;

    [[nodiscard]] Result<std::vector<Row>> query(std::string_view sql, const Params& params = {});
    /// The first row; kNotFound with `what` in its message if there is none.
    [[nodiscard]] Result<Row> query_one(std::string_view sql, const Params& params,
                                        std::string_view what);
    /// The first row or nullopt.
    [[nodiscard]] Result<std::optional<Row>> query_maybe(std::string_view sql,
                                                         const Params& params = {});

    [[nodiscard]] virtual Backend backend() const noexcept = 0;
    /// SQLite only: the file; empty otherwise.
    [[nodiscard]] virtual std::string file() const { return {}; }
};

/// All or nothing. Rolls back in the destructor unless committed. Transactions do not nest.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Connection& connection);
    /// To read only: all that is read until it goes is of one moment, whatever others write meanwhile. Keeps no writer waiting.
    [[nodiscard]] static Result<Transaction> snapshot(Connection& connection);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    /// After this returns, the data survive `kill -9` and a power cut.
    [[nodiscard]] Result<void> commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_;  ///< null once committed or moved from
};

/// DDL with {{BLOB}} written in the backend's own words.
[[nodiscard]] std::string dialect_ddl(Backend backend, std::string_view sql);

}  // namespace attune::store
