// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/video.hpp"

#include <gtest/gtest.h>

#include "support/audio_files.hpp"

namespace attune::media {
namespace {

bool ffmpeg(const std::string& arguments) {
    return std::system(("ffmpeg -nostdin -y " + arguments + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(Video, GivesEveryFrameWithItsTimeAndColour) {
    test::TempDir dir;
    const std::string f = dir.file("red.mp4");
    ASSERT_TRUE(ffmpeg("-f lavfi -i color=red:s=160x120:r=10:d=2 -c:v mpeg4 -q:v 2 '" + f + "'"));
    auto v = VideoReader::open(f);
    ASSERT_TRUE(v) << v.error().describe();
    EXPECT_EQ((*v)->info().width, 160);
    int n = 0;
    for (;; ++n) {
        auto p = (*v)->next();
        ASSERT_TRUE(p);
        if (!*p) break;
        EXPECT_NEAR((*p)->t_s, n * .1, 1e-6);
        EXPECT_GT((*p)->rgb[0], 240);
        EXPECT_LT((*p)->rgb[1], 20);
        EXPECT_NEAR(to_grey(**p)[0], 76, 6);
    }
    EXPECT_EQ(n, 20);
}

TEST(Video, ScalesDownAndReadsStills) {
    test::TempDir dir;
    ASSERT_TRUE(
        ffmpeg("-f lavfi -i color=blue:s=320x200:d=1 -frames:v 1 '" + dir.file("a.png") + "'"));
    VideoOptions options;
    options.max_width = 80;
    auto v = VideoReader::open(dir.file("a.png"), options);
    ASSERT_TRUE(v) << v.error().describe();
    auto p = (*v)->next();
    ASSERT_TRUE(p && *p);
    EXPECT_EQ((*p)->width, 80);
    EXPECT_EQ((*p)->height, 50);
    EXPECT_GT((*p)->rgb[2], 240);
}

TEST(Video, SaysWhyThereAreNoPictures) {
    EXPECT_EQ(VideoReader::open("/nonexistent.mp4").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(VideoReader::open("camera:250").error().code, ErrorCode::kNotFound);
    test::TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(440, 8000, 0, 8000), 8000);
    EXPECT_EQ(VideoReader::open(dir.file("a.wav")).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(decode_picture({1, 2, 3}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace attune::media
