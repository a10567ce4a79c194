// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/schema.hpp"

#include <gtest/gtest.h>

#include "store/backup.hpp"
#include "support/temp_dir.hpp"

namespace attune::store {
namespace {

constexpr Revision kFirst[] = {{1, 1, "CREATE TABLE a (id BIGINT PRIMARY KEY)"}};
constexpr Revision kSecond[] = {{1, 1, "CREATE TABLE a (id BIGINT PRIMARY KEY)"},
                                {2, 1, "ALTER TABLE a ADD COLUMN x TEXT;\nCREATE TABLE b (id BIGINT)"}};
constexpr Revision kBreaking[] = {{1, 1, ""}, {2, 1, ""}, {3, 3, "DROP TABLE a"}};

std::unique_ptr<Connection> open_in(const test::TempDir& dir) {
    return *Connection::open("sqlite:" + (dir.path() / "a.db").string());
}

TEST(Migrate, BringsAnOldFileUpToDateAfterCopyingIt) {
    test::TempDir dir;
    const RoomSchema old[] = {{"room", kFirst}};
    const RoomSchema now[] = {{"room", kSecond}};
    auto db = open_in(dir);
    ASSERT_EQ(migrate(*db, old, dir.path() / "backups")->applied, 1);
    ASSERT_TRUE(db->execute("INSERT INTO a (id) VALUES ($1)", {5}));
    const auto report = migrate(*db, now, dir.path() / "backups");
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_EQ(report->applied, 1);
    EXPECT_TRUE(std::filesystem::exists(report->backup));
    EXPECT_EQ((*db->query("SELECT id FROM a"))[0][0].integer(), 5);
    EXPECT_EQ(migrate(*db, now, dir.path() / "backups")->applied, 0);
}

TEST(Migrate, ANewerFileIsRefusedWithItsRevisionAndTheWayBack) {
    test::TempDir dir;
    auto db = open_in(dir);
    const RoomSchema second[] = {{"room", kSecond}};
    ASSERT_TRUE(migrate(*db, second, {}));
    const RoomSchema breaking[] = {{"room", kBreaking}};
    ASSERT_TRUE(migrate(*db, breaking, {}));
    const auto refused = migrate(*db, second, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kVersion);
    EXPECT_NE(refused.error().message.find("revision 3"), std::string::npos);
    EXPECT_NE(refused.error().message.find("backups"), std::string::npos);
}

TEST(Migrate, ARevisionThatFailsLeavesTheRevisionBefore) {
    test::TempDir dir;
    auto db = open_in(dir);
    static constexpr Revision kBad[] = {{1, 1, "CREATE TABLE a (id BIGINT);\nCREATE TABLE a (id BIGINT)"}};
    const RoomSchema rooms[] = {{"room", kBad}};
    EXPECT_FALSE(migrate(*db, rooms, {}));
    EXPECT_FALSE(db->query("SELECT id FROM a"));
}

/// An Attune database with a copy of it as it was made.
std::unique_ptr<Connection> copied_in(const test::TempDir& dir) {
    const RoomSchema rooms[] = {{"room", kFirst}};
    auto db = open_in(dir);
    EXPECT_TRUE(migrate(*db, rooms, {}));
    EXPECT_TRUE(backup(*db, dir.path() / "copy.db"));
    return db;
}

TEST(Backup, ARestoredCopyHoldsWhatTheDatabaseHeld) {
    test::TempDir dir;
    const RoomSchema rooms[] = {{"room", kFirst}};
    {
        auto db = open_in(dir);
        ASSERT_TRUE(migrate(*db, rooms, {}));
        ASSERT_TRUE(db->execute("INSERT INTO a (id) VALUES ($1)", {5}));
        ASSERT_TRUE(backup(*db, dir.path() / "copy.db"));
        EXPECT_FALSE(backup(*db, dir.path() / "copy.db")) << "never writes over a file";
        ASSERT_TRUE(db->execute("DELETE FROM a"));
    }
    const auto aside = restore(dir.path() / "copy.db", dir.path() / "a.db");
    ASSERT_TRUE(aside) << aside.error().describe();
    EXPECT_EQ(open_in(dir)->query("SELECT id FROM a")->size(), 1U);
    EXPECT_EQ(Connection::open("sqlite:" + aside->string()).value()->query("SELECT id FROM a")->size(), 0U);
    const auto again = restore(dir.path() / "copy.db", dir.path() / "a.db");
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_NE(*again, *aside);
}

TEST(Backup, RestoreKeepsWhatAKilledProcessHadAcknowledgedInItsLog) {
    test::TempDir dir;
    auto db = copied_in(dir);
    ASSERT_TRUE(db->execute("INSERT INTO a (id) VALUES ($1)", {5}));
    std::filesystem::create_directory(dir.path() / "killed");
    for (const char* name : {"a.db", "a.db-wal"}) std::filesystem::copy_file(dir.path() / name, dir.path() / "killed" / name);
    const auto aside = restore(dir.path() / "copy.db", dir.path() / "killed" / "a.db");
    ASSERT_TRUE(aside) << aside.error().describe();
    EXPECT_EQ(Connection::open("sqlite:" + aside->string()).value()->query("SELECT id FROM a")->size(), 1U);
    EXPECT_EQ(Connection::open("sqlite:" + (dir.path() / "killed" / "a.db").string()).value()->query("SELECT id FROM a")->size(), 0U);
}

TEST(Backup, RestoreRefusesADatabaseThatAnotherProcessHasOpen) {
    test::TempDir dir;
    auto db = copied_in(dir);
    const auto refused = restore(dir.path() / "copy.db", dir.path() / "a.db");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
    ASSERT_TRUE(db->execute("INSERT INTO a (id) VALUES ($1)", {5})) << "the session goes on in its database";
    EXPECT_EQ(open_in(dir)->query("SELECT id FROM a")->size(), 1U);
    EXPECT_FALSE(std::filesystem::exists(dir.path() / "a.db.restoring"));
}

TEST(Backup, RestoreRefusesWhatIsNoAttuneDatabase) {
    test::TempDir dir;
    dir.write("x.db", "hello");
    const auto bad = restore(dir.path() / "x.db", dir.path() / "a.db");
    ASSERT_FALSE(bad);
    EXPECT_FALSE(std::filesystem::exists(dir.path() / "a.db"));
}

}  // namespace
}  // namespace attune::store
