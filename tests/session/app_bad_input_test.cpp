// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong outside of the program, on the real program: a message with value, range and place, the right exit
// status, and nothing lost of what was there.
#include <sys/resource.h>

#include "core/time.hpp"
#include "session/record.hpp"
#include "session/space.hpp"
#include "store/connection.hpp"
#include "support/program.hpp"

namespace attune {
namespace {

using test::Attune;
using test::Finished;

constexpr int kFailed = 1, kBadUsage = 2, kDoneWithFailures = 3;

std::vector<std::string> fast_session(std::vector<std::string> more = {}, const char* minutes = "2") {
    std::vector<std::string> args = {"session", "run", "--goal", "calm", "--minutes", minutes, "--sink", "null", "--fast", "--from", "-0.3,0.5", "--seed", "1"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
}

void expect_error(const Finished& done, int status, std::initializer_list<const char*> words) {
    EXPECT_EQ(done.status, status) << done.out << done.err;
    for (const char* word : words) EXPECT_NE(done.err.find(word), std::string::npos) << "'" << word << "' is missing in: " << done.err;
}

/// Data with one session in them, which must still be there, whole, at the end.
class BadInput : public testing::Test {
protected:
    void SetUp() override {
        static Attune with_session;
        static const bool ready = [] {
            with_session.take_data_of(test::scanned());
            return with_session(fast_session()).status == 0;
        }();
        ASSERT_TRUE(ready);
        attune_.take_data_of(with_session);
    }
    void TearDown() override {
        const Finished replay = attune_({"session", "replay", first_session(), "--json"});
        EXPECT_EQ(replay.status, 0) << "the session that was there before: " << replay.err;
        const Finished library = attune_({"library", "list", "--json"});
        EXPECT_EQ(library.status, 0) << library.err;
    }
    std::string first_session() {
        const auto list = attune_({"session", "list", "--json"}).json().at("sessions");
        return list.empty() ? "none" : list.back().at("session").get<std::string>();
    }
    std::unique_ptr<store::Connection> database() { return *store::Connection::open("sqlite:" + attune_.database().string()); }
    Attune attune_;
};

TEST_F(BadInput, AMissingFolderIsNamed) {
    expect_error(attune_({"library", "scan", "/nonexistent/music"}), kFailed, {"/nonexistent/music", "no such file or folder"});
    expect_error(attune_(fast_session({"--sense", "replay:/nonexistent"})), kFailed, {"/nonexistent"});
}

TEST_F(BadInput, CorruptFilesAreListedAndTheRestIsScanned) {
    const auto folder = attune_.file("mixed");
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(test::clips() / "clip0.wav", folder / "good.wav");
    std::ofstream(folder / "noise.mp3") << std::string(5000, '\x5a');
    std::ofstream(folder / "empty.flac");
    std::filesystem::create_symlink("/nonexistent", folder / "gone.ogg");
    const Finished scan = attune_({"library", "scan", folder.string(), "--json"});
    EXPECT_EQ(scan.status, kDoneWithFailures) << scan.err;
    const auto report = scan.json();
    EXPECT_EQ(report.at("found"), 4);
    ASSERT_EQ(report.at("failed").size(), 3U);
    for (const auto& failed : report.at("failed")) {
        EXPECT_TRUE(failed.at("path").get<std::string>().starts_with(folder.string()));
        EXPECT_GT(failed.at("reason").get<std::string>().size(), 10U);
    }
}

TEST_F(BadInput, AFileThatBecameUnreadableIsPassedOverAndTheSessionGoesOn) {
    // Scanned, then damaged: five of eight clips no longer open.
    const auto folder = attune_.file("music");
    std::filesystem::copy(test::clips(), folder);
    Attune moved;
    ASSERT_EQ(moved({"library", "scan", folder.string()}).status, 0);
    for (int clip = 0; clip < 5; ++clip) {
        std::ofstream(folder / ("clip" + std::to_string(clip) + ".wav"), std::ios::trunc) << "no sound at all";
    }
    // Rendered, because a timeline without samples opens nothing.
    const Finished run = moved({"session", "run", "--goal", "calm", "--minutes", "2", "--sink", "file:" + attune_.file("o.flac").string(),
                                "--fast", "--from", "-0.3,0.5", "--seed", "1", "--json"});
    EXPECT_EQ(run.status, 0) << run.err;
    const auto report = run.json();
    EXPECT_GE(report.at("duration_s").get<double>(), 100.0);
    double played = 0.0;
    for (const auto& item : report.at("items")) played += item.at("ended") == "failed" ? 0.0 : item.at("played_s").get<double>();
    EXPECT_GT(played, 60.0);
}

TEST_F(BadInput, WhereNoFileCanBePlayedTheSessionSaysWhichAndWhyAndFails) {
    const auto folder = attune_.file("music");
    std::filesystem::copy(test::clips(), folder);
    Attune gone;
    ASSERT_EQ(gone({"library", "scan", folder.string()}).status, 0);
    std::filesystem::remove_all(folder);
    const std::vector<std::string> rendered = {"session", "run", "--goal", "calm", "--minutes", "2", "--sink", "file:" + gone.file("o.flac").string(),
                                               "--fast", "--from", "-0.3,0.5", "--seed", "1"};
    const Finished told = gone(rendered);
    expect_error(told, kFailed, {"None of the files could be played", "clip", "not_found"});
    EXPECT_NE(told.out.find("none of the files could be played"), std::string::npos) << told.out;
    auto with_json = rendered;
    with_json.emplace_back("--json");
    const Finished run = gone(with_json);
    expect_error(run, kFailed, {"None of the files could be played", "clip", "not_found"});
    const auto report = run.json();   // one object, and nothing after it
    ASSERT_TRUE(report.is_object());
    EXPECT_EQ(report.at("ended"), "nothing_plays");
    EXPECT_TRUE(report.at("first_sound_s").is_null());
    for (const auto& item : report.at("items")) EXPECT_NE(item.at("kind"), "track") << item;
    // The record stands: it is told, and replays.
    const auto shown = gone({"session", "show", "last", "--events"});
    EXPECT_NE(shown.out.find("nothing_plays"), std::string::npos);
    EXPECT_EQ(gone({"session", "replay", "last"}).status, 0);
}

TEST_F(BadInput, AnEmptyLibraryIsSaidWithWhatToDo) {
    Attune empty;
    std::filesystem::create_directories(empty.file("nothing"));
    const Finished scan = empty({"library", "scan", empty.file("nothing").string()});
    EXPECT_EQ(scan.status, 0);
    EXPECT_NE(scan.err.find("no sound file"), std::string::npos) << scan.out << scan.err;
    const Finished list = empty({"library", "list"});
    EXPECT_EQ(list.status, 0);
    EXPECT_NE((list.out + list.err).find("library scan"), std::string::npos) << list.out << list.err;
    // A session composes its own music; where that is impossible it says why and how to go on.
    const Finished run = empty({"session", "run", "--goal", "calm", "--minutes", "2", "--sink", "null", "--fast"},
                               [] { setenv("ATTUNE_SOUNDFONT", "/nonexistent/font.sf3", 1); });
    expect_error(run, kFailed, {"/nonexistent/font.sf3", "library scan"});
}

TEST_F(BadInput, ARecordingWithAWrongHeaderIsNamedWithWhatIsWanted) {
    const auto folder = attune_.file("recording");
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "eda.csv") << "time,skin\n0,1\n1,1\n";
    expect_error(attune_(fast_session({"--sense", "replay:" + folder.string()})), kFailed, {"eda.csv", "unit", "header"});
}

TEST_F(BadInput, ASessionWhoseRecordStartsWrongIsNotReplayed) {
    ASSERT_EQ(attune_(fast_session()).status, 0);
    {
        const auto db = database();
        ASSERT_TRUE(db->execute("UPDATE event SET payload = $1 WHERE seq = 1 AND session_id = (SELECT id FROM session ORDER BY started_ns DESC LIMIT 1)",
                                {store::Blob{0xA0}}));
    }
    expect_error(attune_({"session", "replay", "last"}), kFailed, {"event 1"});
    expect_error(attune_({"session", "report", "last", "--out", attune_.file("r.html").string()}), kFailed, {"event 1"});
    EXPECT_FALSE(std::filesystem::exists(attune_.file("r.html")));
}

TEST_F(BadInput, AClockThatJumpsIsLivedThrough) {
    auto live = attune_.start({"session", "run", "--goal", "calm", "--minutes", "1", "--sink", "null", "--from", "-0.3,0.5", "--seed", "1", "--json"});
    usleep(1'500'000);
    live->signal(SIGSTOP);   // the machine sleeps: the session's clock jumps by six seconds when it wakes
    usleep(6'000'000);
    live->signal(SIGCONT);
    usleep(2'500'000);
    live->signal(SIGINT);
    const Finished done = live->wait();
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.json().at("ended"), "stopped");
    const Finished replay = attune_({"session", "replay", "last", "--json"});
    EXPECT_EQ(replay.status, 0) << replay.out << replay.err;
    EXPECT_EQ(replay.json().at("identical"), true);
}

TEST_F(BadInput, ARecordingWhoseClockJumpsIsSplitAndSaid) {
    const auto folder = attune_.file("recording");
    std::filesystem::create_directories(folder);
    std::ofstream csv(folder / "eda.csv");
    csv << "t[s],eda[microsiemens]@4\n";
    for (int i = 0; i < 100; ++i) csv << i * .25 + (i >= 50 ? 30.0 : 0.0) << "," << 2.0 + .01 * i << "\n";
    csv.close();
    const Finished probe = attune_({"sense", "probe", "replay:" + folder.string(), "--seconds", "60", "--json"});
    EXPECT_EQ(probe.status, 0) << probe.err;
    EXPECT_NE(probe.out.find("gap"), std::string::npos) << probe.out;
    EXPECT_EQ(attune_(fast_session({"--sense", "replay:" + folder.string()})).status, 0);
}

TEST_F(BadInput, AFullDiskIsSaidAndLosesNothingThatStood) {
    const Finished full = attune_(fast_session({"--sense", "simulated:anxious"}, "20"), [] {
        const rlimit limit{160 << 10, 160 << 10};   // no file of this process grows beyond 160 KiB, the log of the database neither
        setrlimit(RLIMIT_FSIZE, &limit);
    });
    expect_error(full, kFailed, {"could not be written", "attune.db"});
    const Finished list = attune_({"session", "list", "--json"});
    ASSERT_EQ(list.status, 0) << list.err;
}

TEST_F(BadInput, ARenderedFileThatDoesNotFitIsSaid) {
    const auto out = attune_.file("o.flac");
    const Finished full = attune_({"session", "run", "--goal", "calm", "--minutes", "5", "--sink", "file:" + out.string(), "--fast", "--from", "-0.3,0.5"}, [] {
        const rlimit limit{2 << 20, 2 << 20};
        setrlimit(RLIMIT_FSIZE, &limit);
    });
    expect_error(full, kFailed, {"o.flac"});
}

TEST_F(BadInput, ALockedDatabaseIsSaidAfterFiveSeconds) {
    const auto db = database();
    ASSERT_TRUE(db->execute("BEGIN EXCLUSIVE"));
    const auto from = std::chrono::steady_clock::now();
    expect_error(attune_(fast_session()), kFailed, {"locked", "attune.db"});
    EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(30));
    ASSERT_TRUE(db->execute("ROLLBACK"));
    EXPECT_EQ(attune_(fast_session()).status, 0);
}

TEST_F(BadInput, ANewerDatabaseIsRefusedWithItsRevisionAndTheWayBack) {
    ASSERT_TRUE(database()->execute("INSERT INTO schema_revision (room, revision, min_compatible, applied_ns) VALUES ('session', 99, 99, 0)"));
    expect_error(attune_(fast_session()), kFailed, {"newer", "99", "backups"});
    ASSERT_TRUE(database()->execute("DELETE FROM schema_revision WHERE revision = 99"));
}

TEST_F(BadInput, WhatIsOutOfRangeIsNamedWithTheRange) {
    const auto with = [&](const char* goal, std::vector<std::string> more) {
        std::vector<std::string> args = {"session", "run", "--fast", "--goal", goal};
        if (more.empty() || more.front() != "--sink") args.insert(args.end(), {"--sink", "null"});
        args.insert(args.end(), more.begin(), more.end());
        return attune_(args);
    };
    expect_error(with("clam", {}), kBadUsage, {"'clam' is not a goal", "calm, lift"});
    expect_error(with("2,0", {}), kBadUsage, {"2,0", "-1 to 1"});
    expect_error(with("calm", {"--minutes", "500"}), kBadUsage, {"500", "1 to 180"});
    expect_error(with("calm", {"--from", "3,0"}), kBadUsage, {"3,0", "-1 to 1"});
    expect_error(with("calm", {"--sense", "simulated:anxius"}), kBadUsage, {"anxius", "did you mean 'anxious'"});
    expect_error(with("calm", {"--sink", "nul"}), kBadUsage, {"'nul' is not a sink", "null"});
    expect_error(attune_({"session", "show", "no-such-session"}), kFailed, {"no-such-session"});
}

// ---- backup and restore ----

TEST_F(BadInput, ABackupRestoredElsewhereHoldsTheSessionBitForBit) {
    const auto copy = attune_.file("copy.attune");
    ASSERT_EQ(attune_({"backup", copy.string()}).status, 0);
    expect_error(attune_({"backup", copy.string()}), kBadUsage, {"exists"});
    const std::string id = first_session();
    const auto events = attune_({"session", "show", id, "--events"}).out;

    Attune other;
    EXPECT_EQ(other({"restore", copy.string()}).status, 0);
    EXPECT_EQ(other({"session", "show", id, "--events"}).out, events);
    EXPECT_EQ(other({"session", "replay", id}).status, 0);
    std::ofstream(attune_.file("not.db")) << "hello";
    expect_error(other({"restore", attune_.file("not.db").string()}), kFailed, {"not.db"});
    EXPECT_EQ(other({"session", "replay", id}).status, 0) << "what stood there stands";
}

}  // namespace
}  // namespace attune
