// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "store/backends.hpp"

namespace attune::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;

Error translate(const SQLite::Exception& e, const std::string& file) {
    const int code = e.getErrorCode();
    std::string message = e.what();
    switch (code) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::kBusy, "the database is locked by another program (waited 5 s)", file};
        case SQLITE_FULL:
            return {ErrorCode::kDiskFull, "no space left for the database", file};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::kCorrupt, "not a database, or damaged: " + message, file};
        case SQLITE_CANTOPEN:
            return {ErrorCode::kIo, "cannot open the database: " + message, file};
        case SQLITE_IOERR:
            // A write stopped by RLIMIT_FSIZE or a quota reports itself as an I/O error.
            if (e.getExtendedErrorCode() == SQLITE_IOERR_WRITE ||
                e.getExtendedErrorCode() == SQLITE_IOERR_TRUNCATE) {
                return {ErrorCode::kDiskFull, "the database could not be written (no space, or a size limit)",
                        file};
            }
            return {ErrorCode::kIo, "reading or writing the database failed: " + message, file};
        case SQLITE_READONLY:
            return {ErrorCode::kIo, "the database may not be written: " + message, file};
        default: return {ErrorCode::kInternal, message, file};
    }
}

void bind_all(SQLite::Statement& statement, const Params& params) {
    int index = 0;
    for (const Value& value : params) {
        ++index;
        std::visit(
            [&](const auto& v) {
                using T = std::decay_t<decltype(v)>;
                if constexpr (std::is_same_v<T, std::monostate>) statement.bind(index);
                else if constexpr (std::is_same_v<T, Blob>)
                    // An empty vector may hold a null pointer, which SQLite would take for NULL.
                    statement.bind(index, v.empty() ? static_cast<const void*>("") : v.data(),
                                   static_cast<int>(v.size()));
                else statement.bind(index, v);
            },
            value.data());
    }
}

Value column(SQLite::Statement& statement, int index) {
    const SQLite::Column c = statement.getColumn(index);
    switch (c.getType()) {
        case SQLITE_INTEGER: return Value(static_cast<std::int64_t>(c.getInt64()));
        case SQLITE_FLOAT: return Value(c.getDouble());
        case SQLITE_TEXT: return Value(c.getString());
        case SQLITE_BLOB: {
            const auto* bytes = static_cast<const std::uint8_t*>(c.getBlob());
            return Value(Blob(bytes, bytes + c.getBytes()));
        }
        default: return {};
    }
}

class SqliteConnection final : public Connection {
public:
    explicit SqliteConnection(const std::string& file)
        : file_(file),
          database_(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {
        database_.exec("PRAGMA journal_mode = WAL");
        database_.exec("PRAGMA synchronous = FULL");
        database_.exec("PRAGMA foreign_keys = ON");
        database_.exec("PRAGMA temp_store = MEMORY");
    }

    Result<std::int64_t> execute(std::string_view sql, const Params& params) override {
        return guarded([&]() -> std::int64_t {
            SQLite::Statement& statement = prepared(sql);
            bind_all(statement, params);
            while (statement.executeStep()) {
            }
            const std::int64_t changed = statement.getChanges();
            statement.reset();
            return changed;
        });
    }

    Result<void> for_each(std::string_view sql, const Params& params,
                          const std::function<bool(const Row&)>& each) override {
        auto done = guarded([&]() -> int {
            SQLite::Statement& statement = prepared(sql);
            bind_all(statement, params);
            Row row(static_cast<std::size_t>(statement.getColumnCount()));
            while (statement.executeStep()) {
                for (std::size_t i = 0; i < row.size(); ++i) {
                    row[i] = column(statement, static_cast<int>(i));
                }
                if (!each(row)) break;
            }
            statement.reset();
            return 0;
        });
        if (!done) return tl::unexpected(std::move(done).error());
        return {};
    }

    Backend backend() const noexcept override { return Backend::kSqlite; }
    std::string file() const override { return file_; }

private:
    SQLite::Statement& prepared(std::string_view sql) {
        auto at = statements_.find(sql);
        if (at == statements_.end()) {
            std::string text(sql);
            auto statement = std::make_unique<SQLite::Statement>(database_, text);
            at = statements_.emplace(std::move(text), std::move(statement)).first;
        }
        at->second->tryReset();
        at->second->clearBindings();
        return *at->second;
    }

    template <typename Work>
    auto guarded(const Work& work) -> Result<decltype(work())> {
        try {
            return work();
        } catch (const SQLite::Exception& e) {
            for (auto& [text, statement] : statements_) statement->tryReset();
            return tl::unexpected(translate(e, file_));
        }
    }

    std::string file_;
    SQLite::Database database_;
    std::map<std::string, std::unique_ptr<SQLite::Statement>, std::less<>> statements_;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_sqlite(const std::string& file) {
    try {
        return std::make_unique<SqliteConnection>(file);
    } catch (const SQLite::Exception& e) {
        return tl::unexpected(translate(e, file));
    }
}

}  // namespace attune::store
