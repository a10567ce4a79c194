// SPDX-License-Identifier: GPL-3.0-or-later
// Sound devices that misbehave: another rate, gone and back, one that blocks. PortAudio is ours here.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

#include "play/portaudio.hpp"
#include "support/play_offline.hpp"

namespace attune::play {
namespace {

/// One device on a thread of its own. Everything that a test changes while it runs is guarded by mutex.
struct FakeDevice {
    std::mutex mutex;
    bool there = true;
    bool asks = true;           ///< false: the stream is open, but the device asks for nothing
    double rate = 48000.0;      ///< the only one that it takes
    int channels = 2;
    int initialised = 0, opened = 0;
    std::vector<float> heard;   ///< left channel, since the stream was opened
    double opened_rate = 0.0;
    std::atomic<bool> running{false};
    std::thread thread;
    PaStreamCallback* callback = nullptr;
    void* self = nullptr;
    PaDeviceInfo info{};

    void run() {
        std::vector<float> block;
        auto next = std::chrono::steady_clock::now();
        while (running.load()) {
            next += std::chrono::milliseconds(10);
            std::this_thread::sleep_until(next);
            const std::scoped_lock lock(mutex);
            if (!there || !asks) continue;
            const auto n = static_cast<std::size_t>(opened_rate / 100.0);
            block.assign(n * static_cast<std::size_t>(channels), 0.0F);
            callback(nullptr, block.data(), n, nullptr, 0, self);
            for (std::size_t k = 0; k < n; ++k) heard.push_back(block[k * static_cast<std::size_t>(channels)]);
        }
    }
    void end() {
        running.store(false);
        if (thread.joinable()) thread.join();
    }
};
FakeDevice* fake = nullptr;   // PortAudio's functions carry no state of their own

const PortAudio& fake_portaudio() {
    static const PortAudio table{
        [] { ++fake->initialised; return PaError{paNoError}; },
        [] { --fake->initialised; return PaError{paNoError}; },
        [] { const std::scoped_lock lock(fake->mutex); return PaDeviceIndex{fake->there ? 1 : 0}; },
        [] { const std::scoped_lock lock(fake->mutex); return PaDeviceIndex{fake->there ? 0 : paNoDevice}; },
        [](PaDeviceIndex) -> const PaDeviceInfo* {
            fake->info.name = "a fake";
            fake->info.maxOutputChannels = fake->channels;
            fake->info.defaultLowOutputLatency = 0.01;
            fake->info.defaultSampleRate = fake->rate;
            return &fake->info;
        },
        [](PaHostApiIndex) -> const PaHostApiInfo* { return nullptr; },
        [](PaStream** stream, const PaStreamParameters*, const PaStreamParameters*, double rate, unsigned long,
           PaStreamFlags, PaStreamCallback* callback, void* self) {
            if (rate != fake->rate) return PaError{paInvalidSampleRate};
            *stream = fake;
            fake->callback = callback;
            fake->self = self;
            fake->opened_rate = rate;
            ++fake->opened;
            return PaError{paNoError};
        },
        [](PaStream*) {
            fake->heard.clear();
            fake->running.store(true);
            fake->thread = std::thread([] { fake->run(); });
            return PaError{paNoError};
        },
        [](PaStream*) { fake->end(); return PaError{paNoError}; },
        [](PaStream*) { fake->end(); return PaError{paNoError}; },
        [](PaStream*) -> const PaStreamInfo* { return nullptr; },
        [](PaError) { return "a fake's error"; }};
    return table;
}

/// A sine of 440 Hz on the fake device, with a watch that is quick enough for a test.
class Device : public testing::Test {
protected:
    void SetUp() override { fake = &device_; }
    void TearDown() override {
        player_.reset();
        EXPECT_EQ(device_.initialised, 0);
        fake = nullptr;
    }
    void start() {
        test::write_wav(dir_.file("a.wav"), test::sine(440, 48000, 0, 48000 * 30, .3), 48000);
        PlayerConfig config;
        config.mode = RunMode::kLive;
        auto made = Player::create(config, clock_, make_device_sink(fake_portaudio(), "", {400, 50}));
        ASSERT_TRUE(made);
        player_ = *std::move(made);
        ASSERT_TRUE(player_->enqueue(test::track(1, 0, 48000, 0.0, dir_.file("a.wav"))));
        ASSERT_TRUE(player_->start());
    }
    void run(double seconds) {
        const Time until = clock_.now() + from_seconds(seconds);
        while (clock_.now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            test::append(news_, player_->poll());
        }
    }
    template <typename F>
    void change(F f) {
        const std::scoped_lock lock(device_.mutex);
        f(device_);
    }
    [[nodiscard]] int told(EventKind kind) const {
        return static_cast<int>(std::count_if(news_.events.begin(), news_.events.end(),
                                              [&](const Event& e) { return e.kind == kind; }));
    }
    /// What remains of the last half second when the best sine of 440 Hz is taken away, under its level.
    [[nodiscard]] double residual_db() {
        const std::scoped_lock lock(device_.mutex);
        const std::size_t n = 4800;
        if (device_.heard.size() < 2 * n) return 0.0;
        const auto fit = test::fit_sine(device_.heard, device_.heard.size() - n, n, 440.0, device_.opened_rate);
        return fit.amplitude > .05 ? test::db(fit.residual_rms / fit.amplitude) : 0.0;
    }
    FakeDevice device_;
    core::SteadyClock clock_;
    test::TempDir dir_;
    std::unique_ptr<Player> player_;
    News news_;
};

TEST_F(Device, OneThatTakesOnly44100GetsTheSamePitch) {
    device_.rate = 44100.0;
    start();
    run(3.0);
    EXPECT_EQ(device_.opened_rate, 44100.0);
    EXPECT_LT(residual_db(), -60.0);
}

TEST_F(Device, OneThatVanishesIsSaidAndPlaysOnWhenItIsBackAtAnotherRate) {
    start();
    run(3.0);
    EXPECT_LT(residual_db(), -60.0);
    const std::int64_t before = player_->frame();
    change([](FakeDevice& d) { d.there = false; });
    run(1.5);
    EXPECT_EQ(told(EventKind::kSinkLost), 1);
    EXPECT_EQ(told(EventKind::kSinkBack), 0);
    EXPECT_LT(player_->frame() - before, 48000 / 2);   // the music waits for it
    change([](FakeDevice& d) { d.there = true, d.rate = 44100.0; });
    run(1.5);
    EXPECT_EQ(told(EventKind::kSinkBack), 1);
    EXPECT_EQ(device_.opened_rate, 44100.0);
    EXPECT_LT(residual_db(), -60.0);
    EXPECT_EQ(device_.opened, 2);
}

TEST_F(Device, OneThatBlocksIsOpenedAnewAndStopStillStops) {
    start();
    run(2.5);
    change([](FakeDevice& d) { d.asks = false; });
    run(1.2);
    EXPECT_EQ(told(EventKind::kSinkLost), 1);
    change([](FakeDevice& d) { d.asks = true; });
    run(1.0);
    EXPECT_EQ(told(EventKind::kSinkBack), 1);
    EXPECT_LT(residual_db(), -60.0);
#ifndef __SANITIZE_THREAD__
    EXPECT_EQ(player_->telemetry().underruns, 0U);
#endif
    const Time asked = clock_.now();
    player_->stop();
    while (!player_->silent() && (clock_.now() - asked).seconds() < 2.0)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_LE((clock_.now() - asked).seconds(), .5);
}

TEST_F(Device, WithoutOneTheStartSaysSo) {
    device_.there = false;
    PlayerConfig config;
    config.mode = RunMode::kLive;
    auto made = Player::create(config, clock_, make_device_sink(fake_portaudio(), ""));
    ASSERT_TRUE(made);
    const auto started = (*made)->start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
}

/// Without a sound card ALSA writes dozens of lines; with or without one, nothing of it is ours to show.
TEST(Devices, LookingForThemWritesNothingToStderr) {
    test::TempDir dir;
    const int file = ::open(dir.file("stderr").c_str(), O_CREAT | O_RDWR, 0600);
    const int kept = ::dup(2);
    ASSERT_GE(::dup2(file, 2), 0);
    (void)list_devices();
    (void)open_device("no device of this name");
    ASSERT_GE(::dup2(kept, 2), 0);
    ::close(kept);
    ::close(file);
    EXPECT_EQ(std::filesystem::file_size(dir.file("stderr")), 0U);
}

}  // namespace
}  // namespace attune::play
