// SPDX-License-Identifier: GPL-3.0-or-later
// Samples at rest: every bit comes back on both databases, nothing is lost, moved or changed unseen, and what is erased
// stays erased.
#include "session/samples.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <csignal>
#include <limits>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "session/codec.hpp"
#include "session/consent.hpp"
#include "session/event_writer.hpp"
#include "session/record.hpp"
#include "store/backup.hpp"
#include "support/database.hpp"

namespace attune::session {
namespace {

using flow::Channel;

Start a_start() {
    Start start;
    core::IdSource ids(1);
    start.session = ids.next();
    start.person = ids.next();
    start.goal = *flow::Goal::parse("calm", 20);
    start.sources = {{"wrist", flow::SourceKind::kBody}, {"strap", flow::SourceKind::kHeart}};
    return start;
}

KeptFrame frame_of(const std::string& source, Channel channel, std::int64_t second, std::uint32_t order) {
    KeptFrame kept;
    kept.order = order;
    kept.frame.source = source;
    kept.frame.channel = channel;
    kept.frame.seq = static_cast<std::uint64_t>(second);
    kept.frame.t = Time{second * 1'000'000'000 - 999'999'937};
    kept.frame.rate_hz = 64.0 / 3.0;
    kept.frame.samples = {static_cast<float>(second), .1F};
    kept.frame.provenance = {flow::Origin::kReplayed, "Empatica E4", "csv/1"};
    return kept;
}

/// A second of a wristband and a strap, mixed as they came, with all that a float and a clock can be.
SampleSecond a_second(std::int64_t second) {
    SampleSecond made{second, {}};
    KeptFrame eda = frame_of("wrist", Channel::kEda, second, 0);
    eda.of_listener = true;
    eda.frame.samples = {0.0F, -0.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min(),
                         std::bit_cast<float>(0x7FC12345U), std::bit_cast<float>(0xFF800001U), 1.0F / 3.0F};
    KeptFrame rr = frame_of("strap", Channel::kRr, second, 2);
    rr.frame.rate_hz = 0.0;
    rr.frame.quality = flow::Quality::kAlert;
    rr.frame.gap_ns = 1'250'000'001;
    rr.frame.t_sigma_ns = 7;
    rr.frame.seq = std::numeric_limits<std::uint64_t>::max();
    rr.frame.provenance = {flow::Origin::kLive, "Polar H10", "ble/1"};
    rr.frame.samples = {812.0F, 799.5F};
    rr.frame.times = {Time{-5}, Time{std::numeric_limits<std::int64_t>::max() - 1}};
    KeptFrame breath = frame_of("wrist", Channel::kRespiration, second, 5);
    breath.frame.provenance = {flow::Origin::kSimulated, "persona \xFF", ""};
    breath.frame.quality = flow::Quality::kLost;
    made.frames = {eda, rr, breath, frame_of("wrist", Channel::kAccelZ, second, 6)};
    return made;
}

void expect_same(const flow::SensorFrame& a, const flow::SensorFrame& b) {
    EXPECT_EQ(a.source, b.source);
    EXPECT_EQ(a.channel, b.channel);
    EXPECT_EQ(a.seq, b.seq);
    EXPECT_EQ(a.t, b.t);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.rate_hz), std::bit_cast<std::uint64_t>(b.rate_hz));
    EXPECT_EQ(a.quality, b.quality);
    EXPECT_EQ(a.gap_ns, b.gap_ns);
    EXPECT_EQ(a.t_sigma_ns, b.t_sigma_ns);
    EXPECT_EQ(a.provenance, b.provenance);
    EXPECT_EQ(a.times, b.times);
    ASSERT_EQ(a.samples.size(), b.samples.size());
    for (std::size_t i = 0; i < a.samples.size(); ++i)
        EXPECT_EQ(std::bit_cast<std::uint32_t>(a.samples[i]), std::bit_cast<std::uint32_t>(b.samples[i])) << i;
}

void expect_same(const SampleSecond& a, const SampleSecond& b) {
    EXPECT_EQ(a.second, b.second);
    ASSERT_EQ(a.frames.size(), b.frames.size());
    for (std::size_t i = 0; i < a.frames.size(); ++i) {
        EXPECT_EQ(a.frames[i].order, b.frames[i].order);
        EXPECT_EQ(a.frames[i].of_listener, b.frames[i].of_listener);
        expect_same(a.frames[i].frame, b.frames[i].frame);
    }
}

class SamplesTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!db_) return;
        const store::RoomSchema rooms[] = {schema()};
        ASSERT_TRUE(store::migrate(*db_, rooms, {}));
        ASSERT_TRUE(begin_session(*db_, start_));
    }
    void keep(std::int64_t from, std::int64_t until, const store::Seal& seal = {}) {
        std::vector<SampleSecond> seconds;
        for (std::int64_t s = from; s < until; ++s) seconds.push_back(a_second(s));
        const auto kept = append_record(*db_, start_.session, {}, seconds, seal);
        ASSERT_TRUE(kept) << kept.error().describe();
    }
    Error broken() { return read_samples(*db_, start_.session).error(); }

    Start start_ = a_start();
};

TEST_P(SamplesTest, FramesOfSeveralSourcesReadBackInTheirOrderAndBitForBit) {
    keep(3, 6);
    keep(6, 9);   // the chain goes on in a later group
    const auto read = read_samples(*db_, start_.session);
    ASSERT_TRUE(read) << read.error().describe();
    ASSERT_EQ(read->size(), 6U);
    for (std::size_t i = 0; i < read->size(); ++i) expect_same((*read)[i], a_second(3 + static_cast<std::int64_t>(i)));
    const auto kept = *kept_samples(*db_, start_.session);
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].source, "strap");
    EXPECT_EQ(kept[1].seconds, 6);
    const auto bytes = *db_->query_one("SELECT SUM(LENGTH(payload)) FROM session_sample", {}, "sum");
    EXPECT_EQ(kept[0].bytes + kept[1].bytes, bytes[0].integer());
}

TEST_P(SamplesTest, AKeySealsThemAndWithoutItTheyCannotBeRead) {
    const store::Seal seal({{4, store::DataKey{1, 2, 3}}}, 4);
    keep(1, 3, seal);
    const auto row = *db_->query_one("SELECT key_id, payload FROM session_sample WHERE chunk = $1 AND source = $2", {1, "wrist"}, "row");
    EXPECT_EQ(row[0].integer(), 4);
    const std::string bytes(row[1].blob().begin(), row[1].blob().end());
    EXPECT_EQ(bytes.find("Empatica"), std::string::npos);
    EXPECT_EQ(broken().code, ErrorCode::kRefused);
    const auto read = read_samples(*db_, start_.session, seal);
    ASSERT_TRUE(read) << read.error().describe();
    expect_same(read->at(1), a_second(2));
}

TEST_P(SamplesTest, AnAlteredSecondIsNamed) {
    keep(1, 9);
    const auto row = *db_->query_one("SELECT payload FROM session_sample WHERE chunk = $1 AND source = $2", {5, "strap"}, "row");
    store::Blob payload = row[0].blob();
    payload[payload.size() - 3] ^= 1;   // one bit of one sample
    ASSERT_TRUE(db_->execute("UPDATE session_sample SET payload = $1 WHERE chunk = $2 AND source = $3", {payload, 5, "strap"}));
    EXPECT_EQ(broken().code, ErrorCode::kCorrupt);
    EXPECT_NE(broken().context.find("source strap, second 5"), std::string::npos) << broken().describe();
}

TEST_P(SamplesTest, ADeletedOrMovedSecondIsFoundInTheMiddleAndAtTheEnd) {
    keep(1, 9);
    ASSERT_TRUE(db_->execute("DELETE FROM session_sample WHERE chunk = $1 AND source = $2", {8, "wrist"}));
    EXPECT_NE(broken().message.find("end"), std::string::npos) << broken().describe();
    ASSERT_TRUE(db_->execute("UPDATE session_sample SET chunk = $1 WHERE chunk = $2", {100, 3}));
    EXPECT_NE(broken().context.find("second 4"), std::string::npos) << broken().describe();
}

TEST_P(SamplesTest, AGroupWhoseEventsAreRefusedKeepsNoSample) {
    const SampleSecond second = a_second(1);
    SessionEvent event;
    event.seq = 9;
    event.payload = Tick{};
    EXPECT_FALSE(append_record(*db_, start_.session, {&event, 1}, {&second, 1}));
    EXPECT_TRUE(read_samples(*db_, start_.session)->empty());
}

TEST_P(SamplesTest, WhatIsErasedStaysErasedAndNothingMoreOfItIsWritten) {
    keep(1, 4);
    EXPECT_EQ(erase_samples(*db_, start_.session, "wrist", 77).value(), 3);
    keep(4, 6);
    const auto read = read_samples(*db_, start_.session);
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(read->size(), 5U);
    for (const SampleSecond& second : *read)
        for (const KeptFrame& kept : second.frames) EXPECT_EQ(kept.frame.source, "strap");
    EXPECT_EQ(kept_samples(*db_, start_.session)->back().erased_wall_ns, 77);
}

TEST_P(SamplesTest, AConsentThatIsWithdrawnWithErasureTakesThoseOfAllSessionsOfThePersonAlone) {
    keep(1, 4);
    const Start mine = start_;
    core::IdSource ids(2);
    start_.session = ids.next();
    ASSERT_TRUE(begin_session(*db_, start_));   // runs, and has kept nothing yet
    SessionEvent first;
    first.seq = 1;
    first.payload = start_;
    ASSERT_TRUE(append_events(*db_, start_.session, {&first, 1}));
    const Start running = start_;
    start_.session = ids.next();
    start_.person = ids.next();
    ASSERT_TRUE(begin_session(*db_, start_));
    keep(1, 3);
    EXPECT_EQ(erase_sensor_samples(*db_, mine.person, "face", 5).value(), 0);
    EXPECT_EQ(erase_sensor_samples(*db_, mine.person, "heart", 5).value(), 6);   // two sources of three seconds
    EXPECT_TRUE(read_samples(*db_, mine.session)->empty());
    EXPECT_EQ(read_samples(*db_, start_.session)->size(), 2U);
    start_ = running;
    keep(1, 3);
    EXPECT_TRUE(read_samples(*db_, running.session)->empty());
}

TEST_P(SamplesTest, ADeletedSessionLeavesNoSample) {
    keep(1, 4);
    ASSERT_TRUE(delete_session(*db_, start_.session));
    EXPECT_TRUE(db_->query("SELECT chunk FROM session_sample")->empty());
    EXPECT_TRUE(db_->query("SELECT source FROM session_sample_source")->empty());
}

TEST_P(SamplesTest, ABackupHasThem) {
    if (GetParam() == store::Backend::kPostgres) GTEST_SKIP() << "pg_dump copies a whole database";
    keep(1, 4);
    const auto copy = dir_.path() / "copy.db";
    ASSERT_TRUE(store::backup(*db_, copy));
    const auto read = read_samples(**store::Connection::open("sqlite:" + copy.string()), start_.session);
    ASSERT_TRUE(read) << read.error().describe();
    ASSERT_EQ(read->size(), 3U);
    expect_same(read->back(), a_second(3));
}

INSTANTIATE_TEST_SUITE_P(Backends, SamplesTest, testing::Values(store::Backend::kSqlite, store::Backend::kPostgres),
                         [](const auto& info) { return info.param == store::Backend::kSqlite ? "Sqlite" : "Postgres"; });

TEST(Samples, BytesThatAreCutOffOrGoOnAreRefused) {
    const SampleSecond second = a_second(4);
    std::vector<const KeptFrame*> frames;
    for (const KeptFrame& kept : second.frames) frames.push_back(&kept);
    auto bytes = pack(frames);
    ASSERT_TRUE(unpack("wrist", bytes));
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(unpack("wrist", std::span(bytes).first(n))) << n;
    bytes.push_back(0);
    EXPECT_FALSE(unpack("wrist", bytes));
    bytes.assign(40, 0xFF);
    EXPECT_EQ(unpack("wrist", bytes).error().code, ErrorCode::kCorrupt);
}

TEST(Samples, TheStartSaysWhoListenedByWhichModelAndStartsFromBeforeItAreStillRead) {
    Start start = a_start();
    start.listening = {{"wrist", flow::SourceKind::kBody, "stress@6", "ab12"}, {"face", flow::SourceKind::kFace, "", ""}};
    start.samples_kept = true;
    const auto bytes = encode(Payload{start});
    const auto read = std::get<Start>(decode(EventKind::kStart, kPayloadVersion, bytes).value());
    EXPECT_EQ(read.listening, start.listening);
    EXPECT_TRUE(read.samples_kept);
    nlohmann::json old = nlohmann::json::from_cbor(bytes);
    old.erase("listening");
    old.erase("samples_kept");   // version 4
    const auto before = std::get<Start>(decode(EventKind::kStart, 4, nlohmann::json::to_cbor(old)).value());
    EXPECT_TRUE(before.listening.empty());
    EXPECT_FALSE(before.samples_kept);
}

TEST(Samples, OfFaceVoiceAndEegNothingIsEverKept) {
    EXPECT_FALSE(is_kept(Channel::kAudio));
    EXPECT_FALSE(is_kept(Channel::kEeg));
    EXPECT_TRUE(is_kept(Channel::kRespiration));
}

std::unique_ptr<store::Connection> begun(const std::string& url, const Start& start) {
    auto db = *store::Connection::open(url);
    const store::RoomSchema rooms[] = {schema()};
    EXPECT_TRUE(store::migrate(*db, rooms, {}));
    EXPECT_TRUE(begin_session(*db, start));
    return db;
}

SessionEvent tick(std::uint64_t seq, const Start& start) {
    SessionEvent event;
    event.seq = seq;
    event.t = Time{static_cast<std::int64_t>(seq) * 1'000'000'000};
    if (seq == 1) event.payload = start;
    else event.payload = Tick{};
    return event;
}

TEST(EventWriter, SamplesThatComeFasterThanTheDiskWritesAreRefusedAloudAndEventsAreNot) {
    test::TempDir dir;
    const std::string url = "sqlite:" + (dir.path() / "t.db").string();
    const Start start = a_start();
    EventWriter writer(begun(url, start), start.session);
    auto other = *store::Connection::open(url);
    ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE"));
    std::int64_t taken = 0;
    const auto big = [](std::int64_t s) {
        SampleSecond second = a_second(s);
        second.frames.front().frame.samples.assign(100'000, .5F);
        return second;
    };
    while (writer.keep(big(taken + 1), EventWriter::IfFull::kRefuse)) ASSERT_LT(++taken, 1000);
    EXPECT_GT(taken, 10);
    writer.push(tick(1, start));
    ASSERT_TRUE(other->execute("ROLLBACK"));
    ASSERT_TRUE(writer.flush());
    EXPECT_TRUE(writer.keep(big(taken + 2), EventWriter::IfFull::kRefuse)) << "there is room again";
    writer.push(tick(2, start));
    ASSERT_TRUE(writer.flush());
    EXPECT_EQ(read_events(*other, start.session)->size(), 2U);
    EXPECT_EQ(read_samples(*other, start.session)->size(), static_cast<std::size_t>(taken) + 1);
}

TEST(EventWriter, AfterKill9EverySecondWhoseEventStandsHasItsSamples) {
    for (int round = 0; round < 3; ++round) {
        test::TempDir dir;
        const std::string url = "sqlite:" + (dir.path() / "t.db").string();
        const Start start = a_start();
        const pid_t child = fork();
        if (child == 0) {
            EventWriter writer(begun(url, start), start.session);
            for (std::uint64_t seq = 1; seq < 100'000; ++seq) {
                if (!writer.keep(a_second(static_cast<std::int64_t>(seq)), EventWriter::IfFull::kWait)) _exit(1);
                writer.push(tick(seq, start));
                usleep(300);
            }
            _exit(0);
        }
        usleep(400'000U + 53'000U * static_cast<unsigned>(round));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        auto db = *store::Connection::open(url);
        const auto events = read_events(*db, start.session);
        ASSERT_TRUE(events) << events.error().describe();
        const auto samples = read_samples(*db, start.session);
        ASSERT_TRUE(samples) << samples.error().describe();
        if (!events->empty()) {
            EXPECT_GE(samples->size(), events->size());
        }
    }
}

}  // namespace
}  // namespace attune::session
