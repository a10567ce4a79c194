// SPDX-License-Identifier: GPL-3.0-or-later
// A sine split across two files of each format is one sine again.
#include <gtest/gtest.h>

#include "support/play_offline.hpp"

namespace attune::play {
namespace {

using test::TempDir;

struct Case {
    const char* ending;
    int rate;
    bool lossless;
};

class Gapless : public testing::TestWithParam<Case> {};

constexpr double kHz = 997.0;
constexpr std::int64_t kFirst = 154351, kSecond = 100003;

/// What the decoder alone gives for both files, brought to 48 kHz as one stream.
std::vector<float> reference(const std::string& a, const std::string& b, int rate) {
    auto filter = media::Resampler::create(rate, 48000, 1 << 20);
    for (const auto& path : {a, b}) {
        auto d = media::Decoder::open(path);
        std::vector<float> l(400000), r(400000);
        const std::size_t n = (*d)->read(l, r).value();
        EXPECT_EQ(filter->push(std::span(l).first(n), std::span(r).first(n)), n);
    }
    filter->flush();
    std::vector<float> l(600000), r(600000);
    l.resize(filter->pull(l, r));
    return l;
}

/// Largest error of the codec around frame `at` of 48 kHz where the sine was never split.
double one_file_residual(const TempDir& dir, const Case& c, std::size_t at) {
    const std::string whole = dir.file(std::string("whole.") + c.ending);
    test::write_wav(dir.file("whole-in.wav"), test::sine(kHz, c.rate, 0, kFirst + kSecond, .25), c.rate);
    if (!test::encode(dir.file("whole-in.wav"), whole)) return 0.0;
    const auto pcm = media::decode_all(whole, 48000, 2);
    if (!pcm) return 0.0;
    std::vector<float> left;
    for (std::size_t k = 0; k + 1 < pcm->samples.size(); k += 2) left.push_back(pcm->samples[k]);
    return test::fit_sine(left, at - 2400, 4800, kHz).residual_peak;
}

TEST_P(Gapless, OneSineAcrossTwoFiles) {
    const Case c = GetParam();
    TempDir dir;
    test::write_wav(dir.file("1.wav"), test::sine(kHz, c.rate, 0, kFirst, .25), c.rate);
    test::write_wav(dir.file("2.wav"), test::sine(kHz, c.rate, kFirst, kSecond, .25), c.rate);
    const std::string a = dir.file(std::string("a.") + c.ending),
                      b = dir.file(std::string("b.") + c.ending);
    ASSERT_TRUE(test::encode(dir.file("1.wav"), a) && test::encode(dir.file("2.wav"), b));
    const int rate = media::probe(a)->rate_hz;  // Opus is always at 48 kHz
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 0, rate, 0.0, a));  // length unknown: the reader finds it
    items.push_back(test::track(2, 0, rate, 0.0, b));
    items.push_back(test::silence(3, 3.0));
    PlayerConfig config;
    config.engine.timeline.bed_when_empty = false;
    const auto out = test::run_offline(std::move(items), 9.0, {}, config);

    // Length: N source samples give round(N * 48000 / rate) +- 1 frames.
    ASSERT_GE(out.news.joins.size(), 3U);
    const auto& join = out.news.joins[1];
    EXPECT_EQ(join.kind, JoinKind::kGapless);
    const double total = static_cast<double>(kFirst + kSecond) * 48000.0 / c.rate;
    EXPECT_NEAR(static_cast<double>(out.news.joins[2].frame.value), total,
                1.0 + (rate != c.rate ? 1.0 : 0.0));

    // The engine adds nothing to what the decoder gives: sample by sample from the fade-in on.
    const auto ref = reference(a, b, rate);
    double worst = 0;
    for (std::size_t k = 96001; k + 1 < std::min(ref.size(), out.left.size()); ++k)
        worst = std::max(worst,
                         std::abs(static_cast<double>(out.left[k]) - static_cast<double>(ref[k])));
    EXPECT_LE(test::db(worst), -100.0);

    // The sine goes on: same phase on both sides, and for lossless files nothing at the join.
    const auto at = static_cast<std::size_t>(join.frame.value);
    const auto before = test::fit_sine(out.left, at - 12000, 9600, kHz),
               after = test::fit_sine(out.left, at + 2400, 9600, kHz);
    const double samples = std::remainder(after.phase - before.phase, 2 * std::numbers::pi) /
                           (2 * std::numbers::pi * kHz / 48000);
    EXPECT_LE(std::abs(samples), c.lossless ? .01 : 1.0);
    const auto over = test::fit_sine(out.left, at - 2400, 4800, kHz);
    RecordProperty("join_residual_db", std::to_string(test::db(over.residual_peak)));
    // A lossy codec has an error of its own, at the ends of a file more than within: it is what the decoder
    // alone gives for the two files against the sine that was encoded, and it is known sample by sample.
    // What is left when it is taken away is the join's.
    double added = 0.0, own = 0.0;
    for (std::size_t k = at - 2400; k < at + 2400; ++k) {
        const double wanted = over.amplitude * std::sin(2.0 * std::numbers::pi * kHz / 48000.0 * static_cast<double>(k) + over.phase);
        const double codec = static_cast<double>(ref[k]) - wanted, heard = static_cast<double>(out.left[k]) - wanted;
        added = std::max(added, std::abs(heard - codec));
        own = std::max(own, std::abs(codec));
    }
    RecordProperty("codec_own_db", std::to_string(test::db(own)));
    RecordProperty("join_added_db", std::to_string(test::db(added)));
    EXPECT_LE(test::db(added), -80.0);
    EXPECT_LE(test::db(over.residual_peak), c.lossless ? -80.0 : std::max(-80.0, test::db(own) + .1));
    // And the same sine in one file: how much of it is the codec's even where nothing is split.
    RecordProperty("codec_one_file_db", std::to_string(test::db(one_file_residual(dir, c, static_cast<std::size_t>(at)))));
}

INSTANTIATE_TEST_SUITE_P(All, Gapless,
                         testing::Values(Case{"flac", 44100, true}, Case{"flac", 48000, true},
                                         Case{"wav", 44100, true}, Case{"alac.m4a", 44100, true},
                                         Case{"wv", 44100, true}, Case{"ogg", 44100, false},
                                         Case{"opus", 48000, false}, Case{"opus", 44100, false},
                                         Case{"mp3", 44100, false}, Case{"mp3", 48000, false},
                                         Case{"m4a", 44100, false}, Case{"m4a", 48000, false}),
                         [](const auto& info) {
                             std::string s = std::string(info.param.ending) + "_" +
                                             std::to_string(info.param.rate);
                             for (auto& ch : s)
                                 if (ch == '.') ch = '_';
                             return s;
                         });

TEST(Gapless, DifferentRatesJoinWithoutAHole) {
    TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(400, 44100, 0, 44100 * 4, .25), 44100);
    test::write_wav(dir.file("b.wav"), test::sine(400, 48000, 0, 48000 * 3, .25), 48000);
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 0, 44100, 0.0, dir.file("a.wav")));
    items.push_back(test::track(2, 0, 48000, 0.0, dir.file("b.wav")));
    items.push_back(test::silence(3, 15.0));
    const auto out = test::run_offline(std::move(items), 6.5);
    ASSERT_GE(out.news.joins.size(), 2U);
    EXPECT_EQ(out.news.joins[1].frame.value, 48000 * 4);
    EXPECT_LE(test::db(test::fit_sine(out.left, 48000 * 4 + 480, 4800, 400).residual_peak), -100.0);
    EXPECT_LE(test::db(test::fit_sine(out.left, 48000 * 4 - 5280, 4800, 400).residual_peak), -60.0);
}

TEST(Gapless, SeekAndPauseAreExact) {
    TempDir dir;
    std::vector<float> ramp(48000 * 20);
    for (std::size_t k = 0; k < ramp.size(); ++k)
        ramp[k] = static_cast<float>(k) / 2e6F;  // every sample tells its place
    test::write_wav(dir.file("a.wav"), ramp, 48000);
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 0, 48000, 0.0, dir.file("a.wav")));
    items.push_back(test::silence(3, 30.0));
    const auto out = test::run_offline(std::move(items), 8.0,
                                       {{ControlKind::kSeek, 12.0, 0, 48000 * 3},
                                        {ControlKind::kPause, 0, 0, 48000 * 5},
                                        {ControlKind::kResume, 0, 0, 48000 * 6}});
    const auto place = [&](std::size_t frame) {
        return static_cast<double>(out.left[frame]) * 2e6;
    };
    EXPECT_NEAR(place(48000 * 3), 48000 * 3, 1.0);
    EXPECT_NEAR(place(48000 * 4), 48000 * 12 + 36000,
                1.0);  // the seek took place 250 ms after it was asked
    EXPECT_EQ(out.left[static_cast<std::size_t>(48000 * 5.5)], 0.0F);
    // Paused after a fade of 20 ms, resumed one knot later: nothing is lost or doubled.
    EXPECT_NEAR(place(48000 * 7), 48000 * 12 + 36000 + 48000 + 960 + 48000, 241.0);
}

// A rendering waits for its decoders, also when every one of them is still closing what was skipped.
TEST(Offline, SkipsInAHurryJoinAtTheSameFramesWithAndWithoutSamples) {
    TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(400, 48000, 0, 48000 * 12, .25), 48000);
    const auto joins = [&](RunMode mode) {
        std::vector<std::unique_ptr<Item>> items;
        for (int n = 1; n <= 20; ++n) items.push_back(test::track(n, 48000 * 12, 48000, 0.0, dir.file("a.wav")));
        std::vector<Control> skips;
        for (std::int64_t n = 1; n <= 16; ++n) skips.push_back({ControlKind::kSkip, 0, 0, 48000 + n * 12000});
        const auto out = test::run_offline(std::move(items), 8.0, skips, {}, mode);
        std::vector<std::int64_t> frames;
        for (const Join& join : out.news.joins) frames.push_back(join.frame.value);
        for (const Event& event : out.news.events) EXPECT_NE(event.kind, EventKind::kBedStarted);
        return frames;
    };
    const auto timeline = joins(RunMode::kTimeline);
    EXPECT_GE(timeline.size(), 16U);
    EXPECT_EQ(joins(RunMode::kOffline), timeline);
}

TEST(Offline, ASkipToAQueueThatCameWithItWaitsForItsDecoder) {
    TempDir dir;
    test::write_wav(dir.file("a.wav"), test::sine(400, 48000, 0, 48000 * 12, .25), 48000);
    const auto heard = [&](RunMode mode) {
        core::SimulatedClock clock;
        PlayerConfig config;
        config.mode = mode;
        auto player = *Player::create(config, clock);
        const auto queue = [&](int from) {
            std::vector<std::unique_ptr<Item>> items;
            for (int n = from; n < from + 4; ++n) items.push_back(test::track(n, 48000 * 12, 48000, 0.0, dir.file("a.wav")));
            EXPECT_TRUE(player->replace_queue(std::move(items)));
        };
        std::vector<std::pair<std::int64_t, bool>> news;
        queue(1);
        for (int second = 1; second <= 12; ++second) {
            EXPECT_TRUE(player->advance_to(Time{} + seconds(second)));
            const News now = player->poll();
            for (const auto& h : now.heard) news.emplace_back(h.frame.value, h.playing && !h.bed);
            for (const Event& event : now.events) EXPECT_NE(event.kind, EventKind::kBedStarted) << second;
            if (second % 3 != 0) continue;
            queue(10 * second);
            player->control({ControlKind::kSkip, 0.0, 0.0, -1});
        }
        return news;
    };
    EXPECT_EQ(heard(RunMode::kOffline), heard(RunMode::kTimeline));
}

}  // namespace
}  // namespace attune::play
