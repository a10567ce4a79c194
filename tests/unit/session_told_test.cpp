// SPDX-License-Identifier: GPL-3.0-or-later
// What is told to a session that runs: the words, the keys, and the letter box between processes.
#include <gtest/gtest.h>

#include "session/mailbox.hpp"
#include "session/told_words.hpp"
#include "support/database.hpp"

namespace attune::session {
namespace {

Result<Payload> told(std::vector<std::string> words, flow::Role role = flow::Role::kListener) {
    return parse_told(words, {"anna", role});
}

flow::Command command_of(std::vector<std::string> words) { return std::get<flow::Command>(*told(std::move(words))); }

TEST(ToldWords, EveryButtonHasAWord) {
    using K = flow::CommandKind;
    const std::pair<const char*, K> buttons[] = {
        {"hold", K::kHold}, {"go-on", K::kGoOn}, {"back", K::kBack}, {"skip", K::kSkip}, {"softer", K::kSofter},
        {"slower", K::kSlower}, {"pause", K::kPause}, {"resume", K::kResume}, {"stop", K::kStop}, {"unsafe", K::kUnsafe}, {"worse", K::kWorse},
        {"silence", K::kMoreSilence}, {"keep-going", K::kKeepGoing}, {"quieter", K::kQuieter}, {"lock", K::kLockPlan},
        {"unlock", K::kUnlockPlan}, {"yes", K::kYes}, {"no", K::kNo}};
    for (const auto& [word, kind] : buttons) EXPECT_EQ(command_of({word}).kind, kind) << word;
    EXPECT_EQ(command_of({"stop"}).actor, "anna");
    EXPECT_EQ(command_of({"faster"}).args.at("back"), "1") << "a step of slower, taken back";
}

TEST(ToldWords, ATherapistOverridesItemStepAndLevel) {
    const std::string key(32, 'a');
    EXPECT_EQ(command_of({"next", key}).args.at("track"), key);
    EXPECT_EQ(command_of({"block", key}).kind, flow::CommandKind::kBlockTrack);
    EXPECT_EQ(command_of({"block", "artist: The Clips "}).args.at("artist"), "the clips");
    EXPECT_EQ(told({"block", "artist: "}).error().code, ErrorCode::kBadArgument);
    EXPECT_EQ(command_of({"step", ".1,.2"}).args.at("max_arousal_step"), "0.2");
    EXPECT_EQ(command_of({"level", "-6"}).args.at("gain_db"), "-6");
    EXPECT_EQ(std::get<flow::Command>(*told({"lock"}, flow::Role::kTherapist)).role, flow::Role::kTherapist);
}

TEST(ToldWords, ARatingIsAPointAndALikingANumber) {
    EXPECT_EQ(std::get<flow::Rating>(*told({"rate", "-.2,.4"})).value->arousal, .4);
    EXPECT_EQ(std::get<flow::Rating>(*told({"like", "-0.5"})).liking, -.5);
}

TEST(ToldWords, WhatIsNotUnderstoodIsRefusedWithTheNearestWordOrTheRange) {
    EXPECT_NE(told({"hodl"}).error().message.find("did you mean 'hold'"), std::string::npos);
    for (const auto& bad : std::vector<std::vector<std::string>>{
             {"rate", "2,0"}, {"rate", ".1"}, {"rate", "nan,0"}, {"rate"}, {"like", "3"}, {"hold", "x"}, {"next", "song"},
             {"step", "-.1,.1"}, {"level", "99"}, {}})
        EXPECT_EQ(told(bad).error().code, ErrorCode::kBadArgument) << (bad.empty() ? "" : bad[0]);
    EXPECT_NE(told({"level", "99"}).error().message.find("-60 to 12"), std::string::npos);
    EXPECT_EQ(parse_role("boss").error().code, ErrorCode::kBadArgument);
}

TEST(ToldWords, EveryKeyIsAWordThatIsUnderstood) {
    for (const char key : std::string("hgbs-p muqyn")) {
        const std::string word(word_of_key(key, false));
        ASSERT_FALSE(word.empty()) << key;
        EXPECT_TRUE(told({word})) << key;
    }
    EXPECT_EQ(word_of_key('p', true), "resume");
    EXPECT_TRUE(word_of_key('x', false).empty());
}

class MailboxTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!db_) return;
        const store::RoomSchema rooms[] = {schema()};
        ASSERT_TRUE(store::migrate(*db_, rooms, {}));
        core::IdSource ids(3);
        start_.session = ids.next();
        start_.person = ids.next();
        start_.goal = *flow::Goal::parse("calm", 20);
        ASSERT_TRUE(begin_session(*db_, start_));
    }
    SessionRow row() { return *find_session(*db_, start_.session.text()); }

    Start start_;
};

TEST_P(MailboxTest, LettersArriveOnceAndInTheOrderOfWriting) {
    ASSERT_TRUE(tell(*db_, row(), *told({"hold"}), "anna"));
    ASSERT_TRUE(tell(*db_, row(), *told({"rate", ".1,.2"}), "ben"));
    const auto letters = take_told(*db_, start_.session);
    ASSERT_TRUE(letters) << letters.error().describe();
    ASSERT_EQ(letters->size(), 2U);
    EXPECT_EQ(std::get<flow::Command>(letters->at(0).payload).kind, flow::CommandKind::kHold);
    EXPECT_EQ(letters->at(1).actor, "ben");
    EXPECT_TRUE(take_told(*db_, start_.session)->empty());
}

TEST_P(MailboxTest, ASessionThatIsOverIsToldNothing) {
    ASSERT_TRUE(tell(*db_, row(), *told({"hold"}), "anna"));
    ASSERT_TRUE(end_session(*db_, start_.session, SessionStatus::kFinished));
    EXPECT_TRUE(take_told(*db_, start_.session)->empty());
    const auto late = tell(*db_, row(), *told({"hold"}), "anna");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kRefused);
    EXPECT_NE(late.error().message.find("finished"), std::string::npos);
}

TEST_P(MailboxTest, TheReaderCarriesALetterToTheInbox) {
    Inbox inbox;
    const MailReader reader(*store::Connection::open(url_), start_.session, inbox);
    ASSERT_TRUE(tell(*db_, row(), *told({"stop"}), "anna"));
    const auto letter = inbox.wait(std::chrono::seconds(5));
    ASSERT_TRUE(letter);
    EXPECT_EQ(std::get<flow::Command>(letter->payload).kind, flow::CommandKind::kStop);
}

TEST_P(MailboxTest, WhoToldIsAnsweredDoneOrRefusedAndWhy) {
    const auto command = [&](std::uint8_t n) {
        flow::Command c;
        c.id.bytes[15] = n;
        c.kind = flow::CommandKind::kHold;
        return c;
    };
    const SessionRow before = row();
    const auto answer = [&](std::uint8_t n) { return *answer_to(*db_, before, command(n).id); };
    EXPECT_FALSE(answer(1)) << "not heard of yet";
    Decision done, refused;
    done.what = "hold";
    refused.what = "refused";
    refused.reasons = {{"plan_is_locked", {}, 0.0}};
    std::vector<SessionEvent> events;
    const auto add = [&](Payload payload) {
        SessionEvent event;
        event.seq = events.size() + 1;
        event.payload = std::move(payload);
        events.push_back(std::move(event));
    };
    add(start_), add(command(1)), add(done), add(Tick{}), add(command(2)), add(refused), add(command(3));
    ASSERT_TRUE(append_events(*db_, start_.session, events));
    ASSERT_TRUE(answer(1));
    EXPECT_FALSE(answer(1)->refused);
    ASSERT_TRUE(answer(2) && answer(2)->refused);
    EXPECT_EQ(answer(2)->refused->code, "plan_is_locked");
    ASSERT_TRUE(answer(3));
    EXPECT_FALSE(answer(3)->refused);
}

INSTANTIATE_TEST_SUITE_P(Both, MailboxTest, testing::Values(store::Backend::kSqlite, store::Backend::kPostgres));

}  // namespace
}  // namespace attune::session
