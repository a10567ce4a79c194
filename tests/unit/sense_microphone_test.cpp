// SPDX-License-Identifier: GPL-3.0-or-later
// A microphone whose PortAudio is ours: one device, its callback called by the test.
#include "sense/microphone_source.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace attune::sense {
namespace {

struct FakeMicrophone {
    int inputs = 1;
    double only_rate = 16000.0;
    PaStreamCallback* callback = nullptr;
    void* self = nullptr;
    double rate = 0.0;
    int initialised = 0, open = 0;
    PaDeviceInfo info{};
    std::int64_t sent = 0;

    /// Seconds of a tone of 500 Hz, in blocks of 10 ms.
    void speak(double seconds) {
        const auto n = static_cast<std::size_t>(rate / 100.0);
        std::vector<float> block(n);
        for (double t = 0; t < seconds - 1e-9; t += .01) {
            for (auto& v : block) v = static_cast<float>(.5 * std::sin(2 * std::numbers::pi * 500.0 * static_cast<double>(sent++) / rate));
            callback(block.data(), nullptr, n, nullptr, 0, self);
        }
    }
};
FakeMicrophone* fake = nullptr;   // PortAudio's functions carry no state of their own

media::PortAudio fake_portaudio() {
    media::PortAudio table;
    table.initialize = [] { ++fake->initialised; return PaError{paNoError}; };
    table.terminate = [] { --fake->initialised; return PaError{paNoError}; };
    table.device_count = [] { return PaDeviceIndex{1}; };
    table.default_input = [] { return PaDeviceIndex{fake->inputs > 0 ? 0 : paNoDevice}; };
    table.device_info = [](PaDeviceIndex) -> const PaDeviceInfo* {
        fake->info.name = "a fake";
        fake->info.maxInputChannels = fake->inputs;
        fake->info.defaultSampleRate = fake->only_rate;
        return &fake->info;
    };
    table.open = [](PaStream** stream, const PaStreamParameters* in, const PaStreamParameters* out, double rate, unsigned long, PaStreamFlags,
                    PaStreamCallback* callback, void* self) {
        if (in == nullptr || out != nullptr || in->channelCount != 1) return PaError{paInvalidChannelCount};
        if (rate != fake->only_rate) return PaError{paInvalidSampleRate};
        *stream = fake;
        fake->callback = callback;
        fake->self = self;
        fake->rate = rate;
        ++fake->open;
        return PaError{paNoError};
    };
    table.start = [](PaStream*) { return PaError{paNoError}; };
    table.abort = [](PaStream*) { return PaError{paNoError}; };
    table.close = [](PaStream*) { --fake->open; return PaError{paNoError}; };
    table.error_text = [](PaError) { return "refused"; };
    return table;
}

class Microphone : public ::testing::Test {
protected:
    void SetUp() override { fake = &device; }
    Result<std::unique_ptr<Source>> open(const std::string& text) { return open_microphone(*parse_spec(text), clock, library); }
    /// What a tenth of a second brings.
    std::vector<flow::SensorFrame> tick(Source& source, bool speak = true) {
        if (speak) device.speak(.1);
        clock.advance_to(clock.now() + milliseconds(100));
        Batch batch;
        const auto pulled = source.pull(clock.now(), batch);
        if (!pulled) error = pulled.error().describe();
        return batch.frames;
    }
    FakeMicrophone device;
    media::PortAudio library = fake_portaudio();
    core::SimulatedClock clock;
    std::string error;
};

TEST_F(Microphone, ACheckInIsTenSecondsOfSoundThenTheMicrophoneIsLetGo) {
    {
        auto mic = open("voice:mic");
        ASSERT_TRUE(mic) << mic.error().describe();
        double heard = 0;
        Time expected{-1};
        for (int k = 0; k < 150; ++k) {
            for (const auto& frame : tick(**mic)) {
                EXPECT_EQ(frame.channel, flow::Channel::kAudio);
                EXPECT_EQ(frame.rate_hz, 16000.0);
                EXPECT_EQ(frame.gap_ns, 0);
                if (expected.ns >= 0) {
                    EXPECT_EQ(frame.t.ns, expected.ns);
                }
                expected = frame.t + milliseconds(100);
                heard += static_cast<double>(frame.samples.size()) / 16000.0;
            }
            if ((*mic)->finished()) break;
        }
        EXPECT_TRUE((*mic)->finished());
        EXPECT_NEAR(heard, 10.0, 1e-9);
        EXPECT_EQ(device.open, 0) << "the device is closed when the check-in is over";
        EXPECT_EQ(error, "");
    }
    EXPECT_EQ(device.initialised, 0);
}

TEST_F(Microphone, ADeviceThatKnowsOneRateOnlyIsResampled) {
    device.only_rate = 48000.0;
    auto mic = open("voice:mic?seconds=0");
    ASSERT_TRUE(mic) << mic.error().describe();
    std::vector<float> x;
    for (int k = 0; k < 20; ++k)
        for (const auto& frame : tick(**mic)) x.insert(x.end(), frame.samples.begin(), frame.samples.end());
    ASSERT_GT(x.size(), 24000U);
    double worst = 0;
    for (std::size_t i = 4000; i < 20000; ++i)
        worst = std::max(worst, std::abs(static_cast<double>(x[i]) - .5 * std::sin(2 * std::numbers::pi * 500.0 * static_cast<double>(i) / 16000.0)));
    EXPECT_LT(worst, 1e-3);
    EXPECT_FALSE((*mic)->finished()) << "seconds=0 stays open";
}

TEST_F(Microphone, WithoutOneItSaysSoAndWhatElseThereIs) {
    device.inputs = 0;
    const auto mic = open("voice:mic");
    ASSERT_FALSE(mic);
    EXPECT_EQ(mic.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(mic.error().describe().find("no microphone on this machine"), std::string::npos);
    EXPECT_NE(mic.error().describe().find("voice:wav:FILE"), std::string::npos);
    EXPECT_EQ(device.initialised, 0);
    EXPECT_FALSE(open("voice:mic:7")) << "device 7 does not exist";
}

TEST_F(Microphone, OneThatIsUnpluggedIsLostWithinSeconds) {
    auto mic = open("voice:mic?seconds=0");
    ASSERT_TRUE(mic);
    for (int k = 0; k < 10; ++k) (void)tick(**mic);
    for (int k = 0; k < 35 && error.empty(); ++k) (void)tick(**mic, false);
    EXPECT_NE(error.find("sends nothing any more"), std::string::npos);
    EXPECT_TRUE((*mic)->finished());
}

TEST_F(Microphone, AHoleIsTold) {
    auto mic = open("voice:mic?seconds=0");
    ASSERT_TRUE(mic);
    for (int k = 0; k < 10; ++k) (void)tick(**mic);
    for (int k = 0; k < 10; ++k) (void)tick(**mic, false);
    std::int64_t gap = 0;
    for (int k = 0; k < 5; ++k)
        for (const auto& frame : tick(**mic)) gap = std::max(gap, frame.gap_ns);
    EXPECT_NEAR(static_cast<double>(gap) * 1e-9, 1.0, .15);
}

}  // namespace
}  // namespace attune::sense
