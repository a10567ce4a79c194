// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include "media/content_key.hpp"
#include "media/pcm_reader.hpp"
#include "support/audio_files.hpp"

namespace attune::media {
namespace {

using test::encode;
using test::TempDir;

struct Case {
    const char* file;
    int rate;
    double tolerance;  ///< of a full-scale-half sine, lossy codecs ring at the edges
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
    std::string s = std::string(info.param.file) + "_" + std::to_string(info.param.rate);
    for (auto& c : s)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return s;
}

class Formats : public testing::TestWithParam<Case> {
protected:
    static constexpr std::int64_t kSeconds = 3;
    void SetUp() override {
        frames_ = kSeconds * GetParam().rate + 1234;
        path_ = dir_.file(GetParam().file);
        test::write_wav(dir_.file("in.wav"),
                        test::sine(997, GetParam().rate, 0, static_cast<std::size_t>(frames_)),
                        GetParam().rate);
        ASSERT_TRUE(encode(dir_.file("in.wav"), path_)) << path_;
        auto d = Decoder::open(path_);
        ASSERT_TRUE(d) << d.error().describe();
        decoder_ = *std::move(d);
        left_.resize(static_cast<std::size_t>(6 * 48000));
        right_.resize(left_.size());
        const auto n = decoder_->read(left_, right_);
        ASSERT_TRUE(n);
        left_.resize(*n);
    }
    TempDir dir_;
    std::string path_;
    std::int64_t frames_ = 0;
    std::unique_ptr<Decoder> decoder_;
    std::vector<float> left_, right_;
};

TEST_P(Formats, GiveTheSineBackInPlaceAndInFullLength) {
    const auto& info = decoder_->info();
    const double expected = static_cast<double>(frames_) * info.rate_hz / GetParam().rate;
    EXPECT_NEAR(static_cast<double>(left_.size()), expected, 1.0);
    ASSERT_TRUE(info.frames.has_value());
    EXPECT_EQ(*info.frames, static_cast<std::int64_t>(left_.size()));
    const auto reference = test::sine(997, info.rate_hz, 0, left_.size());
    double worst = 0;
    for (std::size_t k = 0; k < left_.size(); ++k)
        worst = std::max(
            worst, std::abs(static_cast<double>(left_[k]) - static_cast<double>(reference[k])));
    EXPECT_LE(worst, GetParam().tolerance);
    EXPECT_FALSE(decoder_->ended_early());
}

TEST_P(Formats, SeekToTheExactFrame) {
    for (const std::int64_t target : {70001, 12, 100000, 300, 48123, 0}) {
        ASSERT_TRUE(decoder_->seek(target));
        EXPECT_EQ(decoder_->position(), target);
        std::vector<float> l(4000), r(4000);
        ASSERT_EQ(decoder_->read(l, r).value(), l.size());
        double worst = 0;
        for (std::size_t k = 0; k < l.size(); ++k)
            worst = std::max(worst, static_cast<double>(std::abs(
                                        l[k] - left_[static_cast<std::size_t>(target) + k])));
        EXPECT_LE(worst, GetParam().tolerance * .1) << "after a seek to " << target;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         testing::Values(Case{"a.wav", 44100, 1e-4}, Case{"a.flac", 44100, 1e-4},
                                         Case{"a.mp3", 44100, .05}, Case{"a.mp3", 48000, .05},
                                         Case{"a.ogg", 44100, .03}, Case{"a.opus", 48000, .03},
                                         Case{"a.opus", 44100, .03}, Case{"a.m4a", 44100, .1},
                                         Case{"a.m4a", 48000, .1}, Case{"a.alac.m4a", 44100, 1e-4},
                                         Case{"a.wv", 44100, 1e-4}, Case{"a.aiff", 44100, 1e-4}),
                         name_of);

TEST(Decoder, SaysWhyAFileCannotBePlayed) {
    TempDir dir;
    EXPECT_EQ(Decoder::open(dir.file("none.mp3")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Decoder::open(dir.path().string()).error().code, ErrorCode::kBadArgument);
    std::ofstream(dir.file("empty.mp3"));
    EXPECT_EQ(Decoder::open(dir.file("empty.mp3")).error().code, ErrorCode::kCorrupt);
    std::ofstream(dir.file("text.flac")) << std::string(5000, 'x');
    EXPECT_EQ(Decoder::open(dir.file("text.flac")).error().code, ErrorCode::kUnsupported);
    std::ofstream(dir.file("list.m3u8"))
        << "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1/x.ts\n";
    EXPECT_FALSE(Decoder::open(dir.file("list.m3u8")));
}

TEST(Decoder, ATruncatedFileGivesWhatIsThereAndSaysSo) {
    TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(440, 44100, 0, 88200), 44100);
    ASSERT_TRUE(encode(dir.file("a.wav"), dir.file("a.flac")));
    std::filesystem::resize_file(dir.file("a.flac"),
                                 std::filesystem::file_size(dir.file("a.flac")) / 2);
    auto d = Decoder::open(dir.file("a.flac"));
    ASSERT_TRUE(d) << d.error().describe();
    std::vector<float> l(100000), r(100000);
    std::size_t total = 0;
    for (;;) {
        const auto n = (*d)->read(l, r);
        if (!n || *n == 0) break;
        total += *n;
    }
    EXPECT_GT(total, 20000U);
    EXPECT_LT(total, 80000U);
    EXPECT_TRUE((*d)->ended_early());
}

TEST(Decoder, AStalledPipeEndsWithTheDeadlineOrTheToken) {
    TempDir dir;
    ASSERT_EQ(::mkfifo(dir.file("pipe.flac").c_str(), 0600), 0);
    DecoderOptions options;
    options.wait_s = .1;
    EXPECT_EQ(Decoder::open(dir.file("pipe.flac"), options).error().code, ErrorCode::kTimeout);
    core::CancelToken token;
    token.cancel();
    EXPECT_EQ(Decoder::open(dir.file("pipe.flac"), {&token, 0.0}).error().code,
              ErrorCode::kCancelled);
}

TEST(ContentKey, IsOfTheSoundAloneNotOfTagsOrPlace) {
    TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(440, 44100, 0, 88200), 44100);
    for (const std::string ending : {"flac", "mp3", "ogg", "opus", "m4a"}) {
        ASSERT_TRUE(encode(dir.file("a.wav"), dir.file("a." + ending)));
        const std::string tagged = dir.file("b." + ending);
        const std::string cmd = "ffmpeg -nostdin -y -i '" + dir.file("a." + ending) +
                                "' -c copy -map_metadata -1 -metadata title=Other '" + tagged +
                                "' >/dev/null 2>&1";
        ASSERT_EQ(std::system(cmd.c_str()), 0);
        const auto one = content_key(dir.file("a." + ending));
        const auto two = content_key(tagged);
        ASSERT_TRUE(one && two);
        EXPECT_EQ(one->hex(), two->hex()) << ending;
    }
    test::write_wav(dir.file("c.wav"), test::sine(441, 44100, 0, 88200), 44100);
    EXPECT_NE(content_key(dir.file("c.wav"))->hex(), content_key(dir.file("a.wav"))->hex());
}

TEST(PcmReader, GivesMonoAtTheWantedRate) {
    TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(440, 44100, 0, 44100), 44100, -1.0F);
    const auto mono = decode_all(dir.file("a.wav"), 16000, 1);
    ASSERT_TRUE(mono);
    EXPECT_EQ(mono->samples.size(), 16000U);
    for (const float x : mono->samples) ASSERT_NEAR(x, 0.0, 1e-6);  // left and right cancel
    const auto stereo = decode_all(dir.file("a.wav"), 48000, 2);
    ASSERT_TRUE(stereo);
    EXPECT_EQ(stereo->samples.size(), 2U * 48000U);
    EXPECT_EQ(decode_all(dir.file("a.wav"), 48000, 3).error().code, ErrorCode::kBadArgument);
}

}  // namespace
}  // namespace attune::media
