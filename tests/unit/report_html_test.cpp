// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html.hpp"

#include <gtest/gtest.h>

#include "report/pictures.hpp"

namespace attune::report {
namespace {

/// Twenty minutes with one rating at the start and one in the eighteenth minute.
session::Summary a_session() {
    session::Summary s;
    s.start.goal = *flow::Goal::parse("calm", 20);
    s.start.start = flow::Va{-.3, .5};
    s.start.fingerprint = "fingerprint-of-the-test";
    s.why_ended = "finished";
    s.ended = {1200LL * 1'000'000'000};
    flow::Rating rating;
    rating.t = {1080LL * 1'000'000'000};
    rating.value = flow::Va{.2, -.3};
    s.ratings.push_back(rating);
    for (int t = 0; t <= 1200; ++t) {
        flow::AffectState state;
        state.t = {t * 1'000'000'000LL};
        state.any_evidence = true;
        state.felt.mean = {.001 * t / 3, -.1};
        state.felt.cov = {.04, 0.0, .04};
        s.states.push_back(state);
    }
    session::PlayedItem item;
    item.plan.title = "A piece <of> music";
    item.plan.expected = flow::Va{.1, -.2};
    item.plan.reasons = {{"towards_goal", {{"title", "A piece"}}, .4}};
    item.played_s = 1100;
    s.items.push_back(item);
    return s;
}

std::string page(Audience audience, const session::Summary& s) {
    session::SessionRow row;
    row.id = core::IdSource(1).next();
    row.goal = "calm";
    const auto strings = core::Strings::installed().value();
    Options options;
    options.audience = audience;
    return html(row, s, strings, options);
}

std::size_t count(const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

TEST(Report, AStretchThatNothingSpeaksOfIsDashedAndWhatFollowsARatingIsNot) {
    const std::string picture = timeline(a_session(), Audience::kProfessional);
    // Five minutes from the start rating, the silence until minute 18, and the last two minutes: three lines a dimension.
    EXPECT_EQ(count(picture, "class=\"estimate unseen\""), 2U);
    EXPECT_EQ(count(picture, "class=\"estimate\""), 4U);
    EXPECT_EQ(count(plane(a_session(), Audience::kProfessional), "class=\"estimate unseen\""), 1U);
}

TEST(Report, ThePersonsVersionHoldsNoInferredState) {
    const std::string person = page(Audience::kPerson, a_session());
    for (const char* inferred : {"class=\"estimate", "class=\"band", "sensors", "± ", "90 %"})
        EXPECT_EQ(person.find(inferred), std::string::npos) << inferred;
    EXPECT_NE(page(Audience::kProfessional, a_session()).find("class=\"band\""), std::string::npos);
}

TEST(Report, TheProfessionalsVersionSaysWhereItComesFrom) {
    EXPECT_NE(page(Audience::kProfessional, a_session()).find("fingerprint-of-the-test"), std::string::npos);
}

TEST(Report, IsOnePageWithoutAnyRequestAndCanBeReadAloud) {
    for (const Audience audience : {Audience::kPerson, Audience::kProfessional}) {
        const std::string text = page(audience, a_session());
        for (const char* outside : {"src=", "href=", "url(", "@import", "<script", "https:"})
            EXPECT_EQ(text.find(outside), std::string::npos) << outside;
        EXPECT_EQ(count(text, "http:"), count(text, "xmlns=\"http://www.w3.org/2000/svg\""));   // a name, not an address
        EXPECT_NE(text.find("<html lang=\"en\">"), std::string::npos);
        EXPECT_EQ(count(text, "<svg"), 2U);
        EXPECT_EQ(count(text, "role=\"img\""), 2U);
        EXPECT_GE(count(text, "<title"), 3U);          // the page's and each picture's
        EXPECT_GE(count(text, "<desc"), 2U);
        EXPECT_NE(text.find("scope=\"col\""), std::string::npos);
        EXPECT_NE(text.find("18:00"), std::string::npos) << "the rating stands in words too";
        EXPECT_EQ(text.find("<of>"), std::string::npos) << "titles are text, not markup";
    }
}

TEST(Report, SimulatedAndInterruptedSessionsSaySo) {
    session::Summary s = a_session();
    s.start.simulated = true;
    s.why_ended.clear();
    const std::string text = page(Audience::kPerson, s);
    EXPECT_NE(text.find("SIMULATED"), std::string::npos);
    EXPECT_NE(text.find("interrupted"), std::string::npos);
}

TEST(Report, ThatALikingIsNotKnownIsNeverTheReasonWhereThereIsAnother) {
    session::Summary s = a_session();
    s.items.front().plan.reasons = {{"liking_unknown", {}, .9}, {"meets_you", {}, .1}};
    const std::string text = page(Audience::kPerson, s);
    const auto meets = text.find("It meets you where you said you are."), unknown = text.find("We do not know yet whether you like it.");
    ASSERT_NE(meets, std::string::npos);
    ASSERT_NE(unknown, std::string::npos);
    EXPECT_LT(meets, unknown);
}

TEST(Report, LimitsOfEveryPlanAndDecisionsAreSentencesForTheProfessional) {
    session::Summary s = a_session();
    for (const char* limit : {"land_in_target", "join_tempo"}) {
        session::Decision decision;
        decision.what = "plan_adopted";
        decision.plan = flow::Plan();
        decision.plan->unmet.push_back({limit, 0, .3, .1, "more_music"});
        s.decisions.emplace_back(Time{}, decision);
    }
    session::Decision ask;
    ask.what = "ask";
    ask.question = "how_now";
    s.decisions.emplace_back(Time{}, ask);
    const std::string text = page(Audience::kProfessional, s);
    for (const char* sentence : {"The last piece does not quite reach the goal", "The tempo changes by more than the limit.", "How do you feel now?", "a new plan"})
        EXPECT_NE(text.find(sentence), std::string::npos) << sentence;
    for (const char* code : {"land_in_target", "join_tempo", "plan_adopted", "how_now"}) EXPECT_EQ(text.find(code), std::string::npos) << code;
}

TEST(Report, BothVersionsSayWhatWasAskedAboutMemoriesAndWhatWasAnswered) {
    session::Summary s = a_session();
    const auto ask = [&](const char* track, const char* title) {
        session::Decision asks{"ask", 0, {{"memory_fits", {{"track", track}, {"title", title}}, .3}}, {}, "memory", {"yes", "no"}, {}};
        s.decisions.emplace_back(Time{90'000'000'000}, asks);
    };
    const auto answer = [&](const char* what, const char* code, const char* track, const char* title) {
        session::Decision said{what, 0, {{code, {{"track", track}, {"title", title}, {"actor", "local"}, {"role", "listener"}}, 0.0}}, {}, {}, {}, {}};
        s.decisions.emplace_back(Time{95'000'000'000}, said);
    };
    ask("a1", "Clair de lune"), answer("yes", "you_said_yes", "a1", "Clair de lune");
    ask("b2", "La mer"), answer("no", "you_said_no", "b2", "La mer");
    ask("c3", "Jeux"), answer("no", "memory_unanswered", "c3", "Jeux");
    for (const Audience audience : {Audience::kPerson, Audience::kProfessional}) {
        const std::string text = page(audience, s);
        for (const char* sentence : {"What we asked you", "1:30 min: We asked whether you would like to hear “Clair de lune”, which carries memories for you. You said yes.",
                                     "“La mer”, which carries memories for you. You said no.", "“Jeux”, which carries memories for you. You did not answer, which counts as no."})
            EXPECT_NE(text.find(sentence), std::string::npos) << sentence;
        EXPECT_EQ(text.find("{title}"), std::string::npos);
    }
    EXPECT_EQ(page(Audience::kPerson, a_session()).find("What we asked you"), std::string::npos);
}

}  // namespace
}  // namespace attune::report
