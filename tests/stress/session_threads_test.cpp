// SPDX-License-Identifier: GPL-3.0-or-later
// The threads of a session, each with its neighbour, for TSan: the store writer, the inbox, the mail reader and the
// planner worker. Built from their own sources, so that the TSan tree need not build the rooms that plan.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "session/event_writer.hpp"
#include "session/inbox.hpp"
#include "session/mailbox.hpp"
#include "session/planner_worker.hpp"
#include "session/record.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {

/// Planning itself belongs to other rooms: here a plan takes two milliseconds and says whose it is.
flow::Plan run_plan(const PlanOrder& order) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    flow::Plan plan;
    plan.state_seq = order.request;
    return plan;
}

namespace {

struct Recorded {
    test::TempDir dir;
    std::string url = "sqlite:" + (dir.path() / "t.db").string();
    Start start;

    Recorded() {
        core::IdSource ids(1);
        start.session = ids.next();
        start.person = ids.next();
        start.goal = *flow::Goal::parse("calm", 20);
        auto db = connect();
        const store::RoomSchema rooms[] = {schema()};
        EXPECT_TRUE(store::migrate(*db, rooms, {}));
        EXPECT_TRUE(begin_session(*db, start));
    }
    std::unique_ptr<store::Connection> connect() const { return *store::Connection::open(url); }
};

SessionEvent tick(std::uint64_t seq) {
    SessionEvent event;
    event.seq = seq;
    event.t = {static_cast<std::int64_t>(seq) * 1'000'000};
    event.payload = Tick{};
    return event;
}

TEST(SessionThreads, TheWriterIsFedAndWatchedAtOnce) {
    constexpr std::uint64_t kEvents = 2000;
    const Recorded recorded;
    EventWriter writer(recorded.connect(), recorded.start.session);
    std::atomic<bool> done{false};
    std::thread watching([&] {
        std::uint64_t last = 0;
        const auto db = recorded.connect();
        while (!done) {
            const std::uint64_t now = writer.committed();
            EXPECT_GE(now, last);
            EXPECT_FALSE(writer.failure());
            EXPECT_GE(find_session(*db, "last")->events, last) << "acknowledged is committed";
            last = now;
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
    });
    for (std::uint64_t seq = 1; seq <= kEvents; ++seq) {
        writer.push(tick(seq));
        if (seq % 500 == 0) {
            EXPECT_TRUE(writer.flush());
        }
    }
    EXPECT_TRUE(writer.flush());
    done = true;
    watching.join();
    EXPECT_EQ(writer.committed(), kEvents);
    EXPECT_EQ(read_events(*recorded.connect(), recorded.start.session)->size(), kEvents);
}

TEST(SessionThreads, ThreeSpeakersAndTheMailReachTheInboxAndNoWordIsLost) {
    constexpr int kEach = 400, kLetters = 5;
    const Recorded recorded;
    Inbox inbox;
    int heard = 0, letters = 0;
    {
        const MailReader mail(recorded.connect(), recorded.start.session, inbox);
        std::vector<std::thread> speakers;
        for (int s = 0; s < 3; ++s) {
            speakers.emplace_back([&] {
                for (int i = 0; i < kEach; ++i) inbox.push({.payload = flow::Rating{}, .actor = "speaker"});
            });
        }
        const auto db = recorded.connect();
        const auto row = *find_session(*db, "last");
        for (int i = 0; i < kLetters; ++i) ASSERT_TRUE(tell(*db, row, flow::Command{}, "letter"));
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while ((heard < 3 * kEach || letters < kLetters) && std::chrono::steady_clock::now() < patience) {
            const auto next = inbox.wait(std::chrono::milliseconds(50));
            if (!next) continue;
            ++(next->actor == "speaker" ? heard : letters);
        }
        for (std::thread& speaker : speakers) speaker.join();
    }
    EXPECT_EQ(heard, 3 * kEach);
    EXPECT_EQ(letters, kLetters);
    EXPECT_EQ(inbox.take_dropped(), 0U);
}

TEST(SessionThreads, TheNewestPlanIsTakenOnceAndTheWorkerEndsAtAnyMoment) {
    for (int round = 0; round < 20; ++round) {
        PlannerWorker worker;
        for (std::uint64_t request = 1; request <= 5; ++request) {
            PlanOrder order;
            order.request = request;
            worker.ask(std::move(order));
            (void)worker.take(request - 1);
        }
        if (round % 2 == 0) continue;   // destroyed while it plans
        std::optional<flow::Plan> plan;
        for (int i = 0; i < 2000 && !plan; ++i) {
            plan = worker.take(5);
            if (!plan) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        ASSERT_TRUE(plan);
        EXPECT_EQ(plan->state_seq, 5U);
        EXPECT_FALSE(worker.take(5));
    }
}

}  // namespace
}  // namespace attune::session
