// SPDX-License-Identifier: GPL-3.0-or-later
// A track with the memory mark "ask": asked about once, at a calm moment, and heard after a yes alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "session/codec.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

using K = flow::CommandKind;

/// Sessions of one listener who loves a track and marked it: the second of the session without the mark.
class Memory : public testing::Test {
protected:
    static Cast scene() {
        Cast cast;
        cast.answers = false;
        cast.start = flow::Va{-.35, .6};
        return cast;
    }
    /// The second track of the session without a mark.
    static ContentKey second_track() {
        std::vector<ContentKey> tracks;
        for (const PlayedItem& item : run(scene()).summary.items)
            if (item.plan.kind == flow::ItemKind::kTrack) tracks.push_back(item.plan.track);
        return tracks.at(1);
    }
    Memory() {
        static const ContentKey second = second_track();
        marked = second;
        PersonState person;
        person.familiar = {marked};
        person.liking.observe(*stage().world.view, *stage().world.view->row(marked), choose::LikingSource::kLoved);
        known = person.text();
        policy.blocks.ask_first = policy.blocks.askable = {marked};
    }
    /// When it asks whoever does not answer.
    Time asked_at() {
        static const Time t = asked(listen()).at(0);
        return t;
    }
    Outcome listen(std::vector<Scripted> script = {}, const std::function<void(Cast&)>& change = {}) {
        Cast cast = scene();
        cast.person_state = known;
        cast.policy = policy;
        cast.script = std::move(script);
        if (change) change(cast);
        return run(std::move(cast));
    }
    /// When the session asked about memories.
    static std::vector<Time> asked(const Outcome& outcome) {
        std::vector<Time> times;
        for (const auto& [t, decision] : outcome.summary.decisions)
            if (decision.what == "ask" && decision.question == "memory") times.push_back(t);
        return times;
    }
    static bool decided(const Outcome& outcome, std::string_view what, std::string_view code) {
        const auto& all = outcome.summary.decisions;
        return std::any_of(all.begin(), all.end(), [&](const auto& d) {
            return d.second.what == what && !d.second.reasons.empty() && d.second.reasons.front().code == code;
        });
    }
    const PlayedItem* heard(const Outcome& outcome) const {
        const auto& items = outcome.summary.items;
        const auto at = std::find_if(items.begin(), items.end(), [&](const PlayedItem& i) { return i.plan.track == marked; });
        return at == items.end() ? nullptr : &*at;
    }
    static Scripted after(Time moment, std::int64_t seconds_later, K kind) {
        return command_at(moment.ns / 1'000'000'000 + seconds_later, kind);
    }
    static void expect_replayed(const Outcome& outcome) {
        const auto report = replay(outcome.events, stage().world);
        ASSERT_TRUE(report) << report.error().describe();
        EXPECT_TRUE(report->identical()) << report->first_difference.value_or(0) << ": " << report->difference;
    }

    ContentKey marked;
    std::string known;
    flow::Policy policy;
};

TEST_F(Memory, IsAskedAboutOnceWithItsTitleAndNoAnswerIsANo) {
    const Outcome outcome = listen();
    const auto times = asked(outcome);
    ASSERT_EQ(times.size(), 1U);
    for (const auto& [t, decision] : outcome.summary.decisions) {
        if (decision.question != "memory") continue;
        EXPECT_EQ(decision.answers, (std::vector<std::string>{"yes", "no"}));
        EXPECT_EQ(decision.reasons.at(0).args.at("track"), marked.hex());
        EXPECT_EQ(decision.reasons.at(0).args.at("title"), stage().world.view->title[*stage().world.view->row(marked)]);
    }
    EXPECT_TRUE(decided(outcome, "no", "memory_unanswered"));
    EXPECT_EQ(heard(outcome), nullptr);
    expect_replayed(outcome);
}

TEST_F(Memory, IsHeardAfterAYesAndTheReasonSaysSo) {
    const Outcome outcome = listen({after(asked_at(), 7, K::kYes)});
    EXPECT_EQ(asked(outcome).size(), 1U);
    const PlayedItem* item = heard(outcome);
    ASSERT_NE(item, nullptr);
    EXPECT_GT(item->began, asked_at());
    EXPECT_GT(item->played_s, 30.0);
    const auto& reasons = item->plan.reasons;
    EXPECT_TRUE(std::any_of(reasons.begin(), reasons.end(), [](const auto& r) { return r.code == "you_said_yes"; }));
    EXPECT_TRUE(decided(outcome, "plan_requested", "replan_said_yes"));
    const auto& items = outcome.summary.items;
    const auto before = std::count_if(items.begin(), items.end(), [&](const PlayedItem& i) {
        return i.plan.kind == flow::ItemKind::kTrack && i.began > asked_at() && i.began < item->began;
    });
    EXPECT_LE(before, 1) << "it comes soon";
    expect_replayed(outcome);
}

TEST_F(Memory, IsNeverHeardAfterANoAndNotAskedAboutAgain) {
    // Planned anew twice: the suggestion would come again.
    const Outcome outcome = listen({after(asked_at(), 7, K::kNo), after(asked_at(), 90, K::kSkip), after(asked_at(), 200, K::kSkip)});
    EXPECT_EQ(asked(outcome).size(), 1U);
    EXPECT_TRUE(decided(outcome, "no", "you_said_no"));
    EXPECT_EQ(heard(outcome), nullptr);
    expect_replayed(outcome);
}

TEST_F(Memory, AnAnswerToNothingIsRefused) {
    const Outcome outcome = listen({command_at(20, K::kYes), after(asked_at(), 70, K::kYes)});
    EXPECT_FALSE(decided(outcome, "yes", "you_said_yes"));
    EXPECT_TRUE(decided(outcome, "refused", "nothing_was_asked"));
    EXPECT_EQ(heard(outcome), nullptr);
    flow::Command other;
    other.kind = K::kYes;
    other.args["track"] = std::string(32, 'a');
    EXPECT_FALSE(decided(listen({Scripted{asked_at() + seconds(5), other}}), "yes", "you_said_yes")) << "the question is about another";
}

TEST_F(Memory, AnotherButtonLeavesTheQuestionOpen) {
    EXPECT_NE(heard(listen({after(asked_at(), 5, K::kSofter), after(asked_at(), 9, K::kYes)})), nullptr);
}

TEST_F(Memory, IsNotAskedAboutOnceSomebodyFeelsWorseOrUnsafeOrHoldsOrThePlanIsLocked) {
    const auto before = [&](K kind) { return after(asked_at(), -6, kind); };
    EXPECT_TRUE(asked(listen({before(K::kUnsafe)})).empty());
    EXPECT_TRUE(asked(listen({before(K::kHold)})).empty());
    Scripted lock = before(K::kLockPlan);
    std::get<flow::Command>(lock.payload).role = flow::Role::kTherapist;
    EXPECT_TRUE(asked(listen({lock})).empty());
    EXPECT_TRUE(asked(listen({rating_at(asked_at().seconds() - 6, {-.95, .95})})).empty());
}

TEST_F(Memory, AYesIsNoLongerWantedBySomebodyWhoFeelsWorse) {
    const Outcome outcome = listen({after(asked_at(), 5, K::kYes), rating_at(asked_at().seconds() + 8, {-.95, .95})});
    EXPECT_TRUE(decided(outcome, "flag", "worse"));
    const PlayedItem* item = heard(outcome);
    if (item == nullptr) return;
    const auto& reasons = item->plan.reasons;
    EXPECT_FALSE(std::any_of(reasons.begin(), reasons.end(), [](const auto& r) { return r.code == "you_said_yes"; }));
}

TEST_F(Memory, OnlyWithSomebodyIsNotAskedAboutAtAll) {
    policy.blocks.askable.clear();
    const Outcome outcome = listen();
    EXPECT_TRUE(asked(outcome).empty());
    EXPECT_EQ(heard(outcome), nullptr);
}

TEST_F(Memory, TheOtherPoliciesAskNothing) {
    for (const char* strategy : {"nearest", "match", "random", "silence"}) {
        const Outcome outcome = listen({}, [&](Cast& cast) { cast.strategy = strategy; });
        EXPECT_TRUE(asked(outcome).empty()) << strategy;
        EXPECT_EQ(heard(outcome), nullptr) << strategy;
    }
}

TEST_F(Memory, EveryQuestionComesAtACalmMoment) {
    int questions = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Outcome outcome = listen({}, [&](Cast& cast) {
            cast.seed = seed;
            cast.answers = true;
            cast.goal = seed % 3 == 0 ? "sleep" : "calm";
            for (std::size_t row = seed; row < stage().world.view->size(); row += 12) {
                cast.policy.blocks.ask_first.insert(stage().world.view->key[row]);
                cast.policy.blocks.askable.insert(stage().world.view->key[row]);
            }
        });
        std::set<std::string> about;
        std::optional<Time> last;   // question of any kind
        for (const auto& [t, decision] : outcome.summary.decisions) {
            if (decision.what != "ask") continue;
            if (decision.question == "memory") {
                ++questions;
                EXPECT_TRUE(about.insert(decision.reasons.at(0).args.at("track")).second) << "asked twice";
                EXPECT_GE(t.seconds(), 60.0);
                EXPECT_LE(t.seconds(), 20 * 60.0 - 60.0);
                EXPECT_TRUE(!last || (t - *last).seconds() >= 60.0) << "another question was asked less than a minute before " << t.seconds() << " s";
                EXPECT_TRUE(outcome.summary.start.goal.kind != flow::GoalKind::kSleep || t.seconds() <= 480.0) << t.seconds();
            }
            last = t;
        }
        for (const PlayedItem& item : outcome.summary.items)
            EXPECT_FALSE(item.plan.kind == flow::ItemKind::kTrack && outcome.summary.start.policy.blocks.ask_first.contains(item.plan.track));
        expect_replayed(outcome);
    }
    EXPECT_GE(questions, 12);
}

}  // namespace
}  // namespace attune::session
