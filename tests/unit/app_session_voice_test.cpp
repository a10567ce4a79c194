// SPDX-License-Identifier: GPL-3.0-or-later
// What a session says in a terminal: questions with how to answer them, what plays and why, what went otherwise.
#include <gtest/gtest.h>

#include "app/session_voice.hpp"

namespace attune::app {
namespace {

using session::Decision;

class SessionVoiceTest : public testing::Test {
protected:
    SessionVoiceTest() : voice_(core::Strings::installed().value(), [this](const std::string& line) { lines_.push_back(line); }) {
        session::Start start;
        start.session = Id::parse("01234567-89ab-7def-8123-456789abcdef").value();
        hear(start);
    }
    void hear(session::Payload payload) {
        session::SessionEvent event;
        event.payload = std::move(payload);
        voice_.hear(event);
    }
    void ask(const std::string& question, std::vector<std::string> answers = {}) {
        Decision decision;
        decision.what = "ask";
        decision.question = question;
        decision.answers = std::move(answers);
        hear(decision);
    }
    std::vector<std::string> lines_;
    SessionVoice voice_;
};

bool has(const std::vector<std::string>& lines, const std::string& text) {
    for (const std::string& line : lines)
        if (line.find(text) != std::string::npos) return true;
    return false;
}

TEST_F(SessionVoiceTest, EveryQuestionSaysHowToAnswerIt) {
    ask("how_now");
    EXPECT_TRUE(has(lines_, "How do you feel now?"));
    EXPECT_TRUE(has(lines_, "attune session tell 01234567-89ab-7def-8123-456789abcdef rate VALENCE,AROUSAL"));
    lines_.clear();
    voice_.keys_are_heard(true);
    ask("how_after");
    EXPECT_TRUE(has(lines_, "How do you feel after it?  r = rate it"));
    EXPECT_FALSE(has(lines_, "session tell"));
}

TEST_F(SessionVoiceTest, AnswersAreKeysOrWordsThatTheSessionUnderstands) {
    ask("worse", {"keep_going", "back", "softer", "silence", "stop"});
    EXPECT_TRUE(has(lines_, "keep-going | back | softer | silence | stop"));
    lines_.clear();
    voice_.keys_are_heard(true);
    ask("worse", {"keep_going", "back", "softer", "silence", "stop"});
    EXPECT_TRUE(has(lines_, "Is this getting harder?  k keep-going, b back, - softer, m silence, q stop"));
    ask("lag", {"hold", "go_on", "back", "worse"});
    EXPECT_TRUE(has(lines_, "h hold, g go-on, b back, w worse"));
}

TEST_F(SessionVoiceTest, APieceThatCarriesMemoriesIsAskedAboutByItsTitleAndTheAnswerIsSaidBack) {
    const std::map<std::string, std::string> piece = {{"track", std::string(32, 'a')}, {"title", "Clair de lune"}};
    Decision asks{"ask", 0, {{"memory_fits", piece, .2}}, {}, "memory", {"yes", "no"}, {}};
    hear(asks);
    EXPECT_TRUE(has(lines_, "“Clair de lune” carries memories for you. Would you like to hear it now?"));
    EXPECT_TRUE(has(lines_, "yes | no"));
    voice_.keys_are_heard(true);
    hear(asks);
    EXPECT_TRUE(has(lines_, "y yes, n no"));
    hear(Decision{"no", 0, {{"memory_unanswered", piece, 0.0}}, {}, {}, {}, {}});
    EXPECT_TRUE(has(lines_, "You did not say whether you would like to hear “Clair de lune”"));
}

TEST_F(SessionVoiceTest, WhatGotWorseIsSaidInASentence) {
    Decision decision;
    decision.what = "flag";
    decision.reasons.push_back({"worse", {{"probability", "0.97"}}, 0.0});
    hear(decision);
    EXPECT_TRUE(has(lines_, "You said that you feel worse than at the start."));
    EXPECT_FALSE(has(lines_, "0.97"));
}

TEST_F(SessionVoiceTest, AnItemIsNamedOnceWithWhyItPlays) {
    flow::PlanItem item;
    item.id = Id::parse("11234567-89ab-7def-8123-456789abcdef").value();
    item.title = "Gymnopedie";
    item.reasons = {{"familiar", {}, 0.1}, {"liked_artist", {{"artist", "Satie"}}, 0.4}};
    Decision decision;
    decision.what = "plan_adopted";
    decision.plan = flow::Plan{};
    decision.plan->items = {item};
    hear(decision);
    flow::Heard heard;
    heard.item = item.id;
    hear(heard);
    hear(heard);
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_TRUE(has(lines_, "Gymnopedie  (You like music by Satie.)"));
}

TEST(UnmetSentences, EachLimitIsSaidOnce) {
    const auto lines = unmet_sentences({{"no_music", 0, 0.0, 1.0, "more_music"}, {"join_tempo", 1, 2.0, 1.0, ""}, {"join_tempo", 2, 3.0, 1.0, ""}},
                                       core::Strings::installed().value());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], "There is no music that may be played.");
}

}  // namespace
}  // namespace attune::app
