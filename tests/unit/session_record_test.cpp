// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/record.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "session/codec.hpp"
#include "session/event_writer.hpp"
#include "support/database.hpp"

namespace attune::session {
namespace {

Start a_start() {
    Start start;
    core::IdSource ids(1);
    start.session = ids.next();
    start.person = ids.next();
    start.goal = *flow::Goal::parse("calm", 20);
    start.start = flow::Va{-.3, .6};
    start.seed = 7;
    start.sources = {{"wrist", flow::SourceKind::kBody}};
    return start;
}

flow::Rating rating_at(Time t, double valence) {
    flow::Rating rating;
    rating.t = t;
    rating.value = flow::Va{valence, -.3};
    return rating;
}

std::vector<SessionEvent> some_events(const Start& start, std::size_t n) {
    std::vector<SessionEvent> events;
    for (std::uint64_t seq = 1; seq <= n; ++seq) {
        SessionEvent event;
        event.seq = seq;
        event.t = {static_cast<std::int64_t>(seq) * 1'000'000'000};
        if (seq == 1) event.payload = start;
        else if (seq % 2 == 0) event.payload = Tick{};
        else event.payload = rating_at(event.t, .1 * static_cast<double>(seq));
        events.push_back(std::move(event));
    }
    return events;
}

class RecordTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!db_) return;
        const store::RoomSchema rooms[] = {schema()};
        ASSERT_TRUE(store::migrate(*db_, rooms, {}));
        ASSERT_TRUE(begin_session(*db_, start_));
    }
    Start start_ = a_start();
};

TEST(MemoryInTheRecord, ASuggestionAndWhatMayBeAskedReadBackAndRecordsFromBeforeThemAreStillRead) {
    Start start = a_start();
    const ContentKey track = *ContentKey::parse("00112233445566778899aabbccddeeff");
    start.policy.blocks.ask_first = start.policy.blocks.askable = {track};
    PlanResult result;
    result.plan.suggestion = flow::Suggestion{track, "Clair de lune", 2, .25};
    const auto starts = encode(Payload{start}), plans = encode(Payload{result});
    EXPECT_EQ(std::get<Start>(decode(EventKind::kStart, kPayloadVersion, starts).value()).policy.blocks.askable, std::set{track});
    const auto read = std::get<PlanResult>(decode(EventKind::kPlanResult, kPayloadVersion, plans).value()).plan.suggestion;
    ASSERT_TRUE(read);
    EXPECT_EQ(std::tie(read->track, read->title, read->item, read->advantage), std::make_tuple(track, std::string("Clair de lune"), std::size_t{2}, .25));
    nlohmann::json old = nlohmann::json::from_cbor(plans);
    old.at("plan").erase("suggestion");   // version 5
    EXPECT_FALSE(std::get<PlanResult>(decode(EventKind::kPlanResult, 5, nlohmann::json::to_cbor(old)).value()).plan.suggestion);
    nlohmann::json old_start = nlohmann::json::from_cbor(starts);
    old_start.at("policy").at("blocks").erase("askable");
    const auto policy = std::get<Start>(decode(EventKind::kStart, 5, nlohmann::json::to_cbor(old_start)).value()).policy;
    EXPECT_TRUE(policy.blocks.askable.empty()) << "nobody is asked when such a session is replayed";
    EXPECT_EQ(policy.blocks.ask_first, std::set{track});
}

TEST_P(RecordTest, WhoReadsWhileTheSessionWritesSeesAWholeRecord) {
    const auto events = some_events(start_, 90);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        auto db = *store::Connection::open(url_);
        for (std::size_t n = 0; n < events.size(); n += 3) EXPECT_TRUE(append_events(*db, start_.session, std::span(events).subspan(n, 3)));
        done.store(true);
    });
    std::size_t read = 0;
    do {
        const auto seen = read_events(*db_, start_.session);
        ASSERT_TRUE(seen) << seen.error().describe();
        EXPECT_GE(seen->size(), read);
        read = seen->size();
    } while (!done.load());
    writer.join();
    EXPECT_EQ(read_events(*db_, start_.session)->size(), events.size());
}

TEST_P(RecordTest, EventsReadBackInOrderAndBitForBit) {
    const auto events = some_events(start_, 9);
    ASSERT_TRUE(append_events(*db_, start_.session, events));
    const auto read = read_events(*db_, start_.session);
    ASSERT_TRUE(read) << read.error().describe();
    ASSERT_EQ(read->size(), 9U);
    EXPECT_EQ(std::get<flow::Rating>((*read)[2].payload).value->valence, .1 * 3.0);
    EXPECT_EQ(std::get<Start>((*read)[0].payload).sources, start_.sources);
    EXPECT_EQ(read_events(*db_, start_.session, {}, 7)->size(), 2U);
}

TEST_P(RecordTest, AnAlteredEventIsNamed) {
    ASSERT_TRUE(append_events(*db_, start_.session, some_events(start_, 9)));
    ASSERT_TRUE(db_->execute("UPDATE event SET t_ns = t_ns + 1 WHERE seq = $1", {5}));
    const auto read = read_events(*db_, start_.session);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(read.error().context.find("event 5"), std::string::npos);
}

TEST_P(RecordTest, ADeletedEventIsFoundInTheMiddleAndAtTheEnd) {
    ASSERT_TRUE(append_events(*db_, start_.session, some_events(start_, 9)));
    ASSERT_TRUE(db_->execute("DELETE FROM event WHERE seq = $1", {9}));
    EXPECT_NE(read_events(*db_, start_.session).error().message.find("end"), std::string::npos);
    ASSERT_TRUE(db_->execute("DELETE FROM event WHERE seq = $1", {4}));
    EXPECT_NE(read_events(*db_, start_.session).error().context.find("event 4"), std::string::npos);
}

TEST_P(RecordTest, SwappedEventsAreFound) {
    ASSERT_TRUE(append_events(*db_, start_.session, some_events(start_, 9)));
    for (const auto& [from, to] : {std::pair{4, 100}, {6, 4}, {100, 6}}) {
        ASSERT_TRUE(db_->execute("UPDATE event SET seq = $1 WHERE seq = $2", {to, from}));
    }
    EXPECT_FALSE(read_events(*db_, start_.session));
}

TEST_P(RecordTest, AnEventOutOfTurnIsRefusedAndNothingOfItsGroupIsKept) {
    auto events = some_events(start_, 4);
    events[3].seq = 9;
    EXPECT_FALSE(append_events(*db_, start_.session, events));
    EXPECT_TRUE(read_events(*db_, start_.session)->empty());
}

TEST_P(RecordTest, ADeletedSessionLeavesNoEvent) {
    ASSERT_TRUE(append_events(*db_, start_.session, some_events(start_, 4)));
    ASSERT_TRUE(delete_session(*db_, start_.session));
    EXPECT_TRUE(db_->query("SELECT seq FROM event")->empty());
    EXPECT_FALSE(find_session(*db_, start_.session.text()));
}

TEST_P(RecordTest, AViewIsKeptOnceAndReadsBack) {
    flow::LibraryView view;
    view.version = 3;
    core::IdSource ids(2);
    for (int i = 0; i < 3; ++i) view.key.push_back({ids.next().bytes});
    view.valence = {.1F, -.2F, std::numeric_limits<float>::quiet_NaN()};
    view.artists = {"", "A", "\xFF bytes"};
    view.title = {"x", "", "z"};
    const auto hash = keep_view(*db_, view);
    ASSERT_TRUE(hash) << hash.error().describe();
    EXPECT_EQ(keep_view(*db_, view).value(), *hash);
    EXPECT_EQ(db_->query("SELECT hash FROM view_snapshot")->size(), 1U);
    const auto read = read_view(*db_, *hash);
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ((*read)->key, view.key);
    EXPECT_EQ((*read)->artists, view.artists);
    EXPECT_EQ(view_bytes(**read), view_bytes(view));
}

INSTANTIATE_TEST_SUITE_P(Backends, RecordTest,
                         testing::Values(store::Backend::kSqlite, store::Backend::kPostgres),
                         [](const auto& info) { return info.param == store::Backend::kSqlite ? "Sqlite" : "Postgres"; });

/// A database of its own in which this session has begun.
std::unique_ptr<store::Connection> begun(const std::string& url, const Start& start) {
    auto db = *store::Connection::open(url);
    const store::RoomSchema rooms[] = {schema()};
    EXPECT_TRUE(store::migrate(*db, rooms, {}));
    EXPECT_TRUE(begin_session(*db, start));
    return db;
}

TEST(Record, ASessionWhoseProcessIsGoneIsInterrupted) {
    test::TempDir dir;
    const Start start = a_start();
    const auto db = begun("sqlite:" + (dir.path() / "t.db").string(), start);
    EXPECT_EQ(find_session(*db, "last")->status, SessionStatus::kRunning);
    ASSERT_TRUE(db->execute("UPDATE session SET boot_id = $1", {"another boot"}));
    EXPECT_EQ(find_session(*db, "last")->status, SessionStatus::kInterrupted);
}

TEST(EventWriter, AFullDiskIsSaidAndWhatWasAcknowledgedStandsWhole) {
    test::TempDir dir;
    const std::string url = "sqlite:" + (dir.path() / "t.db").string();
    const Start start = a_start();
    auto db = begun(url, start);
    ASSERT_TRUE(db->query("PRAGMA max_page_count = 60"));
    EventWriter writer(std::move(db), start.session);
    const auto events = some_events(start, 3000);
    std::size_t pushed = 0;
    while (pushed < 50) writer.push(events[pushed++]);
    ASSERT_TRUE(writer.flush());
    while (pushed < events.size()) writer.push(events[pushed++]);
    const auto flushed = writer.flush();
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, ErrorCode::kDiskFull);
    EXPECT_EQ(writer.failure()->code, ErrorCode::kDiskFull);
    EXPECT_NE(flushed.error().describe().find("t.db"), std::string::npos);
    const auto reading = *store::Connection::open(url);
    const auto read = read_events(*reading, start.session);
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(read->size(), writer.committed());
    EXPECT_GE(read->size(), 50U);
}

TEST(EventWriter, ALockedDatabaseIsWaitedForAndNothingIsLost) {
    test::TempDir dir;
    const std::string url = "sqlite:" + (dir.path() / "t.db").string();
    const Start start = a_start();
    auto db = begun(url, start);
    EventWriter writer(std::move(db), start.session);
    auto other = *store::Connection::open(url);
    ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE"));
    for (const SessionEvent& event : some_events(start, 20)) writer.push(event);
    const auto flushed = writer.flush();   // gives up waiting after five seconds; the events are kept
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, ErrorCode::kBusy);
    ASSERT_TRUE(other->execute("ROLLBACK"));
    ASSERT_TRUE(writer.flush());
    EXPECT_EQ(read_events(*other, start.session)->size(), 20U);
}

TEST(EventWriter, WhatWasAcknowledgedSurvivesKill9) {
    for (int round = 0; round < 5; ++round) {
        test::TempDir dir;
        const std::string url = "sqlite:" + (dir.path() / "t.db").string();
        const Start start = a_start();
        int pipe_fd[2];
        ASSERT_EQ(pipe(pipe_fd), 0);
        const pid_t child = fork();
        if (child == 0) {
            auto db = *store::Connection::open(url);
            const store::RoomSchema rooms[] = {schema()};
            if (!store::migrate(*db, rooms, {}) || !begin_session(*db, start)) _exit(1);
            EventWriter writer(std::move(db), start.session);
            for (SessionEvent& event : some_events(start, 100000)) {
                writer.push(std::move(event));
                const std::uint64_t acknowledged = writer.committed();
                if (write(pipe_fd[1], &acknowledged, sizeof acknowledged) < 0) _exit(1);
                usleep(500);
            }
            _exit(0);
        }
        close(pipe_fd[1]);
        std::uint64_t acknowledged = 0, last = 0;
        while (read(pipe_fd[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
            last = std::max(last, acknowledged);
            if (last > 100U + 37U * static_cast<unsigned>(round)) break;
        }
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        while (read(pipe_fd[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) last = std::max(last, acknowledged);
        close(pipe_fd[0]);
        auto db = *store::Connection::open(url);
        const auto events = read_events(*db, start.session);
        ASSERT_TRUE(events) << events.error().describe();
        EXPECT_GE(events->size(), last);
        EXPECT_EQ(find_session(*db, "last")->status, SessionStatus::kInterrupted);
    }
}

}  // namespace
}  // namespace attune::session
