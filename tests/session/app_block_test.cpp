// SPDX-License-Identifier: GPL-3.0-or-later
// "Never again", said in a session of the real program: it is not played in the next one, survives `kill -9`, and
// Settings takes it back. A simulated listener blocks nothing.
#include <algorithm>

#include "session/record.hpp"
#include "support/program.hpp"

namespace attune {
namespace {

class NeverAgain : public ::testing::Test {
protected:
    void SetUp() override { attune.take_data_of(test::scanned()); }
    /// Starts a session in real time that nobody hears, and waits until something plays.
    std::string begin(std::vector<std::string> more = {}) {
        std::vector<std::string> args = {"session", "run", "--goal", "calm", "--minutes", "3", "--from", "-0.3,0.4", "--sink", "null", "--seed", "1"};
        args.insert(args.end(), more.begin(), more.end());
        process = attune.start(args);
        auto db = *store::Connection::open("sqlite:" + attune.database().string());
        for (int i = 0; i < 1000; ++i, usleep(20'000)) {
            const auto list = session::list_sessions(*db);
            if (!list || list->empty() || list->front().status != session::SessionStatus::kRunning) continue;
            const auto events = session::read_events(*db, list->front().id);
            if (!events) continue;
            for (const auto& event : *events) {
                const auto* heard = std::get_if<flow::Heard>(&event.payload);
                if (heard != nullptr && heard->playing && heard->kind == flow::ItemKind::kTrack) return heard->track.hex();
            }
        }
        ADD_FAILURE() << "nothing plays";
        return "";
    }
    test::Finished tell(std::vector<std::string> words, std::vector<std::string> more = {}) {
        std::vector<std::string> args = {"session", "tell", "last"};
        args.insert(args.end(), words.begin(), words.end());
        args.insert(args.end(), more.begin(), more.end());
        return attune(args);
    }
    nlohmann::json person() { return attune({"person", "show"}).json(); }
    /// Tracks of a whole session in virtual time, as often as they are played.
    std::vector<std::string> played() {
        const auto run = attune({"session", "run", "--goal", "calm", "--minutes", "20", "--from", "-0.3,0.4", "--sink", "null", "--fast", "--seed", "1", "--json"});
        EXPECT_EQ(run.status, 0) << run.err;
        std::vector<std::string> out;
        const nlohmann::json report = run.json();
        for (const auto& item : report.at("items"))
            if (item.at("track").is_string()) out.push_back(item.at("track").get<std::string>());
        return out;
    }
    static std::ptrdiff_t times(const std::vector<std::string>& list, const std::string& track) { return std::count(list.begin(), list.end(), track); }

    test::Attune attune;
    std::unique_ptr<test::Process> process;
};

TEST_F(NeverAgain, SaidOfATrackHoldsInTheNextSessionAlsoWhenTheProcessIsKilledAtOnce) {
    ASSERT_FALSE(played().empty());
    const std::string track = begin();
    const auto told = tell({"block", track}, {"--actor", "ada"});
    process->signal(SIGKILL);   // the word was acknowledged; nothing more may be needed
    EXPECT_EQ(process->wait().status, -SIGKILL);
    ASSERT_EQ(told.status, 0) << told.err;
    const auto kept = person();
    EXPECT_EQ(kept.at("blocked_tracks"), nlohmann::json::array({track}));
    ASSERT_EQ(kept.at("blocked_by").size(), 1U);
    EXPECT_EQ(kept.at("blocked_by")[0].at("actor"), "ada");
    EXPECT_EQ(kept.at("blocked_by")[0].at("role"), "listener");
    EXPECT_EQ(times(played(), track), 0);
    ASSERT_EQ(attune({"person", "onboard", "--allow", track}).status, 0);
    EXPECT_TRUE(person().at("blocked_tracks").empty());
    EXPECT_TRUE(person().at("blocked_by").empty());
}

TEST_F(NeverAgain, SaidByATherapistIsTakenBackByATherapistOnly) {
    begin();
    const auto told = tell({"block", "artist:The Clips "}, {"--as", "therapist", "--actor", "kim"});
    ASSERT_EQ(told.status, 0) << told.err;
    EXPECT_EQ(tell({"stop"}).status, 0);
    EXPECT_EQ(process->wait().status, 0);
    EXPECT_EQ(person().at("blocked_artists"), nlohmann::json::array({"the clips"}));
    const auto refused = attune({"person", "onboard", "--allow", "artist:The Clips"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("kim"), std::string::npos) << refused.err;
    EXPECT_EQ(person().at("blocked_artists").size(), 1U);
    EXPECT_EQ(attune({"person", "onboard", "--allow", "artist:The Clips", "--as", "therapist"}).status, 0);
    EXPECT_TRUE(person().at("blocked_artists").empty());
}

TEST_F(NeverAgain, SaidByASimulatedListenerBlocksNothingForThePerson) {
    const std::string track = begin({"--sense", "simulated:calm?seed=1"});
    ASSERT_EQ(tell({"block", track}).status, 0);
    EXPECT_EQ(tell({"stop"}).status, 0);
    EXPECT_EQ(process->wait().status, 0);
    EXPECT_TRUE(person().at("blocked_tracks").empty());
}

}  // namespace
}  // namespace attune
