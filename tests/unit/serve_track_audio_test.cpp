// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/track_audio.hpp"

#include <gtest/gtest.h>

namespace attune::serve {
namespace {

TEST(BrowserType, GivesAFileAsItIsOnlyWhereEveryBrowserPlaysIt) {
    EXPECT_EQ(browser_type("mp3", "mp3"), "audio/mpeg");
    EXPECT_EQ(browser_type("flac", "flac"), "audio/flac");
    EXPECT_EQ(browser_type("ogg", "opus"), "audio/ogg");
    EXPECT_EQ(browser_type("ogg", "vorbis"), "audio/ogg");
    EXPECT_EQ(browser_type("mov,mp4,m4a,3gp,3g2,mj2", "aac"), "audio/mp4");
    EXPECT_EQ(browser_type("wav", "pcm_s16le"), "audio/wav");
}

TEST(BrowserType, LeavesTheRestToOurDecoder) {
    EXPECT_EQ(browser_type("mov,mp4,m4a,3gp,3g2,mj2", "alac"), "");
    EXPECT_EQ(browser_type("aiff", "pcm_s16be"), "");
    EXPECT_EQ(browser_type("wv", "wavpack"), "");
    EXPECT_EQ(browser_type("asf", "wmav2"), "");
    EXPECT_EQ(browser_type("wav", "adpcm_ms"), "");
}

TEST(TrackAudio, SaysThatASimulatedTrackHasNoSoundAndThatAFileIsGone) {
    TrackAudio audio(testing::TempDir());
    flow::TrackProfile track;
    track.simulated = true;
    EXPECT_EQ(audio.playable(track).error().code, ErrorCode::kUnsupported);
    track.simulated = false;
    track.path = testing::TempDir() + "/attune_no_such_file.mp3";
    const auto gone = audio.playable(track);
    EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
    EXPECT_NE(gone.error().message.find("scan the library again"), std::string::npos);
}

}  // namespace
}  // namespace attune::serve
