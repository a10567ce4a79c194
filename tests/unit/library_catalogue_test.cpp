// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/catalogue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "library/profile_codec.hpp"

namespace attune::library {
namespace {

flow::TrackProfile track(std::uint8_t n) {
    flow::TrackProfile p;
    p.key.bytes[0] = n;
    p.key.bytes[1] = 0xAB;
    p.path = "/music/caf\xe9 " + std::to_string(n) + ".mp3";  // Latin-1: not UTF-8
    p.tags.title = "Song " + std::to_string(n);
    p.tags.artist = n % 2 == 0 ? "Even" : "Odd";
    p.duration_s = 100.0 + n;
    p.loudness_lufs =
        flow::Estimate<double>{-14.3, std::nullopt, flow::ValueOrigin::kMeasured, "loudness@1"};
    p.tempo_bpm = flow::Estimate<double>{75.2, 0.3, flow::ValueOrigin::kMeasured, "tempo@1"};
    p.key_pitch_class = flow::Estimate<int>{9, std::nullopt, flow::ValueOrigin::kMeasured, "key@1"};
    p.expressed_valence =
        flow::Estimate<double>{0.25, 0.2, flow::ValueOrigin::kModel, "music-emotion@1"};
    p.expressed_arousal =
        flow::Estimate<double>{-0.5, 0.15, flow::ValueOrigin::kModel, "music-emotion@1"};
    p.quadrant = std::array<double, 4>{0.1, 0.2, 0.3, 0.4};
    p.genre_probabilities = {{"rock", 0.2}, {"ambient", 0.8}};
    p.segments = {{0.0, 15.0, flow::Va{0.1, -0.4}, -15.0},
                  {15.0, 15.0, std::nullopt, std::nullopt}};
    p.embedding = {0.6F, 0.8F};
    p.descriptors = {{"onset_rate_hz", 2.5}};
    p.beats_s = {0.5F, 1.3F};
    p.loudness_1hz = {-70.0F, -14.0F};
    return p;
}

class CatalogueTest : public ::testing::Test {
protected:
    void SetUp() override {
        db = store::Connection::open("sqlite::memory:").value();
        const std::array rooms{schema()};
        const auto done = store::migrate(*db, rooms, {});
        ASSERT_TRUE(done) << done.error().describe();
    }
    std::unique_ptr<store::Connection> db;
};

TEST(ProfileCodec, EveryFieldSurvives) {
    const auto p = track(7);
    const auto back = decode(encode(p)).value();
    EXPECT_EQ(back.path, p.path);
    EXPECT_EQ(back.tags, p.tags);
    EXPECT_EQ(back.tempo_bpm, p.tempo_bpm);
    EXPECT_EQ(back.key_pitch_class, p.key_pitch_class);
    EXPECT_EQ(back.quadrant, p.quadrant);
    EXPECT_EQ(back.embedding, p.embedding);
    EXPECT_EQ(back.beats_s, p.beats_s);
    EXPECT_EQ(back.loudness_1hz, p.loudness_1hz);
    EXPECT_EQ(back.descriptors, p.descriptors);
    EXPECT_EQ(back.genre_probabilities, p.genre_probabilities);
    ASSERT_EQ(back.segments.size(), 2U);
    EXPECT_EQ(back.segments[0].expressed, p.segments[0].expressed);
    EXPECT_FALSE(back.segments[1].expressed);
    EXPECT_FALSE(back.vocals);
    EXPECT_EQ(encode(back), encode(p));
}

TEST(ProfileCodec, BytesThatAreNoProfileAreCorrupt) {
    EXPECT_EQ(decode(std::vector<std::uint8_t>{}).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(decode(std::vector<std::uint8_t>{0xA0}).error().code, ErrorCode::kCorrupt);
    auto bytes = encode(track(1));
    bytes.resize(bytes.size() / 2);
    EXPECT_EQ(decode(bytes).error().code, ErrorCode::kCorrupt);
}

TEST_F(CatalogueTest, EditWinsAndSurvivesNewAnalysisUntilTakenBack) {
    Catalogue c(*db);
    const auto p = track(1);
    const auto put = c.put(p, true);
    ASSERT_TRUE(put) << put.error().describe();
    ASSERT_TRUE(c.edit(p.key, "valence", "0.9", "local", 5));
    ASSERT_TRUE(c.put(p, true));  // analysed again
    const auto shown = c.profile(p.key).value();
    EXPECT_DOUBLE_EQ(shown.expressed_valence->value, 0.9);
    EXPECT_EQ(shown.expressed_valence->origin, flow::ValueOrigin::kEdited);
    EXPECT_EQ(shown.expressed_arousal->origin, flow::ValueOrigin::kModel);
    EXPECT_DOUBLE_EQ(c.rows().value()[0].valence, 0.9);
    EXPECT_EQ(c.edits(p.key).value()[0].actor, "local");
    ASSERT_TRUE(c.unedit(p.key, "valence"));
    EXPECT_DOUBLE_EQ(c.profile(p.key).value().expressed_valence->value, 0.25);
    EXPECT_EQ(c.unedit(p.key, "valence").error().code, ErrorCode::kNotFound);
}

TEST_F(CatalogueTest, EditOutsideItsRangeIsRefusedByName) {
    Catalogue c(*db);
    ASSERT_TRUE(c.put(track(1), true));
    const auto bad = c.edit(track(1).key, "valence", "1.5", "local", 0);
    EXPECT_EQ(bad.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(bad.error().message.find("-1..1"), std::string::npos);
    EXPECT_NE(c.edit(track(1).key, "tempo_bmp", "90", "local", 0).error().message.find("tempo_bpm"),
              std::string::npos);
    EXPECT_FALSE(c.edit(track(1).key, "key", "H", "local", 0));
    EXPECT_TRUE(c.edit(track(1).key, "key", "Bb", "local", 0));
    EXPECT_EQ(c.profile(track(1).key).value().key_pitch_class->value, 10);
}

TEST_F(CatalogueTest, EditToUnknownHidesTheMeasurement) {
    Catalogue c(*db);
    ASSERT_TRUE(c.put(track(1), true));
    ASSERT_TRUE(c.edit(track(1).key, "calming", "", "local", 0));
    ASSERT_TRUE(c.edit(track(1).key, "tempo_bpm", "", "local", 0));
    EXPECT_FALSE(c.profile(track(1).key).value().tempo_bpm);
    EXPECT_TRUE(std::isnan(c.rows().value()[0].tempo_bpm));
}

TEST_F(CatalogueTest, TrackIsFoundByPathKeyAndBeginningOfKey) {
    Catalogue c(*db);
    const auto p = track(1);
    ASSERT_TRUE(c.put(p, true));
    ASSERT_TRUE(c.put_file({p.path, 10, 20, p.key, FileStatus::kAnalysed, "", "a@1"}));
    EXPECT_EQ(c.find(p.path).value(), p.key);
    EXPECT_EQ(c.find(p.key.hex()).value(), p.key);
    EXPECT_EQ(c.find(p.key.hex().substr(0, 8)).value(), p.key);
    EXPECT_EQ(c.find("/nowhere.mp3").error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(c.put_file({"/bad.mp3", 1, 1, {}, FileStatus::kFailed, "no sound in it", ""}));
    EXPECT_NE(c.find("/bad.mp3").error().message.find("no sound in it"), std::string::npos);
}

TEST_F(CatalogueTest, AmbiguousBeginningOfKeyIsRefused) {
    Catalogue c(*db);
    auto a = track(1), b = track(1);
    b.key.bytes[15] = 1;
    ASSERT_TRUE(c.put(a, true));
    ASSERT_TRUE(c.put(b, true));
    EXPECT_EQ(c.find(a.key.hex().substr(0, 10)).error().code, ErrorCode::kBadArgument);
}

TEST_F(CatalogueTest, ViewHoldsATrackThatIsNotAnalysedYetWithEveryNumberUnknown) {
    Catalogue c(*db);
    flow::TrackProfile by_tags;
    by_tags.key = track(4).key;
    by_tags.tags = track(4).tags;
    ASSERT_TRUE(c.put(by_tags, false));
    const auto view = c.view().value();
    ASSERT_EQ(view->size(), 1U);
    EXPECT_TRUE(std::isnan(view->valence[0]));
    EXPECT_TRUE(std::isnan(view->arousal[0]));
    EXPECT_TRUE(std::isnan(view->duration_s[0]));
    EXPECT_EQ(view->title[0], by_tags.tags.title);
}

TEST_F(CatalogueTest, ViewIsSortedByKeyWithUnknownAsNan) {
    Catalogue c(*db);
    for (const std::uint8_t n : {9, 3, 6}) ASSERT_TRUE(c.put(track(n), true));
    const auto view = c.view().value();
    ASSERT_EQ(view->size(), 3U);
    EXPECT_TRUE(std::is_sorted(view->key.begin(), view->key.end()));
    EXPECT_EQ(view->row(track(6).key), 1U);
    EXPECT_EQ(view->artists[view->artist[1]], "Even");
    EXPECT_EQ(view->genres[view->genre[0]], "ambient");  // no tag: the model's likeliest
    EXPECT_FLOAT_EQ(view->first_arousal[0], -0.4F);
    EXPECT_TRUE(std::isnan(view->last_arousal[0]));
    EXPECT_TRUE(std::isnan(view->calming[0]));
    EXPECT_EQ(view->embedding_dims, 2U);
    EXPECT_EQ(view->embedding.size(), 6U);
}

TEST_F(CatalogueTest, VersionChangesWithEveryWriteThatShows) {
    Catalogue c(*db);
    const auto before = c.version().value();
    ASSERT_TRUE(c.put(track(1), true));
    const auto after = c.version().value();
    EXPECT_NE(before, after);
    ASSERT_TRUE(c.edit(track(1).key, "title", "New", "local", 0));
    EXPECT_NE(after, c.version().value());
    EXPECT_EQ(c.view().value()->title[0], "New");
}

TEST_F(CatalogueTest, TracksWithoutAFileAreGivenUpButSimulatedOnesStay) {
    Catalogue c(*db);
    auto simulated = track(2);
    simulated.simulated = true;
    ASSERT_TRUE(c.put(track(1), true));
    ASSERT_TRUE(c.put(simulated, true));
    EXPECT_EQ(c.remove_orphans().value(), 1);
    EXPECT_EQ(c.rows().value().size(), 1U);
    EXPECT_TRUE(c.view().value()->simulated);
}

TEST(ProvisionalKey, DependsOnPathSizeAndTime) {
    const auto key = provisional_key("/a", 1, 2);
    EXPECT_EQ(key, provisional_key("/a", 1, 2));
    EXPECT_NE(key, provisional_key("/b", 1, 2));
    EXPECT_NE(key, provisional_key("/a", 2, 2));
    EXPECT_NE(key, provisional_key("/a", 1, 3));
}

}  // namespace
}  // namespace attune::library
