// SPDX-License-Identifier: GPL-3.0-or-later
// What a file says of its words: the advisory of each format, and who heeds it.
#include <gtest/gtest.h>

#include <taglib/mp4file.h>
#include <taglib/mp4tag.h>

#include "flow/policy.hpp"
#include "library/catalogue.hpp"
#include "library/tags.hpp"
#include "library/track_row.hpp"
#include "support/audio_files.hpp"

namespace attune::library {
namespace {

struct Case {
    const char *file, *options;
    bool is_explicit;
};

class Advisory : public testing::TestWithParam<Case> {};

TEST_P(Advisory, OfAFileIsBlockedAsATag) {
    test::TempDir dir;
    const std::string file = dir.file(GetParam().file);
    test::write_wav(dir.file("in.wav"), std::vector<float>(44100, 0.1F), 44100, 0.7F);
    ASSERT_TRUE(test::encode(dir.file("in.wav"), file, GetParam().options));
    const auto tags = read_tags(file);
    ASSERT_TRUE(tags) << tags.error().describe();
    flow::Blocks blocks;
    blocks.tags = {"explicit"};
    EXPECT_EQ(flow::is_blocked(blocks, {}, tags->artist, tags->genre), GetParam().is_explicit) << tags->genre;
    EXPECT_EQ(without_advisory(tags->genre), "Rap");
}

INSTANTIATE_TEST_SUITE_P(
    Every, Advisory,
    testing::Values(Case{"a.flac", "--tag=GENRE=Rap --tag=ITUNESADVISORY=1", true}, Case{"clean.flac", "--tag=GENRE=Rap --tag=ITUNESADVISORY=2", false},
                    Case{"plain.flac", "--tag=GENRE=Rap", false}, Case{"a.ogg", "-G Rap -c ITUNESADVISORY=1", true},
                    Case{"none.ogg", "-G Rap -c ITUNESADVISORY=0", false}, Case{"a.mp3", "--tg Rap --tv TXXX=ITUNESADVISORY=1", true},
                    Case{"clean.mp3", "--tg Rap --tv TXXX=ITUNESADVISORY=2", false}));

TEST(AdvisoryOfMp4, IsItsRating) {
    test::TempDir dir;
    const std::string file = dir.file("a.m4a");
    test::write_wav(dir.file("in.wav"), std::vector<float>(44100, 0.1F), 44100, 0.7F);
    ASSERT_TRUE(test::encode(dir.file("in.wav"), file, "-metadata genre=Rap"));
    for (const auto& [rating, wanted] : {std::pair{0, false}, {1, true}, {2, false}, {4, true}}) {
        {
            TagLib::MP4::File mp4(file.c_str());   // written when it is closed
            mp4.tag()->setItem("rtng", TagLib::MP4::Item(static_cast<unsigned char>(rating)));
            ASSERT_TRUE(mp4.save());
        }
        EXPECT_EQ(has_advisory(read_tags(file)->genre), wanted) << rating;
    }
}

TEST(AdvisoryOfARow, StaysWithTheGenreThatWasHeardAndWithOneThatIsPutRight) {
    flow::TrackProfile profile;
    profile.tags.genre = with_advisory("");
    profile.genre_probabilities = {{"metal", .7}, {"folk", .3}};
    EXPECT_EQ(make_row(profile).genre, "metal, explicit");
    ASSERT_TRUE(apply_edit(profile, "genre", "Doom"));
    EXPECT_EQ(profile.tags.genre, "Doom, explicit");
    EXPECT_EQ(with_advisory("Doom, explicit"), "Doom, explicit");
}

}  // namespace
}  // namespace attune::library
