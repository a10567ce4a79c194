// SPDX-License-Identifier: GPL-3.0-or-later
// Every case runs on SQLite and on PostgreSQL: one SQL, one behaviour.
#include "store/connection.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "support/database.hpp"

namespace attune::store {
namespace {

class ConnectionTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!db_) return;
        ASSERT_TRUE(db_->execute(dialect_ddl(
            GetParam(), "CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE PRECISION, s TEXT, b {{BLOB}})")));
    }
};

TEST_P(ConnectionTest, EveryTypeReadsBackAsItWasWritten) {
    const Blob bytes{0, 1, 255, 0};
    const double x = 0.1 + 0.2;
    const std::int64_t id = std::numeric_limits<std::int64_t>::max();
    ASSERT_TRUE(db_->execute("INSERT INTO t (id, x, s, b) VALUES ($1, $2, $3, $4)", {id, x, "Gr\xC3\xB6\xC3\x9F" "e 'x'", bytes}));
    const auto row = db_->query_one("SELECT id, x, s, b FROM t", {}, "row");
    ASSERT_TRUE(row) << row.error().describe();
    EXPECT_EQ((*row)[0].integer(), id);
    EXPECT_EQ((*row)[1].real(), x);
    EXPECT_EQ((*row)[2].text(), "Gr\xC3\xB6\xC3\x9F" "e 'x'");
    EXPECT_EQ((*row)[3].blob(), bytes);
}

TEST_P(ConnectionTest, NullStaysNull) {
    ASSERT_TRUE(db_->execute("INSERT INTO t (id, x, s, b) VALUES ($1, $2, $3, $4)",
                             {1, std::optional<double>{}, nullptr, nullptr}));
    const auto row = db_->query_one("SELECT x, s, b FROM t", {}, "row");
    ASSERT_TRUE(row);
    for (const Value& value : *row) EXPECT_TRUE(value.null());
}

TEST_P(ConnectionTest, UpsertReturnsTheRowThatStands) {
    for (const char* s : {"first", "second"}) {
        const auto row = db_->query_one(
            "INSERT INTO t (id, s) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET s = excluded.s RETURNING s",
            {7, s}, "row");
        ASSERT_TRUE(row) << row.error().describe();
        EXPECT_EQ((*row)[0].text(), s);
    }
    EXPECT_EQ(db_->query("SELECT id FROM t")->size(), 1U);
}

TEST_P(ConnectionTest, AnUncommittedTransactionLeavesNothing) {
    {
        auto transaction = Transaction::begin(*db_);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(db_->execute("INSERT INTO t (id) VALUES ($1)", {1}));
    }
    EXPECT_TRUE(db_->query("SELECT id FROM t")->empty());
}

TEST_P(ConnectionTest, ACommittedTransactionIsSeenByAnotherConnection) {
    {
        auto transaction = Transaction::begin(*db_);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(db_->execute("INSERT INTO t (id) VALUES ($1)", {1}));
        ASSERT_TRUE(transaction->commit());
    }
    auto other = Connection::open(url_);
    ASSERT_TRUE(other);
    EXPECT_EQ((*other)->query("SELECT id FROM t")->size(), 1U);
}

TEST_P(ConnectionTest, ExecuteCountsTheRowsItChanged) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(db_->execute("INSERT INTO t (id) VALUES ($1)", {i}));
    EXPECT_EQ(db_->execute("DELETE FROM t WHERE id < $1", {3}).value(), 3);
}

TEST_P(ConnectionTest, WrongSqlIsAnErrorAndTheConnectionGoesOn) {
    EXPECT_FALSE(db_->execute("INSERT INTO nowhere (id) VALUES ($1)", {1}));
    EXPECT_TRUE(db_->execute("INSERT INTO t (id) VALUES ($1)", {1}));
    EXPECT_FALSE(db_->execute("INSERT INTO t (id) VALUES ($1)", {1}));
    EXPECT_TRUE(db_->execute("INSERT INTO t (id) VALUES ($1)", {2}));
}

TEST_P(ConnectionTest, AMissingRowIsNamed) {
    const auto none = db_->query_one("SELECT id FROM t", {}, "track 'x'");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
    EXPECT_NE(none.error().message.find("track 'x'"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Backends, ConnectionTest, testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& info) { return info.param == Backend::kSqlite ? "Sqlite" : "Postgres"; });

TEST(ConnectionOpen, AnUnknownUrlIsRefusedWithTheFormsThatWork) {
    const auto bad = Connection::open("mysql://x");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::kBadArgument);
}

TEST(ConnectionOpen, AFileThatIsNoDatabaseIsCorrupt) {
    test::TempDir dir;
    dir.write("x.db", std::string(4096, 'x'));
    const auto bad = Connection::open("sqlite:" + (dir.path() / "x.db").string());
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::kCorrupt);
}

TEST(ConnectionOpen, AFullDatabaseSaysSoAndLosesNothing) {
    test::TempDir dir;
    auto db = *Connection::open("sqlite:" + (dir.path() / "x.db").string());
    ASSERT_TRUE(db->execute("CREATE TABLE t (b BLOB)"));
    ASSERT_TRUE(db->execute("INSERT INTO t (b) VALUES ($1)", {Blob(100)}));
    ASSERT_TRUE(db->query("PRAGMA max_page_count = 3"));
    const auto full = db->execute("INSERT INTO t (b) VALUES ($1)", {Blob(1 << 20)});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::kDiskFull);
    EXPECT_EQ(db->query("SELECT b FROM t")->size(), 1U);
}

}  // namespace
}  // namespace attune::store
