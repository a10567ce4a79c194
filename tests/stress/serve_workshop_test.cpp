// SPDX-License-Identifier: GPL-3.0-or-later
// The Compose page's plays from many threads at once: started, steered, listened to, stopped, while each composes and
// renders on its own. For TSan; what must hold besides is said by the expectations.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <unistd.h>
#include <vector>

#ifdef ATTUNE_RULES_ALONE
#include "compose/hmm_engine.hpp"
#include "compose/lstm_engine.hpp"
#endif
#include "compose/synth.hpp"
#include "serve/workshop.hpp"

#ifdef ATTUNE_RULES_ALONE
// The learned engines belong to other rooms: here they are not installed.
namespace attune::compose {
Result<std::unique_ptr<Engine>> HmmEngine::load() { return fail(ErrorCode::kUnavailable, "no model in this test"); }
Result<std::unique_ptr<Engine>> LstmEngine::load() { return fail(ErrorCode::kUnavailable, "no model in this test"); }
}  // namespace attune::compose
#endif

namespace attune::serve {
namespace {

using namespace std::chrono_literals;

compose::Brief brief(std::uint64_t seed) {
    compose::Brief b;
    b.target = {.2, .3};
    b.style = seed % 2 == 0 ? compose::Style::kLoFi : compose::Style::kPercussionCircle;  // small instruments
    b.engine = seed % 3 == 0 ? compose::EngineKind::kLstm : compose::EngineKind::kRule;   // falls back where it is missing
    b.seed = seed;
    return b;
}

class PlaysOfManyThreads : public testing::Test {
protected:
    void SetUp() override {
        if (const auto font = compose::find_soundfont(); !font) GTEST_SKIP() << font.error().describe();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("attune_plays_" + std::to_string(::getpid()));
    Workshop workshop_{folder_};
};

TEST_F(PlaysOfManyThreads, TwoAreStartedSteeredHeardAndStoppedAtOnce) {
    std::array<Result<Id>, 2> plays{fail(ErrorCode::kInternal, ""), fail(ErrorCode::kInternal, "")};
    {
        std::vector<std::thread> starters;
        for (std::size_t i = 0; i < 2; ++i) starters.emplace_back([&, i] { plays[i] = workshop_.play(brief(2 + i)); });
        for (std::thread& t : starters) t.join();
    }
    for (const auto& play : plays) ASSERT_TRUE(play) << play.error().describe();
    std::atomic<int> steered{0}, heard{0}, refused{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (std::size_t k = 0; k < 4; ++k)   // two hands on each
        threads.emplace_back([&, k] {
            for (int i = 0; !over.load(); ++i) {
                const flow::Va at{.8 * ((i + static_cast<int>(k)) % 3 - 1), .8 * (i % 3 - 1)};
                const auto when = static_cast<compose::When>(i % 2);
                (workshop_.steer(*plays[k % 2], at, compose::controls_for(at), when) ? steered : refused)++;
                std::this_thread::sleep_for(2ms);
            }
        });
    for (std::size_t k = 0; k < 2; ++k)   // pages come, listen a while and go
        threads.emplace_back([&, k] {
            while (!over.load()) {
                const auto page = std::make_shared<Outbox>();
                if (!workshop_.listen(*plays[k], page)) break;
                for (int i = 0; i < 10 && !over.load(); ++i) {
                    while (page->pop()) ++heard;
                    std::this_thread::sleep_for(10ms);
                }
            }
        });
    std::this_thread::sleep_for(1500ms);
    std::atomic<int> stopped{0};
    std::thread first([&] { stopped += workshop_.stop(*plays[0]) ? 1 : 0; });
    std::thread again([&] { stopped += workshop_.stop(*plays[0]) ? 1 : 0; });
    first.join();
    again.join();
    EXPECT_EQ(stopped.load(), 1) << "one of two finds nothing to stop";
    std::this_thread::sleep_for(100ms);
    EXPECT_TRUE(workshop_.stop(*plays[1]));
    over.store(true);
    for (std::thread& t : threads) t.join();
    EXPECT_GT(steered.load(), 50);
    EXPECT_GT(refused.load(), 0) << "the first was stopped while it was steered";
    EXPECT_GT(heard.load(), 20);
}

TEST_F(PlaysOfManyThreads, SixStartsAtOnceMakeNoMoreThanFourPlays) {
    std::atomic<std::size_t> made{0}, busy{0};
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 6; ++i)
        threads.emplace_back([&, i] {
            const auto play = workshop_.play(brief(10 + i));
            if (play) ++made;
            else if (play.error().code == ErrorCode::kBusy) ++busy;
        });
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(made.load(), Workshop::kMostPlays);
    EXPECT_EQ(busy.load(), 2U);
}

}  // namespace
}  // namespace attune::serve
