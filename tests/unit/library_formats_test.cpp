// SPDX-License-Identifier: GPL-3.0-or-later
// One piece in every format: what a scan says of its level beside ffmpeg's ebur128, and files that are no music.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "library/describe_track.hpp"
#include "support/audio_files.hpp"

namespace attune::library {
namespace {

using test::encode;
using test::TempDir;

struct Level {
    double lufs = 0.0, peak_dbtp = 0.0;
};

/// Integrated loudness and true peak as `ffmpeg -af ebur128=peak=true` prints them (to 0.1).
Level by_ffmpeg(const std::string& file) {
    const std::string command = "ffmpeg -nostdin -hide_banner -i '" + file + "' -af ebur128=peak=true -f null - 2>&1";
    Level level{std::nan(""), std::nan("")};
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return level;
    std::array<char, 512> line{};
    bool summary = false;
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
        const std::string text(line.data());
        summary = summary || text.find("Summary:") != std::string::npos;
        if (!summary) continue;
        static_cast<void>(std::sscanf(text.c_str(), " I: %lf", &level.lufs));
        static_cast<void>(std::sscanf(text.c_str(), " Peak: %lf", &level.peak_dbtp));
    }
    ::pclose(pipe);
    return level;
}

/// Twelve seconds of chords that swell, with steps near full scale between the samples.
std::vector<float> music(int rate) {
    std::vector<float> x(static_cast<std::size_t>(12 * rate));
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / rate, beat = std::fmod(t, 0.5), swell = 0.25 + 0.06 * t;
        double v = 0.0;
        for (const double hz : {196.0, 246.9, 293.7, 4703.0, 9871.0}) v += std::sin(2.0 * std::numbers::pi * hz * t + hz);
        x[i] = static_cast<float>(0.24 * swell * v * std::exp(-3.0 * beat));
    }
    return x;
}

class LevelOfFormat : public testing::TestWithParam<const char*> {};

TEST_P(LevelOfFormat, EqualsFfmpegsEbur128) {
    TempDir dir;
    const std::string file = dir.file(GetParam());
    const int rate = file.ends_with("high.flac") ? 96000 : 44100;
    test::write_wav(dir.file("in.wav"), music(rate), rate, 0.7F);
    if (!file.ends_with("in.wav")) {
        ASSERT_TRUE(encode(dir.file("in.wav"), file)) << file;
    }
    const Level theirs = by_ffmpeg(file);
    ASSERT_FALSE(std::isnan(theirs.lufs) || std::isnan(theirs.peak_dbtp)) << "ffmpeg says nothing of " << file;
    const auto ours = describe_track(file, TrackModels(), nullptr);
    ASSERT_TRUE(ours) << ours.error().describe();
    EXPECT_NEAR(ours->profile.loudness_lufs->value, theirs.lufs, 0.1);
    EXPECT_NEAR(ours->profile.true_peak_dbtp->value, theirs.peak_dbtp, 0.2);
}

INSTANTIATE_TEST_SUITE_P(Every, LevelOfFormat,
                         testing::Values("a.mp3", "a.flac", "high.flac", "a.ogg", "a.opus", "a.m4a", "a.alac.m4a", "in.wav", "a.aiff", "a.wv"),
                         [](const auto& info) {
                             std::string name = info.param;
                             for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                             return name;
                         });

class LevelOfChannels : public testing::TestWithParam<int> {};

/// WAV, FLAC or what the name asks for, with each channel at its own level and pitch of swell.
std::string with_channels(const TempDir& dir, int channels) {
    test::write_wav(dir.file("in.wav"), music(48000), 48000, 0.7F);
    std::string pan = channels == 1 ? "mono|c0=c0" : channels == 6 ? "5.1|" : channels == 8 ? "7.1|" : "quad|";
    for (int c = 0; channels > 1 && c < channels; ++c)
        pan += (c > 0 ? "|c" : "c") + std::to_string(c) + "=" + std::to_string(0.9 - 0.11 * c) + "*c" + std::to_string(c % 2);
    const std::string out = dir.file("channels.flac");
    const std::string command = "ffmpeg -nostdin -v error -y -i '" + dir.file("in.wav") + "' -af 'pan=" + pan + "' '" + out + "'";
    return std::system(command.c_str()) == 0 ? out : std::string();
}

TEST_P(LevelOfChannels, AsStoredEqualsFfmpegsEbur128) {
    TempDir dir;
    const std::string file = with_channels(dir, GetParam());
    ASSERT_FALSE(file.empty());
    const Level theirs = by_ffmpeg(file);
    ASSERT_FALSE(std::isnan(theirs.lufs) || std::isnan(theirs.peak_dbtp));
    const auto ours = describe_track(file, TrackModels(), nullptr);
    ASSERT_TRUE(ours) << ours.error().describe();
    EXPECT_EQ(ours->profile.channels, GetParam());
    EXPECT_NEAR(ours->profile.loudness_lufs->value, theirs.lufs, 0.1);
    EXPECT_NEAR(ours->profile.true_peak_dbtp->value, theirs.peak_dbtp, 0.2);
}

INSTANTIATE_TEST_SUITE_P(Every, LevelOfChannels, testing::Values(1, 4, 6, 8));

TEST(PlayedLevel, MonoIsThreeLouderOnTwoSpeakersAndStereoIsWhatItIs) {
    TempDir dir;
    const auto mono = describe_track(with_channels(dir, 1), TrackModels(), nullptr);
    ASSERT_TRUE(mono);
    EXPECT_NEAR(*mono->profile.played_lufs() - mono->profile.loudness_lufs->value, 3.01, 0.02);
    EXPECT_DOUBLE_EQ(*mono->profile.played_peak_dbtp(), mono->profile.true_peak_dbtp->value);
    const auto stereo = describe_track(dir.file("in.wav"), TrackModels(), nullptr);
    ASSERT_TRUE(stereo);
    EXPECT_DOUBLE_EQ(*stereo->profile.played_lufs(), stereo->profile.loudness_lufs->value);
}

TEST(OddFiles, AFileIsReadByWhatItHoldsNotByItsName) {
    TempDir dir;
    test::write_wav(dir.file("in.wav"), music(44100), 44100);
    ASSERT_TRUE(encode(dir.file("in.wav"), dir.file("a.flac")));
    std::filesystem::rename(dir.file("a.flac"), dir.file("called.mp3"));
    const auto track = describe_track(dir.file("called.mp3"), TrackModels(), nullptr);
    ASSERT_TRUE(track) << track.error().describe();
    EXPECT_NEAR(track->profile.duration_s, 12.0, 0.01);
}

TEST(OddFiles, AProtectedFileIsRefusedAsSuch) {
    TempDir dir;
    test::write_wav(dir.file("in.wav"), music(44100), 44100);
    ASSERT_TRUE(encode(dir.file("in.wav"), dir.file("a.m4a")));
    std::ifstream in(dir.file("a.m4a"), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto entry = bytes.find("mp4a", bytes.find("stsd"));  // the sample entry: what the shop's files call drms
    ASSERT_NE(entry, std::string::npos);
    bytes.replace(entry, 4, "drms");
    std::ofstream(dir.file("b.m4a"), std::ios::binary) << bytes;
    const auto track = describe_track(dir.file("b.m4a"), TrackModels(), nullptr);
    ASSERT_FALSE(track);
    EXPECT_EQ(track.error().code, ErrorCode::kUnsupported) << track.error().describe();
    EXPECT_NE(track.error().message.find("DRM"), std::string::npos) << track.error().describe();
}

TEST(OddFiles, ASoundOfNoLengthIsAnErrorThatSaysSo) {
    TempDir dir;
    test::write_wav(dir.file("none.wav"), {}, 44100);
    const auto track = describe_track(dir.file("none.wav"), TrackModels(), nullptr);
    ASSERT_FALSE(track);
    EXPECT_EQ(track.error().code, ErrorCode::kCorrupt) << track.error().describe();
}

TEST(OddFiles, ACancelledFileIsLeftAtOnce) {
    TempDir dir;
    test::write_wav(dir.file("in.wav"), music(44100), 44100);
    core::CancelToken cancel;
    cancel.cancel();
    const auto track = describe_track(dir.file("in.wav"), TrackModels(), &cancel);
    ASSERT_FALSE(track);
    EXPECT_EQ(track.error().code, ErrorCode::kCancelled) << track.error().describe();
}

}  // namespace
}  // namespace attune::library
