// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/encoder.hpp"

#include <gtest/gtest.h>

#include "media/pcm_reader.hpp"
#include "support/audio_files.hpp"

namespace attune::media {
namespace {

TEST(AudioWriter, WhatIsWrittenIsReadBackTo24Bits) {
    test::TempDir dir;
    const auto x = test::sine(440, 48000, 0, 50001);
    for (const char* name : {"a.flac", "a.wav"}) {
        auto w = AudioWriter::create(dir.file(name), 48000, 2, {{"TITLE", "A sine"}});
        ASSERT_TRUE(w) << w.error().describe();
        for (std::size_t at = 0; at < x.size(); at += 1000) {
            const auto part = std::span(x).subspan(at, std::min<std::size_t>(1000, x.size() - at));
            ASSERT_TRUE((*w)->write(part, part));
        }
        EXPECT_FALSE(std::filesystem::exists(dir.file(name)));
        ASSERT_TRUE((*w)->finish());
        const auto pcm = decode_all(dir.file(name), 48000, 2);
        ASSERT_TRUE(pcm) << pcm.error().describe();
        ASSERT_EQ(pcm->samples.size(), 2 * x.size());
        for (std::size_t k = 0; k < x.size(); ++k) ASSERT_NEAR(pcm->samples[2 * k], x[k], 1.3e-7);
    }
}

TEST(AudioWriter, LeavesNothingWithoutFinishAndRefusesOtherKinds) {
    test::TempDir dir;
    {
        auto w = AudioWriter::create(dir.file("a.flac"), 48000, 2);
        ASSERT_TRUE(w);
    }
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
    EXPECT_EQ(AudioWriter::create(dir.file("a.mp3"), 48000, 2).error().code,
              ErrorCode::kBadArgument);
    EXPECT_EQ(AudioWriter::create(dir.file("a.wav"), 10, 2).error().code, ErrorCode::kBadArgument);
    EXPECT_FALSE(AudioWriter::create("/nonexistent/a.wav", 48000, 2));
}

TEST(OpusPacketizer, MakesAPacketOutOfEvery20Milliseconds) {
    auto o = OpusPacketizer::create();
    ASSERT_TRUE(o);
    std::vector<float> block(2 * OpusPacketizer::kFrames, 0.1F);
    EXPECT_GT((*o)->encode(block).size(), 2U);
    EXPECT_GT((*o)->pre_skip(), 0);
    EXPECT_TRUE((*o)->encode(std::span(block).first(10)).empty());
    EXPECT_EQ(OpusPacketizer::create(1).error().code, ErrorCode::kBadArgument);
}

}  // namespace
}  // namespace attune::media
