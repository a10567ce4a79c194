// SPDX-License-Identifier: GPL-3.0-or-later
#include <charconv>
#include <map>

#include <pqxx/pqxx>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "store/backends.hpp"

namespace attune::store {
namespace {

// Type ids of the server's catalogue (pg_type.dat) for the types that our schemas use.
constexpr pqxx::oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kFloat4 = 700,
                    kFloat8 = 701, kNumeric = 1700;

Error translate(const std::exception& e) {
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&e)) {
        const std::string state = sql->sqlstate();
        if (state == "53100") return {ErrorCode::kDiskFull, "no space left for the database", "postgresql"};
        if (state == "55P03" || state == "40P01" || state == "57014") {
            return {ErrorCode::kBusy, "the database is locked by another program", "postgresql"};
        }
        return {ErrorCode::kInternal, sql->what(), "postgresql " + state};
    }
    if (dynamic_cast<const pqxx::broken_connection*>(&e) != nullptr) {
        return {ErrorCode::kUnavailable, std::string("no connection to the database: ") + e.what(),
                "postgresql"};
    }
    return {ErrorCode::kInternal, e.what(), "postgresql"};
}

/// The text form of a value, which the server parses by the type that it expects.
std::optional<std::string> to_text(const Value& value) {
    return std::visit(
        [](const auto& v) -> std::optional<std::string> {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, std::monostate>) return std::nullopt;
            else if constexpr (std::is_same_v<T, std::int64_t>) return std::to_string(v);
            else if constexpr (std::is_same_v<T, double>) return core::format_double(v);
            else if constexpr (std::is_same_v<T, Blob>) return "\\x" + core::to_hex(v);
            else return v;
        },
        value.data());
}

Value from_field(const pqxx::field& field) {
    if (field.is_null()) return {};
    const std::string_view text(field.c_str(), field.size());
    switch (field.type()) {
        case kBool: return Value(text == "t");
        case kInt2:
        case kInt4:
        case kInt8: return Value(*core::parse_int(text));
        case kNumeric:
            if (const auto i = core::parse_int(text)) return Value(*i);
            return Value(core::parse_double(text).value_or(0.0));
        case kFloat4:
        case kFloat8: {
            const auto d = core::parse_double(text);
            return d ? Value(*d) : Value();
        }
        case kBytea: {
            auto bytes = core::from_hex(text.substr(std::min<std::size_t>(2, text.size())));
            return Value(bytes ? *std::move(bytes) : Blob{});
        }
        default: return Value(text);
    }
}

class PostgresConnection final : public Connection {
public:
    explicit PostgresConnection(const std::string& url) : connection_(url) {
        pqxx::nontransaction work(connection_);
        work.exec("SET synchronous_commit = on");
        work.exec("SET lock_timeout = '5s'");
        work.exec("SET client_min_messages = warning");
    }

    Result<std::int64_t> execute(std::string_view sql, const Params& params) override {
        auto result = run(sql, params);
        if (!result) return tl::unexpected(std::move(result).error());
        return static_cast<std::int64_t>(result->affected_rows());
    }

    Result<void> for_each(std::string_view sql, const Params& params,
                          const std::function<bool(const Row&)>& each) override {
        ATTUNE_TRY(const pqxx::result result, run(sql, params));
        Row row(static_cast<std::size_t>(result.columns()));
        for (const pqxx::row& from : result) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                row[i] = from_field(from[static_cast<pqxx::row::size_type>(i)]);
            }
            if (!each(row)) break;
        }
        return {};
    }

    Backend backend() const noexcept override { return Backend::kPostgres; }

private:
    Result<pqxx::result> run(std::string_view sql, const Params& params) {
        try {
            // Transactions are ours (BEGIN … COMMIT as statements), so pqxx's own stay out of the way.
            pqxx::nontransaction work(connection_);
            if (params.empty()) return work.exec(std::string(sql));
            std::vector<std::optional<std::string>> texts;
            texts.reserve(params.size());
            for (const Value& value : params) texts.push_back(to_text(value));
            std::vector<const char*> pointers;
            pointers.reserve(texts.size());
            for (const auto& text : texts) pointers.push_back(text ? text->c_str() : nullptr);
            return work.exec_prepared(prepared(sql), pqxx::prepare::make_dynamic_params(pointers));
        } catch (const std::exception& e) {
            return tl::unexpected(translate(e));
        }
    }

    const std::string& prepared(std::string_view sql) {
        auto at = names_.find(sql);
        if (at == names_.end()) {
            std::string name = "s" + std::to_string(names_.size());
            connection_.prepare(name, std::string(sql));
            at = names_.emplace(std::string(sql), std::move(name)).first;
        }
        return at->second;
    }

    pqxx::connection connection_;
    std::map<std::string, std::string, std::less<>> names_;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_postgres(const std::string& url) {
    try {
        return std::make_unique<PostgresConnection>(url);
    } catch (const std::exception& e) {
        return tl::unexpected(Error{ErrorCode::kUnavailable,
                                    std::string("cannot connect to PostgreSQL: ") + e.what(), {}});
    }
}

}  // namespace attune::store
