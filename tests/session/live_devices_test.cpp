// SPDX-License-Identifier: GPL-3.0-or-later
// A device in a live session: what it says is stamped by the session's time, and begins with it.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "play/sink.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

/// Says something every 20 ms from the moment that it is opened, stamped by the clock that it was given.
class Device final : public sense::Source {
public:
    explicit Device(const core::Clock& clock) : clock_(clock), thread_([this] { say(); }) {}
    ~Device() override { close(); }
    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kBody; }
    flow::Provenance provenance() const override { return {}; }
    std::vector<sense::ChannelInfo> channels() const override { return {}; }
    bool live() const noexcept override { return true; }
    Result<void> pull(Time until, sense::Batch& out) override {
        const std::lock_guard lock(mutex_);
        const auto end = std::find_if(said_.begin(), said_.end(), [&](const auto& frame) { return frame.t >= until; });
        std::move(said_.begin(), end, std::back_inserter(out.frames));
        said_.erase(said_.begin(), end);
        return {};
    }
    bool finished() const noexcept override { return false; }
    void close() noexcept override {
        quit_ = true;
        if (thread_.joinable()) thread_.join();
    }

private:
    void say() {
        while (!quit_) {
            flow::SensorFrame frame;
            frame.source = id_;
            frame.t = clock_.now();
            frame.rate_hz = 50;
            frame.samples = {1.0F};
            {
                const std::lock_guard lock(mutex_);
                said_.push_back(std::move(frame));
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }

    const core::Clock& clock_;
    std::string id_ = "device";
    std::mutex mutex_;
    std::vector<flow::SensorFrame> said_;
    std::atomic<bool> quit_{false};
    std::thread thread_;
};

struct Arrived {
    Time stamped, polled;
};

/// Notes what reaches it and when the session asks for it.
class Noting final : public affect::Recogniser {
public:
    explicit Noting(std::vector<Arrived>& notes) : notes_(notes) {}
    const std::string& source() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kBody; }
    void push(const flow::SensorFrame& frame) override { pending_.push_back(frame.t); }
    std::optional<flow::Evidence> poll(Time now) override {
        for (const Time t : pending_) notes_.push_back({t, now});
        pending_.clear();
        return std::nullopt;
    }

private:
    std::vector<Arrived>& notes_;
    std::string id_ = "device";
    std::vector<Time> pending_;
};

TEST(LiveSession, ADeviceIsHeardFromTheFirstSampleOnInTheTimeOfTheSession) {
    std::vector<Arrived> notes;
    RunSetup setup;
    setup.start.session = core::IdSource(5).next();
    setup.start.goal = *flow::Goal::parse("calm", 20);
    setup.start.start = flow::Va{-.4, .6};
    setup.start.seed = 1;
    setup.start.fingerprint = fingerprint();
    setup.start.sources.emplace_back("device", flow::SourceKind::kBody);
    setup.world = stage().world;
    setup.profiles = stage().profiles();
    setup.live = true;
    setup.clock = std::make_unique<SessionClock>();
    setup.sources.push_back(std::make_unique<Device>(*setup.clock));
    setup.recognisers.push_back(std::make_unique<Noting>(notes));
    setup.script.push_back(command_at(4, flow::CommandKind::kStop));
    setup.sink = [](const SessionEvent&) {};
    std::this_thread::sleep_for(std::chrono::milliseconds(600));   // it talks before anybody listens
    play::PlayerConfig config;
    config.mode = play::RunMode::kLive;
    auto player = EnginePlayer::create(config, setup.profiles, play::make_null_sink());
    ASSERT_TRUE(player) << player.error().describe();
    setup.player = *std::move(player);
    const auto result = run(std::move(setup));
    ASSERT_TRUE(result) << result.error().describe();
    ASSERT_GT(notes.size(), 20U);
    for (const Arrived& a : notes) {
        EXPECT_GT(a.stamped, Time{});   // what was said before is not of this session
        EXPECT_LT(a.stamped, a.polled);
        EXPECT_LT((a.polled - a.stamped).seconds(), 1.5);
    }
}

}  // namespace
}  // namespace attune::session
