// SPDX-License-Identifier: GPL-3.0-or-later
// The hearing dose while it is heard: kept against kill -9, and one sum over all rooms of a listener.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "care/people.hpp"
#include "core/ids.hpp"
#include "session/dose_keeper.hpp"
#include "session/space.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

struct Home {
    test::TempDir dir;
    Id person;
    Home() {
        auto space = Space::open(dir.path(), "");
        EXPECT_TRUE(space) << space.error().describe();
        person = (*space)->people().first(core::IdSource().next(), core::wall_now_ns())->id;
    }
    [[nodiscard]] double used() const {
        auto space = Space::open(dir.path(), "");
        return *(*space)->people().dose_used(person, core::wall_now_ns());
    }
};

TEST(DoseKeeper, WhatWasHeardSurvivesKill9) {
    Home home;
    const pid_t child = fork();
    if (child == 0) {
        auto space = Space::open(home.dir.path(), "");
        DoseKeeper keeper(*(*space)->connect(), home.person, (*space)->seal());
        for (int k = 0; k < 60; ++k) {  // a second of sound every 0.1 s, until it is killed
            keeper.add(.001);
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(4500));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_GE(home.used(), .015);  // all but the last two seconds
    EXPECT_LE(home.used(), .046);
}

TEST(DoseKeeper, TwoRoomsOfOneListenerAddUpAndEachKnowsOfTheOther) {
    Home home;
    auto space = Space::open(home.dir.path(), "");
    {
        DoseKeeper one(*(*space)->connect(), home.person, (*space)->seal());
        DoseKeeper two(*(*space)->connect(), home.person, (*space)->seal());
        for (int k = 0; k < 50; ++k) {
            one.add(.002);
            two.add(.004);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while ((one.used() < .2999 || two.used() < .2999) && std::chrono::steady_clock::now() < give_up)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        EXPECT_NEAR(one.used(), .3, 1e-9);
        EXPECT_NEAR(two.used(), .3, 1e-9);
    }
    EXPECT_NEAR(home.used(), .3, 1e-9);
}

TEST(DoseKeeper, ALockedStoreLosesNothing) {
    Home home;
    auto space = Space::open(home.dir.path(), "");
    auto other = (*space)->connect();
    DoseKeeper keeper(*(*space)->connect(), home.person, (*space)->seal());
    {
        auto lock = store::Transaction::begin(**other);
        ASSERT_TRUE(lock);
        keeper.add(.1);
        std::this_thread::sleep_for(std::chrono::milliseconds(2500));
        EXPECT_NEAR(keeper.used(), .1, 1e-12);
    }
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (home.used() < .1 && std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_NEAR(home.used(), .1, 1e-12);
}

}  // namespace
}  // namespace attune::session
