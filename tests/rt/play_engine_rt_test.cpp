// SPDX-License-Identifier: GPL-3.0-or-later
// render() and pull() allocate nothing and lock nothing, whatever the music does.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "play/engine.hpp"
#include "play/output_stage.hpp"
#include "support/audio_files.hpp"
#include "support/play_items.hpp"
#include "support/rt_guard.hpp"

namespace attune::play {
namespace {

TEST(EngineRt, RenderAndPullAllocateAndLockNothing) {
    test::TempDir dir;
    std::vector<std::unique_ptr<Item>> items;
    for (int k = 0; k < 8; ++k) {
        const int rate = k % 2 == 0 ? 44100 : 48000;
        const std::string path = dir.file("t" + std::to_string(k) + ".wav");
        test::write_wav(
            path, test::sine(300 + 50 * k, rate, 0, static_cast<std::size_t>(rate) * 6, .3), rate);
        items.push_back(test::track(k + 1, static_cast<std::int64_t>(rate) * 6, rate,
                                    k % 3 == 0 ? 0.0 : 1.0, path));
        if (k == 4) items.back()->plan.tempo = {{0, 1.0}, {2, 1.05}};
    }
    EngineConfig config;
    config.startle_guard = true;
    auto engine = Engine::create(config);
    ASSERT_TRUE(engine);
    Engine& e = **engine;
    for (auto& item : items) ASSERT_TRUE(e.post({Message::Kind::kItem, item.get(), {}}));
    const auto control = [&](ControlKind kind, double value, double ramp, double at_s) {
        ASSERT_TRUE(e.post({Message::Kind::kControl,
                            nullptr,
                            {kind, value, ramp, static_cast<std::int64_t>(at_s * 48000)}}));
    };
    control(ControlKind::kTempo, 1.1, .5, 2);
    control(ControlKind::kSoften, .8, 1, 3);
    control(ControlKind::kTempo, .92, .5, 5);  // through 1
    control(ControlKind::kSeek, 3.0, 0, 8);
    control(ControlKind::kTempo, 1.0, .5, 10);
    control(ControlKind::kSkip, 0, 0, 12);
    control(ControlKind::kPause, 0, 0, 15);
    control(ControlKind::kResume, 0, 0, 15.5);
    control(ControlKind::kBack, 0, 0, 17);
    control(ControlKind::kSofter, -6, 1, 20);
    core::SpscRing<Frame> ring(8192);
    OutputStage stage(ring);
    std::vector<float> left(480), right(480);
    std::vector<Frame> frames(480);
    (void)test::rt::take_report();
    for (int block = 0; block < 25 * 100; ++block) {
        for (int wait = 0; wait < 3000 && !e.ready(480); ++wait)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        test::rt::Scope scope;
        e.render(left, right);
        for (std::size_t k = 0; k < 480; ++k) frames[k] = {left[k], right[k]};
        ring.push(frames);
        stage.pull(left, right);
    }
    const auto report = test::rt::take_report();
    EXPECT_EQ(report.violations, 0) << report.first;
    Join join;
    int joins = 0;
    while (e.take(join)) ++joins;
    EXPECT_GE(joins, 5);
}

}  // namespace
}  // namespace attune::play
