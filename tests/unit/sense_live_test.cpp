// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/live_source.hpp"

#include <gtest/gtest.h>

#include "sense/clock_map.hpp"
#include "sense/sample_message.hpp"

namespace attune::sense {
namespace {

Time at(double s) { return {from_seconds(s).ns}; }

TEST(ClockMap, TheFastestDeliveryIsTheOffsetAndJitterIsUncertainty) {
    ClockMap map;
    EXPECT_EQ(map.map(100.0, at(5.030)).t.ns, at(5.030).ns);
    const auto fast = map.map(101.0, at(6.010));
    EXPECT_NEAR(fast.t.seconds(), 6.010, 1e-3);
    const auto late = map.map(102.0, at(7.045));
    EXPECT_NEAR(late.t.seconds(), 7.010, 1e-3);
    EXPECT_FALSE(late.jumped);
    EXPECT_GT(late.sigma_ns, 1'000'000);
}

TEST(ClockMap, AClockThatJumpsForwardIsSeenAtOnceOneThatGoesBackWithinSeconds) {
    ClockMap map;
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(map.map(i, at(i + 10.0)).jumped);
    EXPECT_TRUE(map.map(9.0, at(15.0)).jumped);         // 4 s forward
    int jumps = 0;
    for (int i = 1; i < 10; ++i) jumps += map.map(-50.0 + i, at(15.0 + i)).jumped ? 1 : 0;
    EXPECT_EQ(jumps, 1);
    EXPECT_NEAR(map.map(-40.0, at(25.0)).t.seconds(), 25.0, .01);
}

TEST(FrameQueue, AFullQueueDropsTheOldestCountsThemAndTellsTheGap) {
    FrameQueue queue(3);
    for (int i = 0; i < 5; ++i) {
        flow::SensorFrame f;
        f.t = at(i);
        f.samples = {1.0F};
        queue.push(std::move(f));
    }
    Batch out;
    queue.drain(at(100), out);
    ASSERT_EQ(out.frames.size(), 3U);
    EXPECT_EQ(out.dropped, 2U);
    EXPECT_EQ(out.frames[0].t, at(2));
    EXPECT_EQ(out.frames[0].gap_ns, 2'000'000'000);
    EXPECT_EQ(out.frames[0].quality, flow::Quality::kFewDrops);
    EXPECT_EQ(out.frames[1].gap_ns, 0);
}

class Probe final : public LiveSource {
public:
    explicit Probe(const core::Clock& clock) : LiveSource("wrist", flow::SourceKind::kBody, {flow::Origin::kLive, "t", "t/1"}, clock) {}
    void close() noexcept override { mark_closed(); }
    using LiveSource::deliver;
    using LiveSource::fail_with;
};

DeviceBlock block(double device_s) {
    DeviceBlock b;
    b.device_s = device_s;
    b.rate_hz = 4.0;
    b.samples = {1, 2, 3, 4};
    return b;
}

TEST(LiveSource, JitterOfDeliveryMovesNoSampleAndALostBlockIsAGap) {
    core::SimulatedClock clock;
    Probe source(clock);
    Batch out;
    for (const auto& [device, arrival] : {std::pair{0.0, 1.0}, {1.0, 2.03}, {2.0, 3.01}, {6.0, 7.0}}) {
        clock.advance_to(at(arrival));
        source.deliver(block(device));
    }
    ASSERT_TRUE(source.pull(at(20), out));
    ASSERT_EQ(out.frames.size(), 4U);
    EXPECT_EQ(out.frames[1].t - out.frames[0].t, seconds(1));
    EXPECT_EQ(out.frames[2].t - out.frames[1].t, seconds(1));
    EXPECT_NEAR(static_cast<double>(out.frames[3].gap_ns) * 1e-9, 3.0, .02);
}

TEST(LiveSource, AnErrorEndsTheSourceAfterWhatCameBefore) {
    core::SimulatedClock clock;
    Probe source(clock);
    clock.advance_to(at(1));
    source.deliver(block(0));
    source.fail_with({ErrorCode::kUnavailable, "unplugged", "wrist"});
    Batch out;
    const auto pulled = source.pull(at(5), out);
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().message, "unplugged");
    EXPECT_EQ(out.frames.size(), 1U);
    EXPECT_TRUE(source.finished());
}

TEST(SampleMessage, ANumberOrABlockWithUnitRateAndTime) {
    const auto one = parse_sample_message(flow::Channel::kHeartRate, "72.5");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->samples, std::vector<float>{72.5F});
    const auto many = parse_sample_message(flow::Channel::kEda, R"({"t_s": 3.5, "rate_hz": 4, "unit": "nS", "samples": [500, 510]})");
    ASSERT_TRUE(many) << many.error().describe();
    EXPECT_FLOAT_EQ(many->samples[1], .51F);
    EXPECT_EQ(*many->device_s, 3.5);
    const auto rr = parse_sample_message(flow::Channel::kRr, R"({"unit": "s", "samples": [0.8, 0.9], "times_s": [10, 10.9]})");
    ASSERT_TRUE(rr);
    EXPECT_NEAR(rr->offsets_s[1], .9, 1e-12);
}

TEST(SampleMessage, ErrorsNameKeyValueAndRange) {
    const auto refuse = [](const char* text, const char* part) {
        const auto made = parse_sample_message(flow::Channel::kEda, text);
        ASSERT_FALSE(made) << text;
        EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().message;
    };
    refuse("abc", "neither a number nor a JSON object");
    refuse(R"({"sample": [1]})", "did you mean 'samples'");
    refuse(R"({"samples": [1, "x"]})", "not a number");
    refuse(R"({"samples": [1, 2]})", "rate_hz or times_s");
    refuse(R"({"samples": [1], "rate_hz": 1e9})", "0..1000");
    refuse(R"({"samples": [1], "unit": "kg"})", "known: microsiemens");
    refuse(R"({"samples": [1, 2], "times_s": [2, 1]})", "must rise");
}

}  // namespace
}  // namespace attune::sense
