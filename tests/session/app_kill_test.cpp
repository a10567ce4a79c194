// SPDX-License-Identifier: GPL-3.0-or-later
// `kill -9` of a real session at random moments: the database opens, what another process had seen committed is there
// and verifies, the report of what happened can be made, and what was said of the
// body is recomputed from the samples that stand.
#include <algorithm>
#include <random>

#include "session/record.hpp"
#include "support/program.hpp"

namespace attune {
namespace {

TEST(Kill9, AtTwentyRandomMomentsNoAcknowledgedEventIsMissingAndTheReportIsMade) {
    test::Attune attune;
    attune.take_data_of(test::scanned());
    std::mt19937 random(1);   // moments of this test, not numbers of the product
    std::size_t with_events = 0;
    int recomputed = 0;
    for (int round = 0; round < 20; ++round) {
        const auto sessions_before = [&] {
            auto db = *store::Connection::open("sqlite:" + attune.database().string());
            return session::list_sessions(*db)->size();
        }();
        const bool fast = round % 4 == 3;   // a fast one commits thousands of events in its short life
        std::vector<std::string> args = {"session", "run", "--goal", "calm", "--minutes", fast ? "180" : "2", "--sink", "null",
                                         "--sense", "simulated:anxious?seed=" + std::to_string(round + 1), "--seed", "1"};
        if (fast) args.emplace_back("--fast");
        auto process = attune.start(args);
        // A moment of its life: from before the first event to a second into it.
        const auto now = [] { return std::chrono::steady_clock::now(); };
        const auto patience = now() + std::chrono::seconds(5);
        auto until = round % 5 == 4 ? now() + std::chrono::milliseconds(random() % 150) : patience;
        std::string id;
        std::uint64_t seen = 0;   // committed: another process reads it
        {
            auto watching = *store::Connection::open("sqlite:" + attune.database().string());
            while (now() < until) {
                const auto list = session::list_sessions(*watching);
                if (list && list->size() > sessions_before) {
                    if (id.empty()) until = std::min(until, now() + std::chrono::milliseconds(random() % (fast ? 300 : 1000)));
                    id = list->front().id.text();
                    seen = std::max(seen, list->front().events);
                }
                usleep(2000);
            }
            process->signal(SIGKILL);
        }
        const auto ended = process->wait();
        if (ended.status != -SIGKILL) {
            EXPECT_EQ(ended.status, 0) << ended.err;   // it was faster
        }
        if (id.empty()) continue;   // killed before the session had begun
        with_events += seen > 0;
        auto db = store::Connection::open("sqlite:" + attune.database().string());
        ASSERT_TRUE(db) << db.error().describe();
        const auto row = session::find_session(**db, id);
        ASSERT_TRUE(row) << row.error().describe();
        const auto events = session::read_events(**db, row->id);   // verifies the chain
        ASSERT_TRUE(events) << events.error().describe();
        const bool whole = std::ranges::any_of(*events, [](const auto& e) { return std::holds_alternative<session::End>(e.payload); });
        if (ended.status == -SIGKILL && !whole) {   // a fast one may be killed on its way out
            EXPECT_EQ(row->status, session::SessionStatus::kInterrupted);
        }
        EXPECT_GE(events->size(), seen);
        if (events->empty()) continue;
        const auto page = attune.file("report" + std::to_string(round) + ".html");
        const auto report = attune({"session", "report", id, "--professional", "--out", page.string()});
        EXPECT_EQ(report.status, 0) << "after " << events->size() << " events: " << report.err;
        EXPECT_NE(test::slurp(page).find("</html>"), std::string::npos);
        // What stands of the samples too is enough for all that stands of the events.
        const auto replay = attune({"session", "replay", id, "--from-samples", "--json"});
        EXPECT_EQ(replay.status, 0) << "after " << events->size() << " events: " << replay.out << replay.err;
        recomputed += replay.json().at("from_samples").at("compared").get<int>();
    }
    EXPECT_GE(with_events, 12U) << "too few were killed while they recorded: nothing is shown";
    EXPECT_GT(recomputed, 100) << "no sample was kept: nothing is shown";
    RecordProperty("killed_while_recording", static_cast<int>(with_events));
}

}  // namespace
}  // namespace attune
