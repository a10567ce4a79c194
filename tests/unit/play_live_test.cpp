// SPDX-License-Identifier: GPL-3.0-or-later
// The engine on its own thread, against the clock, with things going wrong.
#include <gtest/gtest.h>

#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "support/play_offline.hpp"

namespace attune::play {
namespace {

using test::TempDir;

struct Live {
    explicit Live(PlayerConfig config = {}) {
        config.mode = RunMode::kLive;
        auto p = Player::create(config, clock, make_null_sink());
        EXPECT_TRUE(p) << p.error().describe();
        player = *std::move(p);
    }
    core::SteadyClock clock;
    std::unique_ptr<Player> player;
    News news;
    void run(double seconds) {
        const Time until = clock.now() + from_seconds(seconds);
        while (clock.now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            test::append(news, player->poll());
        }
    }
    [[nodiscard]] bool has(EventKind kind) const {
        return std::any_of(news.events.begin(), news.events.end(),
                           [&](const Event& e) { return e.kind == kind; });
    }
    /// Seconds until the output is silent after stop().
    double stop_takes() {
        const Time asked = clock.now();
        player->stop();
        while (player->telemetry().callbacks > 0 && !player->silent() &&
               (clock.now() - asked).seconds() < 2.0)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return (clock.now() - asked).seconds();
    }
};

std::string sine_file(const TempDir& dir, const std::string& name, double seconds,
                      int rate = 44100) {
    test::write_wav(dir.file(name),
                    test::sine(440, rate, 0, static_cast<std::size_t>(seconds * rate), .3), rate);
    return dir.file(name);
}

TEST(Live, JoinsGainsAndTempoAreThoseOfTheFastRuns) {
    TempDir dir;
    const auto a = sine_file(dir, "a.wav", 2.0), b = sine_file(dir, "b.wav", 1.5),
               c = sine_file(dir, "c.wav", 8.0, 48000);
    const auto items = [&] {
        std::vector<std::unique_ptr<Item>> v;
        v.push_back(test::track(1, 88200, 44100, 0.0, a));
        v.push_back(test::track(2, 66150, 44100, 0.0, b));
        v.push_back(test::track(3, 48000 * 8, 48000, .5, c));
        v.push_back(test::silence(4, 20));
        return v;
    };
    const std::vector<Control> controls{{ControlKind::kTempo, 1.05, .6, 48000 * 2},
                                        {ControlKind::kSofter, -4.0, .5, 96000 + 7}};
    const auto fast = test::run_offline(items(), 5.0, controls, {}, RunMode::kTimeline);
    const auto file = test::run_offline(items(), 5.0, controls);
    Live live;
    for (auto& item : items()) ASSERT_TRUE(live.player->enqueue(std::move(item)));
    for (const auto& control : controls) live.player->control(control);
    ASSERT_TRUE(live.player->start());
    live.run(5.6);
    ASSERT_EQ(fast.news.joins.size(), 3U);
    EXPECT_EQ(file.news.joins, fast.news.joins);
    ASSERT_GE(live.news.joins.size(), 3U);
    live.news.joins.resize(3);
    EXPECT_EQ(live.news.joins, fast.news.joins);
    const auto compare = [&](const News& other) {
        std::size_t seconds_seen = 0;
        for (const auto& h : other.heard) {
            if (h.frame.value % 48000 != 0) continue;
            for (const auto& f : fast.news.heard)
                if (f.frame == h.frame) {
                    EXPECT_EQ(f.tempo_ratio, h.tempo_ratio);
                    EXPECT_EQ(f.gain_db, h.gain_db);
                    EXPECT_EQ(f.position_s, h.position_s);
                    EXPECT_EQ(f.item, h.item);
                    ++seconds_seen;
                }
        }
        EXPECT_GE(seconds_seen, 4U);
    };
    compare(file.news);
    compare(live.news);
#ifndef __SANITIZE_THREAD__  // ten times slower: the engine may come too late there
    EXPECT_EQ(live.player->telemetry().underruns, 0U);
#endif
}

TEST(Live, HeardComesWhenItIsHeard) {
    TempDir dir;
    Live live;
    ASSERT_TRUE(live.player->enqueue(test::track(1, 0, 44100, 0.0, sine_file(dir, "a.wav", 10))));
    ASSERT_TRUE(live.player->start());
    live.run(2.5);
    ASSERT_GE(live.news.heard.size(), 2U);
    for (const auto& h : live.news.heard) EXPECT_LE(h.t, live.clock.now());
    const auto& last = live.news.heard.back();
    EXPECT_NEAR((last.t - live.news.heard[1].t).seconds(),
                static_cast<double>(last.frame.value - live.news.heard[1].frame.value) / 48000,
                .03);
}

TEST(Live, StopIsSilentWithinHalfASecond) {
    TempDir dir;
    Live live;
    ASSERT_TRUE(live.player->enqueue(test::track(1, 0, 44100, 0.0, sine_file(dir, "a.wav", 20))));
    ASSERT_TRUE(live.player->start());
    live.run(2.5);
    EXPECT_FALSE(live.player->silent());
    const double took = live.stop_takes();
    RecordProperty("stop_s", std::to_string(took));
    EXPECT_LE(took, .5);
}

TEST(Live, StopWorksWhileADecoderHangsOnAPipe) {
    TempDir dir;
    ASSERT_EQ(::mkfifo(dir.file("pipe.flac").c_str(), 0600), 0);
    Live live;
    ASSERT_TRUE(
        live.player->enqueue(test::track(1, 44100 * 60, 44100, 0.0, dir.file("pipe.flac"))));
    ASSERT_TRUE(live.player->start());
    live.run(3.5);
    EXPECT_TRUE(live.has(EventKind::kBedStarted));  // the bed plays, and says so
    EXPECT_FALSE(live.player->silent());
    EXPECT_LE(live.stop_takes(), .5);
}

TEST(Live, BadFilesAreLeftOutAndTheMusicGoesOn) {
    TempDir dir;
    std::ofstream(dir.file("bad.flac")) << std::string(4000, 'q');
    std::ofstream(dir.file("empty.mp3"));
    const auto good = sine_file(dir, "good.wav", 20);
    Live live;
    int n = 1;
    for (const auto& path :
         {dir.file("bad.flac"), dir.file("none.mp3"), dir.file("empty.mp3"), good})
        ASSERT_TRUE(live.player->enqueue(test::track(n++, 44100 * 20, 44100, 0.0, path)));
    ASSERT_TRUE(live.player->start());
    live.run(3.0);
    const auto failed =
        std::count_if(live.news.events.begin(), live.news.events.end(),
                      [](const Event& e) { return e.kind == EventKind::kItemFailed; });
    EXPECT_EQ(failed, 3);
    ASSERT_FALSE(live.news.heard.empty());
    EXPECT_EQ(live.news.heard.back().item, test::id_of(4));
    EXPECT_TRUE(live.news.heard.back().playing);
    EXPECT_GT(live.news.heard.back().lufs_momentary, -30.0);
}

/// A live source that breaks after a second.
class NanSource final : public flow::AudioSource {
public:
    Result<void> prepare(int) override { return {}; }
    std::size_t process(std::span<float> l, std::span<float> r) noexcept override {
        for (std::size_t k = 0; k < l.size(); ++k) l[k] = r[k] = ++n_ > 48000 ? std::nanf("") : .1F;
        return l.size();
    }
    bool finished() const noexcept override { return false; }
    FrameCount latency() const noexcept override { return {}; }

private:
    int n_ = 0;
};

TEST(Live, NanFromASourceNeverReachesTheEars) {
    auto item = std::make_unique<Item>();
    item->plan.id = test::id_of(1);
    item->plan.kind = flow::ItemKind::kCompose;
    item->plan.out_s = 30;
    item->source = std::make_unique<NanSource>();
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(std::move(item));
    const auto out = test::run_offline(std::move(items), 5.0);
    bool told = false;
    for (const auto& e : out.news.events) told = told || e.kind == EventKind::kNanFromSource;
    EXPECT_TRUE(told);
    for (const float x : out.left) ASSERT_TRUE(std::isfinite(x));
    EXPECT_TRUE(out.news.heard.back().bed);
}

TEST(Live, ATruncatedFileFadesOutAndTheNextItemFollows) {
    TempDir dir;
    sine_file(dir, "a.wav", 12);
    ASSERT_TRUE(test::encode(dir.file("a.wav"), dir.file("a.flac")));
    std::filesystem::resize_file(dir.file("a.flac"),
                                 std::filesystem::file_size(dir.file("a.flac")) / 2);
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 44100 * 12, 44100, 0.0, dir.file("a.flac")));
    items.push_back(test::track(2, 44100 * 12, 44100, 0.0, dir.file("a.wav")));
    items.push_back(test::silence(3, 30));
    const auto out = test::run_offline(std::move(items), 10.0);
    bool told = false;
    for (const auto& e : out.news.events)
        told = told || (e.kind == EventKind::kItemFailed && e.code == ErrorCode::kCorrupt);
    EXPECT_TRUE(told);
    EXPECT_EQ(out.news.heard.back().item, test::id_of(2));
    double click = 0;
    for (std::size_t k = 96000; k + 1 < out.left.size(); ++k)
        click = std::max(click, std::abs(static_cast<double>(out.left[k + 1] - out.left[k])));
    EXPECT_LT(click, .05);  // 440 Hz at .3 moves by .017 a sample
}

/// While they play, one file is deleted (what is open goes on) and the next is cut off under its reader.
TEST(Live, FilesThatVanishWhileTheyPlayAreLeftWithAReasonAndWithoutAClick) {
    TempDir dir;
    const auto a = sine_file(dir, "a.wav", 12, 48000), b = sine_file(dir, "b.wav", 60, 48000), c = sine_file(dir, "c.wav", 60, 48000);
    core::SimulatedClock clock;
    PlayerConfig config;
    config.mode = RunMode::kOffline;
    config.file = dir.file("out.wav");
    auto player = *Player::create(config, clock);
    ASSERT_TRUE(player->enqueue(test::track(1, 0, 48000, 0.0, a)));
    ASSERT_TRUE(player->enqueue(test::track(2, 0, 48000, .5, b)));
    ASSERT_TRUE(player->enqueue(test::track(3, 0, 48000, .5, c)));
    News news;
    const auto to = [&](double s) {
        ASSERT_TRUE(player->advance_to(Time{} + from_seconds(s)));
        test::append(news, player->poll());
    };
    to(3.0);
    std::filesystem::remove(a);
    to(14.0);
    EXPECT_TRUE(std::none_of(news.events.begin(), news.events.end(), [](const Event& e) { return e.kind == EventKind::kItemFailed; }));
    EXPECT_EQ(news.heard.back().item, test::id_of(2));
    std::filesystem::resize_file(b, std::filesystem::file_size(b) / 3);   // 20 s of it are left
    to(40.0);
    const auto failed = std::find_if(news.events.begin(), news.events.end(),
                                     [](const Event& e) { return e.kind == EventKind::kItemFailed; });
    ASSERT_NE(failed, news.events.end());
    EXPECT_EQ(failed->item, test::id_of(2));
    EXPECT_EQ(failed->code, ErrorCode::kCorrupt);
    EXPECT_EQ(news.heard.back().item, test::id_of(3));
    ASSERT_TRUE(player->finish());
    const auto pcm = media::decode_all(config.file, 48000, 2);
    ASSERT_TRUE(pcm);
    double click = 0;
    for (std::size_t k = 96000; k + 3 < pcm->samples.size(); k += 2)
        click = std::max(click, std::abs(static_cast<double>(pcm->samples[k + 2] - pcm->samples[k])));
    EXPECT_LT(click, .05);  // 440 Hz at .3 moves by .017 a sample, two of them in a crossfade by .025
}

/// Plays in a process of its own, which is stopped as a machine that pauses is: the engine and the sink at once.
/// What the telemetry said at the end; nothing if that process failed.
struct Paused {
    std::uint64_t underruns = 0, late_calls = 0;
    double worst_pause_ms = 0.0, ahead_ms = 0.0;
};

std::optional<Paused> played_with_pauses(int ahead_ms, int most_ahead_ms, const std::vector<int>& pauses_ms) {
    TempDir dir;
    const std::string file = sine_file(dir, "a.wav", 20);
    std::array<int, 2> told{};
    if (::pipe(told.data()) != 0) return std::nullopt;
    const pid_t child = ::fork();
    if (child == 0) {
        {
            PlayerConfig config;
            config.ahead_ms = ahead_ms;
            config.most_ahead_ms = most_ahead_ms;
            Live live(config);
            const bool fine = live.player->enqueue(test::track(1, 0, 44100, 0.0, file)) && live.player->start();
            live.run(fine ? 2.0 + static_cast<double>(pauses_ms.size()) : 0.0);
            const Telemetry t = live.player->telemetry();
            const Paused out{t.underruns, t.late_calls, t.worst_pause_ms, t.ahead_ms};
            if (fine) (void)!::write(told[1], &out, sizeof out);
        }
        ::_exit(0);
    }
    ::close(told[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(1600));   // it begins to learn a second after its first frame
    for (const int ms : pauses_ms) {
        ::kill(child, SIGSTOP);
        std::this_thread::sleep_for(std::chrono::milliseconds(ms));
        ::kill(child, SIGCONT);
        std::this_thread::sleep_for(std::chrono::milliseconds(700));
    }
    Paused out;
    const bool whole = ::read(told[0], &out, sizeof out) == sizeof out;
    ::close(told[0]);
    ::waitpid(child, nullptr, 0);
    return whole ? std::optional(out) : std::nullopt;
}

#ifndef __SANITIZE_THREAD__
TEST(Live, APauseOfTheMachineIsToldAndShorterThanTheDepthItIsNoUnderrun) {
    const auto deep = played_with_pauses(250, 400, {130});
    ASSERT_TRUE(deep);
    EXPECT_EQ(deep->underruns, 0U);
    EXPECT_GE(deep->late_calls, 1U);
    EXPECT_GE(deep->worst_pause_ms, 100.0);
    EXPECT_EQ(deep->ahead_ms, std::clamp(2.0 * deep->worst_pause_ms + 130.0, 250.0, 400.0));
}

TEST(Live, AMachineThatPausesIsPlayedFurtherAheadBeforeItPausesForLonger) {
    const auto learnt = played_with_pauses(150, 400, {40, 60});
    ASSERT_TRUE(learnt);
    EXPECT_EQ(learnt->underruns, 0U);
    EXPECT_GE(learnt->late_calls, 1U);
    EXPECT_GE(learnt->ahead_ms, 200.0) << "60 ms, of which either thread may have slept through 20, twice, and 130";
    const auto shallow = played_with_pauses(60, 150, {200});
    ASSERT_TRUE(shallow);
    EXPECT_EQ(shallow->ahead_ms, 150.0) << "not beyond what was allowed";
}
#endif

}  // namespace
}  // namespace attune::play
