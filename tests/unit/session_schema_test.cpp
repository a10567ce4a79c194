// SPDX-License-Identifier: GPL-3.0-or-later
// A database of every old revision of every room is opened and brought up to date, on both backends, with what was in
// it; and no revision that has shipped is ever edited.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "care/people.hpp"
#include "core/hash.hpp"
#include "library/catalogue.hpp"
#include "session/record.hpp"
#include "store/schema.hpp"
#include "support/postgres.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

std::vector<store::RoomSchema> all_rooms() { return {library::schema(), care::schema(), schema()}; }

std::string hash_of(const store::Revision& revision) {
    core::Blake2b hash(16);
    hash.update(std::to_string(revision.number));
    hash.update(std::to_string(revision.min_compatible));
    hash.update(revision.ddl);
    return core::to_hex(hash.finish());
}

/// tests/golden/data/schema_revisions.txt: one line a revision that has shipped.
TEST(SchemaRevisions, WhatHasShippedIsNeverEditedOnlyFollowed) {
    const std::string file = std::string(ATTUNE_SOURCE_DIR) + "/tests/golden/data/schema_revisions.txt";
    std::map<std::string, std::string> shipped;
    std::ifstream in(file);
    std::string room, hash;
    int number = 0;
    while (in >> room >> number >> hash) shipped[room + " " + std::to_string(number)] = hash;
    ASSERT_FALSE(shipped.empty()) << file;
    std::ofstream actual(std::string(ATTUNE_BINARY_DIR) + "/schema_revisions.txt.actual");
    for (const store::RoomSchema& schema : all_rooms()) {
        int last = 0;
        for (const store::Revision& revision : schema.revisions) {
            const std::string name = std::string(schema.room) + " " + std::to_string(revision.number);
            actual << name << " " << hash_of(revision) << "\n";
            EXPECT_EQ(revision.number, ++last) << name;
            EXPECT_LE(revision.min_compatible, revision.number) << name;
            if (shipped.contains(name)) {
                EXPECT_EQ(shipped[name], hash_of(revision)) << name << " was edited; write a new revision";
            } else {
                ADD_FAILURE() << name << " is new: add its line of schema_revisions.txt.actual to " << file;
            }
        }
    }
}

class OldFiles : public testing::TestWithParam<store::Backend> {
protected:
    std::string new_url() {
        if (GetParam() == store::Backend::kSqlite) return "sqlite:" + (dir_.path() / (std::to_string(files_++) + ".db")).string();
        auto* server = test::Postgres::shared();
        return server == nullptr ? std::string() : server->new_database();
    }
    test::TempDir dir_;
    int files_ = 0;
};

TEST_P(OldFiles, EveryOldRevisionOfEveryRoomIsBroughtUpToDateWithWhatIsInIt) {
    int opened = 0;
    for (std::size_t old = 0; old < all_rooms().size(); ++old) {
        const auto newest = all_rooms()[old].revisions.size();
        for (std::size_t revisions = 1; revisions <= newest; ++revisions) {
            const std::string url = new_url();
            if (url.empty()) GTEST_SKIP() << "no PostgreSQL server is installed";
            auto rooms = all_rooms();
            rooms[old].revisions = rooms[old].revisions.first(revisions);
            core::IdSource ids(7);
            Start start;
            start.session = ids.next();
            start.goal = *flow::Goal::parse("calm", 20);
            SessionEvent first;
            first.seq = 1;
            first.payload = start;
            {
                auto db = *store::Connection::open(url);
                const auto made = store::migrate(*db, rooms, {});
                ASSERT_TRUE(made) << made.error().describe();
                ASSERT_TRUE(begin_session(*db, start));
                ASSERT_TRUE(append_events(*db, start.session, {&first, 1}));
            }
            auto db = *store::Connection::open(url);
            const auto brought = store::migrate(*db, all_rooms(), {});
            ASSERT_TRUE(brought) << rooms[old].room << " " << revisions << ": " << brought.error().describe();
            EXPECT_EQ(brought->applied, static_cast<int>(newest - revisions));
            const auto events = read_events(*db, start.session);
            ASSERT_TRUE(events) << events.error().describe();
            EXPECT_EQ(events->size(), 1U);
            EXPECT_TRUE(library::Catalogue(*db).view()) << "the library reads";
            EXPECT_TRUE(care::People(*db, store::Seal()).first(ids.next(), 0)) << "the people read";
            EXPECT_EQ(store::migrate(*db, all_rooms(), {})->applied, 0);
            ++opened;
        }
    }
    EXPECT_GE(opened, 3);
}

INSTANTIATE_TEST_SUITE_P(Backends, OldFiles, testing::Values(store::Backend::kSqlite, store::Backend::kPostgres),
                         [](const auto& info) { return info.param == store::Backend::kSqlite ? "Sqlite" : "Postgres"; });

}  // namespace
}  // namespace attune::session
