// SPDX-License-Identifier: GPL-3.0-or-later
// Stop in a whole live session, while nothing else works: every file hangs in a FIFO, the store is locked.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <sys/stat.h>
#include <thread>

#include "session/event_writer.hpp"
#include "session/record.hpp"
#include "session/space.hpp"
#include "support/stage.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

/// Pulls at the clock's pace and notes when the last sound was.
class Listening final : public play::Sink {
public:
    struct Notes {
        std::atomic<std::int64_t> last_sound_ns{0};
        std::atomic<int> blocks{0};
    };
    explicit Listening(std::shared_ptr<Notes> notes) : notes_(std::move(notes)) {}
    ~Listening() override { stop(); }
    Result<void> start(play::Puller& puller) override {
        thread_ = std::thread([this, &puller] {
            std::array<float, 480> l{}, r{};
            auto next = std::chrono::steady_clock::now();
            while (!quit_.load()) {
                puller.pull(l, r);
                float peak = 0.0F;
                for (const float x : l) peak = std::max(peak, std::abs(x));
                const auto now = std::chrono::steady_clock::now();
                if (peak > 1e-4F) notes_->last_sound_ns.store(now.time_since_epoch().count());
                ++notes_->blocks;
                next += std::chrono::milliseconds(10);
                std::this_thread::sleep_until(next);
            }
        });
        return {};
    }
    void stop() noexcept override {
        quit_.store(true);
        if (thread_.joinable()) thread_.join();
    }
    std::string name() const override { return "listening"; }
    double latency_s() const noexcept override { return .01; }

private:
    std::shared_ptr<Notes> notes_;
    std::atomic<bool> quit_{false};
    std::thread thread_;
};

TEST(LiveSession, StopIsSilentIn500MsWhileDecodersHangAndTheStoreIsLocked) {
    test::TempDir dir;
    const std::string pipe = (dir.path() / "pipe.flac").string();
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    auto space = Space::open(dir.path() / "data", "");
    ASSERT_TRUE(space) << space.error().describe();

    RunSetup setup;
    setup.start.session = core::IdSource().next();
    setup.start.person = (*space)->people().first(core::IdSource().next(), core::wall_now_ns())->id;
    setup.start.goal = *flow::Goal::parse("calm", 20);
    setup.start.start = flow::Va{-.4, .6};
    setup.start.seed = 1;
    setup.start.fingerprint = fingerprint();
    ASSERT_TRUE(begin_session((*space)->db(), setup.start));
    setup.world = stage().world;
    setup.profiles = [&](const ContentKey& key) -> ProfilePtr {
        const auto known = stage().profiles()(key);
        if (!known) return known;
        auto hung = std::make_shared<flow::TrackProfile>(*known);
        hung->path = pipe;
        return hung;
    };
    play::PlayerConfig config;
    config.mode = play::RunMode::kLive;
    const auto notes = std::make_shared<Listening::Notes>();
    auto player = EnginePlayer::create(config, setup.profiles, std::make_unique<Listening>(notes));
    ASSERT_TRUE(player) << player.error().describe();
    setup.player = *std::move(player);
    setup.live = true;
    Inbox inbox;
    setup.inbox = &inbox;
    auto writer = std::make_unique<EventWriter>(*(*space)->connect(), setup.start.session);
    auto locker = (*space)->connect();
    bool bed_told = false;
    setup.sink = [&](const SessionEvent& event) {
        if (const auto* fault = std::get_if<Fault>(&event.payload)) bed_told = bed_told || fault->code == "bed_started";
        writer->push(event);
    };
    std::int64_t asked_ns = 0;
    double sounded_until_s = -1.0;
    {
        auto lock = store::Transaction::begin(**locker);
        ASSERT_TRUE(lock);
        std::thread finger([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5000));
            flow::Command stop;
            stop.kind = flow::CommandKind::kStop;
            asked_ns = std::chrono::steady_clock::now().time_since_epoch().count();
            inbox.push({stop, "local", flow::Origin::kLive});
        });
        const auto result = run(std::move(setup));
        finger.join();
        EXPECT_TRUE(result) << result.error().describe();
        sounded_until_s = static_cast<double>(notes->last_sound_ns.load() - asked_ns) * 1e-9;
    }
    EXPECT_GT(notes->blocks.load(), 300);
    EXPECT_TRUE(bed_told);                    // the bed plays, and the session says so
    EXPECT_GT(sounded_until_s, .1);           // a fade, no cut
    EXPECT_LE(sounded_until_s, .5);
    RecordProperty("silent_after_s", std::to_string(sounded_until_s));
    EXPECT_TRUE(writer->flush());             // and nothing of the record is lost
}

}  // namespace
}  // namespace attune::session
