// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/workshop.hpp"

#include <chrono>
#include <filesystem>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "compose/synth.hpp"

namespace attune::serve {
namespace {

class WorkshopTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto font = compose::find_soundfont(); !font) GTEST_SKIP() << font.error().describe();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("attune_workshop_" + std::to_string(::getpid()));
    Workshop workshop_{folder_};
};

compose::Brief brief() {
    compose::Brief b;
    b.target = {0.4, -0.3};
    return b;
}

TEST_F(WorkshopTest, SendsNumberedPacketsWithoutHolesToWhoListens) {
    const auto play = workshop_.play(brief());
    ASSERT_TRUE(play) << play.error().describe();
    const auto page = std::make_shared<Outbox>();
    ASSERT_TRUE(workshop_.listen(*play, page));
    std::vector<std::uint64_t> frames;
    for (int i = 0; i < 200 && frames.size() < 20; ++i) {
        while (const auto message = page->pop()) {
            std::uint64_t frame = 0;
            for (std::size_t k = 0; k < 8; ++k) frame |= static_cast<std::uint64_t>(static_cast<unsigned char>((*message->bytes)[k])) << (8 * k);
            frames.push_back(frame);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ASSERT_GE(frames.size(), 20U);
    for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i] - frames[i - 1], 960U);
}

TEST_F(WorkshopTest, IsSteeredWithinItsRangeOnlyWhileItPlays) {
    const auto play = workshop_.play(brief());
    ASSERT_TRUE(play) << play.error().describe();
    const auto controls = compose::controls_for({0.0, 0.0});
    EXPECT_TRUE(workshop_.steer(*play, {0.0, 0.0}, controls, compose::When::kImmediate));
    EXPECT_EQ(workshop_.steer(*play, {2.0, 0.0}, controls, compose::When::kImmediate).error().code, ErrorCode::kBadArgument);
    EXPECT_TRUE(workshop_.stop(*play));
    EXPECT_EQ(workshop_.steer(*play, {0.0, 0.0}, controls, compose::When::kImmediate).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(workshop_.stop(*play).error().code, ErrorCode::kNotFound);
}

TEST_F(WorkshopTest, RefusesTheFifthPlayAndTakesOneAgainAfterAStop) {
    std::vector<Id> plays;
    for (std::size_t i = 0; i < Workshop::kMostPlays; ++i) {
        const auto play = workshop_.play(brief());
        ASSERT_TRUE(play) << play.error().describe();
        plays.push_back(*play);
    }
    EXPECT_EQ(workshop_.play(brief()).error().code, ErrorCode::kBusy);
    EXPECT_TRUE(workshop_.stop(plays.front()));
    EXPECT_TRUE(workshop_.play(brief()));
}

TEST_F(WorkshopTest, MakesAPieceThatIsSavedWhereTheLibraryLooks) {
    compose::Brief b = brief();
    b.seconds = 10.0;
    const auto piece = workshop_.make(b);
    ASSERT_TRUE(piece) << piece.error().describe();
    EXPECT_GT(std::filesystem::file_size(piece->audio), 10'000U);
    EXPECT_GT(std::filesystem::file_size(piece->midi), 100U);
    const auto saved = workshop_.save(piece->id);
    ASSERT_TRUE(saved) << saved.error().describe();
    EXPECT_EQ(saved->parent_path(), folder_ / "composed");
    EXPECT_EQ(workshop_.piece(Id{}).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace attune::serve
