// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/scanner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "library/exchange.hpp"
#include "library/similar.hpp"

namespace attune::library {
namespace {

namespace fs = std::filesystem;

void put(std::string& out, std::uint32_t v, int bytes) {
    for (int b = 0; b < bytes; ++b) out.push_back(static_cast<char>(v >> (8 * b)));
}

/// A WAV of pulsed tones at 120 beats a minute.
std::string wav(double hz, double seconds, int rate = 22050, int channels = 1, double level = 0.3) {
    const auto frames = static_cast<std::uint32_t>(rate * seconds);
    std::string data;
    for (std::uint32_t i = 0; i < frames; ++i) {
        const double t = static_cast<double>(i) / rate, beat = std::fmod(t, 0.5);
        const double v = level * std::exp(-6.0 * beat) *
                         (std::sin(2 * std::numbers::pi * hz * t) +
                          0.6 * std::sin(2 * std::numbers::pi * 1.2599 * hz * t) +
                          0.6 * std::sin(2 * std::numbers::pi * 1.4983 * hz * t));
        for (int c = 0; c < channels; ++c)
            put(data, static_cast<std::uint16_t>(static_cast<std::int16_t>(v * 20000)), 2);
    }
    std::string out = "RIFF";
    put(out, static_cast<std::uint32_t>(36 + data.size()), 4);
    out += "WAVEfmt ";
    put(out, 16, 4), put(out, 1, 2), put(out, static_cast<std::uint32_t>(channels), 2),
        put(out, static_cast<std::uint32_t>(rate), 4);
    put(out, static_cast<std::uint32_t>(rate * channels * 2), 4),
        put(out, static_cast<std::uint32_t>(channels * 2), 2), put(out, 16, 2);
    out += "data";
    put(out, static_cast<std::uint32_t>(data.size()), 4);
    return out + data;
}

class ScannerTest : public ::testing::Test {
protected:
    void SetUp() override {
        root = fs::temp_directory_path() /
               ("attune_scan_" + std::to_string(::getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(root);
        fs::create_directories(root / "music" / "deep");
        db = store::Connection::open("sqlite:" + (root / "test.db").string()).value();
        const std::array rooms{schema()};
        ASSERT_TRUE(store::migrate(*db, rooms, {}));
    }
    void TearDown() override { fs::remove_all(root); }
    void write(const fs::path& name, const std::string& bytes) {
        std::ofstream(root / "music" / name, std::ios::binary) << bytes;
    }
    ScanReport run(ScanOptions options = {}) {
        auto report = scan(*db, {(root / "music").string()}, TrackModels(), options);
        EXPECT_TRUE(report) << (report ? "" : report.error().describe());
        return report ? *report : ScanReport{};
    }
    static ScanOptions one_job() {
        ScanOptions options;
        options.jobs = 1;
        return options;
    }
    std::string path(const char* name) const {
        return fs::canonical(root / "music" / name).string();
    }
    fs::path root;
    std::unique_ptr<store::Connection> db;
};

TEST_F(ScannerTest, EveryFileEndsAsAnalysedUnchangedSkippedOrFailed) {
    write("a.wav", wav(220, 6));
    write("deep/b.wav", wav(330, 5));
    write("empty.mp3", "");
    write("words.mp3", "this is not music at all, only its name says so");
    write("cut.wav", wav(440, 4).substr(0, 44));
    write("notes.txt", "x");
    const auto first = run();
    EXPECT_EQ(first.found, 5U);
    EXPECT_EQ(first.analysed, 2U);
    EXPECT_EQ(first.failed.size(), 3U);
    EXPECT_EQ(first.other, 1U);
    for (const auto& f : first.failed) EXPECT_FALSE(f.reason.empty()) << f.path;
    EXPECT_NEAR(first.audio_s, 11.0, 0.1);
    const auto again = run();
    EXPECT_EQ(again.unchanged, 2U);
    EXPECT_EQ(again.analysed, 0U);
    EXPECT_EQ(again.failed.size(), 3U);  // still told, not read again
    EXPECT_EQ(again.found, again.analysed + again.unchanged + again.skipped + again.failed.size());
}

TEST_F(ScannerTest, AFolderThatCannotBeReadIsListedAndTheRestIsScanned) {
    write("a.wav", wav(220, 6));
    write("deep/b.wav", wav(330, 5));
    // The one who may read everything reads as somebody else, in a child.
    fs::permissions(root / "music" / "deep", fs::perms::none);
    fs::permissions(root, fs::perms::all);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(9);
        int wrong = 0;
        {
            auto own = store::Connection::open("sqlite:" + (root / "child.db").string());
            const std::array rooms{schema()};
            if (!own || !store::migrate(**own, rooms, {})) ::_exit(8);
            const auto report = scan(**own, {(root / "music").string()}, TrackModels(), one_job());
            if (!report) ::_exit(7);
            wrong |= report->analysed == 1 ? 0 : 1;
            wrong |= report->failed.size() == 1 && report->failed.front().path.ends_with("/deep") ? 0 : 2;
            wrong |= !report->failed.empty() && report->failed.front().reason.find("cannot be read") != std::string::npos ? 0 : 4;
        }
        ::_exit(wrong);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    fs::permissions(root / "music" / "deep", fs::perms::owner_all);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "1: not analysed, 2: not listed, 4: no reason, 7: no scan, 8: no catalogue, 9: not somebody else";
}

TEST_F(ScannerTest, AFileOfTenHoursIsMeasuredWholeAndHeardForTwo) {
    std::string bytes = wav(220, 30, 2000);
    constexpr std::uint32_t kSeconds = 36000, kBytes = 2000 * 2 * kSeconds;
    for (int b = 0; b < 4; ++b) {
        bytes[4 + static_cast<std::size_t>(b)] = static_cast<char>((36 + kBytes) >> (8 * b));
        bytes[40 + static_cast<std::size_t>(b)] = static_cast<char>(kBytes >> (8 * b));
    }
    write("ten.wav", bytes);
    fs::resize_file(root / "music" / "ten.wav", 44 + std::uintmax_t{kBytes});  // silence, of which the disk keeps nothing
    write("z.wav", wav(330, 5));
    const auto report = run(one_job());
    EXPECT_EQ(report.analysed, 2U);
    EXPECT_NEAR(report.audio_s, kSeconds + 5.0, 0.1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(report.peak_rss_mb, 250.0);
#endif
    Catalogue c(*db);
    const auto p = c.profile(c.find(path("ten.wav")).value()).value();
    EXPECT_NEAR(p.duration_s, kSeconds, 1e-6);
    EXPECT_NEAR(p.trailing_silence_s, kSeconds - 30.0, 0.6);
    EXPECT_EQ(p.segments.size(), kSeconds / 15U);
    ASSERT_TRUE(p.loudness_lufs);
    EXPECT_TRUE(p.segments.front().loudness_lufs);
    EXPECT_FALSE(p.segments.back().loudness_lufs);
}

TEST_F(ScannerTest, MovedFileKeepsItsAnalysisAndEdits) {
    write("a.wav", wav(220, 6));
    static_cast<void>(run());
    Catalogue c(*db);
    const auto key = c.find(path("a.wav")).value();
    ASSERT_TRUE(c.edit(key, "valence", "0.5", "local", 1));
    fs::rename(root / "music" / "a.wav", root / "music" / "deep" / "renamed.wav");
    const auto moved = run();
    EXPECT_EQ(moved.analysed, 0U);
    EXPECT_EQ(moved.recognised, 1U);
    EXPECT_EQ(moved.forgotten, 1U);
    const auto found = c.find(path("deep/renamed.wav"));
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, key);
    EXPECT_DOUBLE_EQ(c.profile(key).value().expressed_valence->value, 0.5);
}

TEST_F(ScannerTest, MeasuresWhatTheSoundIs) {
    write("a.wav", wav(220, 20));
    static_cast<void>(run());
    Catalogue c(*db);
    const auto p = c.profile(c.find(path("a.wav")).value()).value();
    EXPECT_NEAR(p.duration_s, 20.0, 0.01);
    ASSERT_TRUE(p.tempo_bpm);
    EXPECT_NEAR(p.tempo_bpm->value, 120.0, 1.5);
    ASSERT_TRUE(p.key_pitch_class);
    EXPECT_EQ(p.key_pitch_class->value, 9);  // A
    EXPECT_FALSE(p.expressed_valence);       // without models nothing is claimed
    EXPECT_EQ(p.vocals_reason, "no-model");
    EXPECT_EQ(p.embedding.size(), 120U);
    EXPECT_EQ(p.segments.size(), 1U);
}

TEST_F(ScannerTest, SilenceIsAnalysedAndItsValuesAreUnknown) {
    write("quiet.wav", wav(220, 6, 22050, 1, 0.0));
    EXPECT_EQ(run().analysed, 1U);
    Catalogue c(*db);
    const auto p = c.profile(c.find(path("quiet.wav")).value()).value();
    EXPECT_FALSE(p.loudness_lufs);
    EXPECT_FALSE(p.tempo_bpm);
    EXPECT_FALSE(p.key_pitch_class);
    EXPECT_TRUE(p.embedding.empty());
    EXPECT_NEAR(p.leading_silence_s, 6.0, 0.01);
}

TEST_F(ScannerTest, OddRatesAndManyChannelsAreRead) {
    write("low.wav", wav(220, 5, 8000));
    write("high.wav", wav(220, 5, 192000));
    write("eight.wav", wav(220, 5, 44100, 8));
    const auto report = run();
    EXPECT_EQ(report.analysed, 3U);
    EXPECT_TRUE(report.failed.empty());
}

TEST_F(ScannerTest, LinksInACircleAndNamesOfAnyBytesDoNotStopIt) {
    write("caf\xe9.wav", wav(220, 5));
    fs::create_directory_symlink(root / "music", root / "music" / "deep" / "back");
    fs::create_symlink(root / "nowhere.mp3", root / "music" / "gone.mp3");
    const auto report = run();
    EXPECT_EQ(report.analysed, 1U);
    ASSERT_EQ(report.failed.size(), 1U);
    EXPECT_NE(report.failed[0].path.find("gone.mp3"), std::string::npos);
}

TEST_F(ScannerTest, TagsOnlyLeavesFilesForAnotherTime) {
    write("a.wav", wav(220, 5));
    const auto first = run(
        {.jobs = 0, .tags_only = true, .retry_failed = false, .cancel = nullptr, .progress = {}});
    EXPECT_EQ(first.skipped, 1U);
    Catalogue c(*db);
    EXPECT_EQ(c.rows().value().size(), 1U);
    EXPECT_TRUE(std::isnan(c.view().value()->valence.at(0)));   // choosable by the table alone
    const auto early = c.find(path("a.wav")).value();
    ASSERT_TRUE(c.edit(early, "title", "By hand", "local", 1));
    EXPECT_EQ(run().analysed, 1U);
    const auto key = c.find(path("a.wav")).value();
    EXPECT_NE(key, early);
    EXPECT_EQ(c.profile(key).value().tags.title,
              "By hand");  // the edit went over to the content key
    EXPECT_EQ(c.rows().value().size(), 1U);
}

TEST_F(ScannerTest, CancelledScanGoesOnLater) {
    for (int i = 0; i < 4; ++i) write("t" + std::to_string(i) + ".wav", wav(200 + 30 * i, 5));
    core::CancelToken cancel;
    const auto stopped = run({.jobs = 1,
                              .cancel = &cancel,
                              .progress = [&](const char* what, std::size_t done, std::size_t) {
                                  if (std::string(what) == "scan" && done == 1) cancel.cancel();
                              }});
    EXPECT_TRUE(stopped.cancelled);
    EXPECT_LT(stopped.analysed, 4U);
    const auto rest = run();
    EXPECT_EQ(rest.analysed + rest.unchanged, 4U);
    EXPECT_EQ(rest.unchanged, stopped.analysed);
}

TEST_F(ScannerTest, SameRecordingTwiceIsAGroup) {
    write("a.wav", wav(220, 30));
    std::string louder = wav(220, 30, 22050, 1, 0.31);  // other bytes, same music
    write("b.wav", louder);
    write("other.wav", wav(523, 30, 22050, 2));
    const auto report = run();
    Catalogue c(*db);
    const auto a = c.profile(c.find(path("a.wav")).value()).value(),
               b = c.profile(c.find(path("b.wav")).value()).value();
    EXPECT_FALSE(a.recording_group.empty());
    EXPECT_EQ(a.recording_group, b.recording_group);
    EXPECT_GE(report.duplicates, 2U);
}

TEST_F(ScannerTest, ListsAndTablesComeBack) {
    write("a.wav", wav(220, 5));
    write("b, c \"d\".wav", wav(330, 5));
    static_cast<void>(run());
    Catalogue c(*db);
    const auto rows = c.rows().value();
    std::vector<const TrackRow*> all;
    for (const auto& r : rows) all.push_back(&r);
    for (const char* format : {"csv", "json", "m3u8", "jspf", "arff"}) {
        const auto text = export_tracks(c, all, format);
        ASSERT_TRUE(text) << format;
        const auto back = import_tracks(c, *text, format, (root / "list").string(), "local", 1);
        ASSERT_TRUE(back) << format << ": " << back.error().describe();
        EXPECT_EQ(back->matched, 2U) << format;
        EXPECT_EQ(back->edited, 0U) << format << ": what is known already is no edit";
    }
    EXPECT_FALSE(export_tracks(c, all, "docx"));
    const auto edited =
        import_tracks(c, "path,valence\n\"" + path("a.wav") + "\",0.25\n/no/such,0.1\n", "csv",
                      "x.csv", "ann", 1);
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->edited, 1U);
    EXPECT_EQ(edited->unmatched.size(), 1U);
    EXPECT_EQ(c.edits(c.find(path("a.wav")).value()).value()[0].actor, "ann");
}

TEST_F(ScannerTest, SimilarFindsTheNearestAndItsFileIsChecked) {
    for (int i = 0; i < 5; ++i)
        write("t" + std::to_string(i) + ".wav", wav(150 * std::pow(1.5, i), 5));
    static_cast<void>(run());
    Catalogue c(*db);
    const auto embeddings = c.embeddings().value();
    const auto index = SimilarIndex::build(embeddings).value();
    const auto key = c.find(path("t1.wav")).value();
    const auto near = index.search(embeddings.at(key), 3);
    ASSERT_EQ(near.size(), 3U);
    EXPECT_EQ(near[0].key, key);
    const auto file = root / "cache" / "similar.hnsw";
    ASSERT_TRUE(index.save(file, 7));
    EXPECT_EQ(SimilarIndex::load(file, 7).value().search(embeddings.at(key), 3)[1].key,
              near[1].key);
    EXPECT_EQ(SimilarIndex::load(file, 8).error().code, ErrorCode::kVersion);
    fs::resize_file(file, 100);
    EXPECT_EQ(SimilarIndex::load(file, 7).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace attune::library
