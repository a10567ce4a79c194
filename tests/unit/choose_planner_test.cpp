// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "choose/planner.hpp"
#include "choose/policies.hpp"
#include "choose/reasons.hpp"
#include "choose/rules.hpp"
#include "library/simulated_library.hpp"

using namespace attune;
using namespace attune::choose;

namespace {

/// One library for all tests of this file.
struct World {
    flow::LibraryViewPtr view = library::SimulatedLibrary(2000, 1).view();
    TrackIndex index{*view};
    static const World& get() {
        static const World world;
        return world;
    }
};

class Planner : public ::testing::Test {
protected:
    Planner() {
        request.view = World::get().view.get();
        request.index = &World::get().index;
        request.policy = &policy;
        request.start = {-.35, .60};
        request.felt = {request.start, {.03, 0.0, .04}};
        request.goal = flow::Goal{flow::GoalKind::kCalm, {}, 20.0};
    }
    static std::vector<flow::PlanItem> tracks(const flow::Plan& plan) {
        std::vector<flow::PlanItem> out;
        for (const auto& item : plan.items)
            if (item.kind == flow::ItemKind::kTrack) out.push_back(item);
        return out;
    }
    static bool has(const flow::Plan& plan, std::string_view limit) {
        return std::any_of(plan.unmet.begin(), plan.unmet.end(),
                           [&](const flow::Unmet& u) { return u.limit == limit; });
    }
    static double p(const flow::Plan& plan, std::size_t i) { return *tracks(plan)[i].p_limits_held; }

    flow::Policy policy;
    PlanRequest request;
};

TEST_F(Planner, FillsTheTimeAndKeepsEveryLimit) {
    const flow::Plan plan = choose::plan(request);
    EXPECT_NEAR(planned_seconds(plan.items), 1200.0, 60.0);
    EXPECT_GE(tracks(plan).size(), 4U);
    for (const flow::Unmet& u : plan.unmet)
        EXPECT_TRUE(u.limit == "familiar" || u.limit == "land_in_target") << u.limit << " " << u.item << " " << u.value;
}

TEST_F(Planner, NamesAFirstItemThatIsFartherThanTheMatchMayBe) {
    request.pace.match = true;
    request.pace.straight = false;
    const flow::Plan near = choose::plan(request);
    ASSERT_EQ(tracks(near).front().phase, flow::Phase::kMatch);
    const double away = flow::distance(*tracks(near).front().expected, request.start);
    EXPECT_EQ(has(near, "match_distance"), away > request.pace.match_radius);
    request.pace.match_radius = away - .01;
    EXPECT_TRUE(has(choose::plan(request), "match_distance"));
    request.pace.match_radius = away + .01;
    EXPECT_FALSE(has(choose::plan(request), "match_distance"));
}

/// What stands second in the plan, marked: it would be wanted again.
class Suggestion : public Planner {
protected:
    Suggestion() {
        second = choose::plan(request).items;
        marked = std::find_if(second.begin() + 1, second.end(), [](const auto& i) { return i.kind == flow::ItemKind::kTrack; })->track;
        policy.blocks.ask_first = policy.blocks.askable = {marked};
        request.familiar = {marked};
    }
    static bool holds(const flow::Plan& plan, const ContentKey& track) {
        return std::any_of(plan.items.begin(), plan.items.end(), [&](const auto& i) { return i.track == track; });
    }
    std::vector<flow::PlanItem> second;
    ContentKey marked;
};

TEST_F(Suggestion, NamesTheTrackThatOnlyItsMarkKeepsOutAndThePlanIsTheOneWithoutIt) {
    const flow::Plan plan = choose::plan(request);
    ASSERT_TRUE(plan.suggestion);
    EXPECT_EQ(plan.suggestion->track, marked);
    EXPECT_EQ(plan.suggestion->title, World::get().view->title[*World::get().view->row(marked)]);
    EXPECT_GT(plan.suggestion->advantage, 0.0);
    EXPECT_FALSE(holds(plan, marked));
    policy.blocks.askable.clear();   // only with somebody: it is as if nobody had it
    const flow::Plan unasked = choose::plan(request);
    EXPECT_FALSE(unasked.suggestion);
    ASSERT_EQ(unasked.items.size(), plan.items.size());
    for (std::size_t i = 0; i < plan.items.size(); ++i) EXPECT_EQ(unasked.items[i].track, plan.items[i].track) << i;
}

TEST_F(Suggestion, ComesOnlyWhereThereIsTimeToAskAndOnlyOnce) {
    request.ask_ahead_s = 1e6;
    EXPECT_FALSE(choose::plan(request).suggestion);
    request.ask_ahead_s = 60.0;
    request.asked_about = {marked};
    EXPECT_FALSE(choose::plan(request).suggestion);
}

TEST_F(Suggestion, IsOfThePlannerAlone) {
    for (const Strategy other : all_strategies())
        EXPECT_EQ(plan_by(other, request, 1).suggestion.has_value(), other == Strategy::kPlanner) << to_string(other);
}

TEST_F(Suggestion, AYesBringsItSoonAndSaysWhy) {
    request.asked = request.wanted = {marked};
    const flow::Plan plan = choose::plan(request);
    EXPECT_FALSE(plan.suggestion);
    const auto played = tracks(plan);
    const auto at = std::find_if(played.begin(), played.end(), [&](const auto& i) { return i.track == marked; });
    ASSERT_NE(at, played.end());
    EXPECT_LE(at - played.begin(), 1) << "the next that fits";
    const auto said = std::find_if(at->reasons.begin(), at->reasons.end(), [](const auto& r) { return r.code == "you_said_yes"; });
    ASSERT_NE(said, at->reasons.end());
    EXPECT_GT(said->contribution, 1.0);
    EXPECT_EQ(said->args.at("title"), at->title);
}

TEST_F(Suggestion, ADislikedOrBlockedTrackIsNotAskedAbout) {
    LikingModel taste;
    for (int i = 0; i < 3; ++i) taste.observe(*request.view, *request.view->row(marked), LikingSource::kRated, -1.0);
    const LikingView liking(taste, *request.view, *request.index);
    request.liking = &liking;
    EXPECT_FALSE(choose::plan(request).suggestion);
    request.liking = nullptr;
    policy.blocks.tracks = {marked};
    EXPECT_FALSE(choose::plan(request).suggestion);
}

TEST_F(Suggestion, NothingUnknownIsAskedAboutWhereOnlyKnownMusicMayPlay) {
    policy.flagged = true;
    policy.allow_unfamiliar = false;
    for (std::size_t row = 0; row < request.view->size(); row += 3) request.familiar.insert(request.view->key[row]);
    request.familiar.erase(marked);
    EXPECT_FALSE(choose::plan(request).suggestion);
}

TEST_F(Planner, ComposesOnlyWhereNoTrackStandsNearItsWaypoint) {
    // Everything that is known is wild; the goal is calm.
    flow::LibraryView view = *World::get().view;
    for (auto* column : {&view.arousal, &view.first_arousal, &view.last_arousal, &view.arousal_p95})
        for (float& x : *column) x = std::max(x, .45F);
    const TrackIndex index(view);
    request.view = &view;
    request.index = &index;
    const auto composed = [](const flow::Plan& plan) {
        return std::count_if(plan.items.begin(), plan.items.end(), [](const auto& i) { return i.kind == flow::ItemKind::kCompose; });
    };
    EXPECT_EQ(composed(choose::plan(request)), 0);
    request.composing = Composing::kWhenNothingFits;
    const flow::Plan plan = choose::plan(request);
    EXPECT_GE(composed(plan), 1);
    EXPECT_NEAR(planned_seconds(plan.items), 1200.0, 60.0);
    for (const flow::PlanItem& item : plan.items) {
        if (item.kind == flow::ItemKind::kTrack) {
            EXPECT_LE(flow::distance(*item.expected, item.waypoint), kNearEnough) << item.title;
        } else if (item.kind == flow::ItemKind::kCompose) {
            EXPECT_EQ(item.reasons.front().code, "composed_no_track_fits");
        }
    }
    for (const char* limit : {"join_arousal", "join_valence"}) EXPECT_FALSE(has(plan, limit)) << limit;
}

TEST_F(Planner, ComposedMusicIsNobodysKnownMusic) {
    request.composing = Composing::kAlways;
    policy.allow_unfamiliar = false;
    const flow::Plan plan = choose::plan(request);
    for (const flow::PlanItem& item : plan.items) EXPECT_NE(item.kind, flow::ItemKind::kCompose);
    EXPECT_TRUE(has(plan, "composing"));
    EXPECT_EQ(parse_composing("perhaps").error().code, ErrorCode::kBadArgument);
}

/// A library that was never analysed: its tags are all that is known.
TEST(PlannerByTheTable, TracksWithoutAnalysisAreChosenByGenreAndTheReasonSaysSo) {
    flow::LibraryView view = *World::get().view;
    for (auto* column : {&view.valence, &view.arousal, &view.valence_sd, &view.arousal_sd, &view.tempo_bpm, &view.loudness_lufs,
                         &view.duration_s, &view.first_valence, &view.first_arousal, &view.last_valence, &view.last_arousal})
        std::fill(column->begin(), column->end(), std::nanf(""));
    const TrackIndex index(view);
    const auto table = FallbackTable::load(ATTUNE_SOURCE_DIR "/share/policies/default_table.toml").value();
    const flow::Policy policy;
    PlanRequest request;
    request.view = &view;
    request.index = &index;
    request.policy = &policy;
    request.table = &table;
    request.start = {-.4, .6};
    request.felt = {request.start, {.03, 0.0, .04}};
    request.goal = flow::Goal{flow::GoalKind::kCalm, {}, 20.0};
    const flow::Plan plan = choose::plan(request);
    const auto& wanted = table.row_for(request.start).genres;
    std::size_t by_table = 0;
    for (const flow::PlanItem& item : plan.items) {
        if (item.kind != flow::ItemKind::kTrack) continue;
        ++by_table;
        ASSERT_FALSE(item.reasons.empty());
        EXPECT_EQ(item.reasons.front().code, "default_table");
        EXPECT_FALSE(item.expected) << "nothing is known of it, so nothing is claimed";
        const std::string genre = index.genre_names()[view.genre[*view.row(item.track)]];
        EXPECT_TRUE(std::any_of(wanted.begin(), wanted.end(), [&](const std::string& g) { return flow::tag_matches(genre, g); })) << genre;
    }
    EXPECT_GE(by_table, 4U);
    EXPECT_GE(planned_seconds(plan.items), 1100.0);
}

TEST_F(Planner, StartsWhereTheListenerIsAndLandsInTheTargetOrSaysThatItDoesNot) {
    const flow::Plan plan = choose::plan(request);
    const auto items = tracks(plan);
    ASSERT_GE(items.size(), 3U);
    EXPECT_EQ(items.front().phase, flow::Phase::kMatch);
    EXPECT_LE(flow::distance(*items.front().expected, request.start), .35);
    EXPECT_EQ(items.back().phase, flow::Phase::kLand);
    const double outside = request.goal.distance_from(*items.back().expected, request.start);
    EXPECT_EQ(outside > 1e-6, has(plan, "land_in_target"));
    EXPECT_LT(outside, .35);
}

TEST_F(Planner, TheNamedContributionsAreTheScore) {
    for (const auto& item : tracks(choose::plan(request))) {
        EXPECT_EQ(sum_of(item.reasons), item.score);
        EXPECT_GE(item.reasons.size(), 2U);
    }
}

TEST_F(Planner, TheSameRequestGivesTheSamePlan) {
    const flow::Plan a = choose::plan(request);
    const flow::Plan b = choose::plan(request);
    ASSERT_EQ(a.items.size(), b.items.size());
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        EXPECT_EQ(a.items[i].track, b.items[i].track);
        EXPECT_EQ(a.items[i].score, b.items[i].score);
    }
}

TEST_F(Planner, AnotherStateGivesOtherMusicAndTheFirstItemSaysWhich) {
    const flow::Plan tense = choose::plan(request);
    const auto first = tracks(tense).front();
    EXPECT_EQ(first.counterfactual, "counterfactual_calm");
    EXPECT_NE(first.reasons.back().args.at("track"), first.track.hex());
    request.start = {.3, -.4};
    request.felt.mean = request.start;
    EXPECT_NE(tracks(choose::plan(request)).front().track, first.track);
    EXPECT_EQ(tracks(choose::plan(request)).front().track.hex(), first.reasons.back().args.at("track"));
}

TEST_F(Planner, BlockedArtistsAndTagsNeverAppear) {
    const auto before = tracks(choose::plan(request));
    const auto& view = *request.view;
    policy.blocks.artists.insert("simulated artist 1");
    for (const auto& item : before) {
        const auto row = *view.row(item.track);
        policy.blocks.tags.insert(view.genres[view.genre[row]]);
    }
    for (const auto& item : tracks(choose::plan(request))) {
        const auto row = *view.row(item.track);
        EXPECT_FALSE(flow::is_blocked(policy.blocks, item.track, view.artists[view.artist[row]],
                                      view.genres[view.genre[row]]));
    }
}

TEST_F(Planner, AFlaggedListenerHearsOnlyWhatTheyKnow) {
    policy.flagged = true;
    policy.allow_unfamiliar = false;
    for (std::size_t row = 0; row < request.view->size(); row += 20) request.familiar.insert(request.view->key[row]);
    const flow::Plan plan = choose::plan(request);
    ASSERT_GE(tracks(plan).size(), 3U);
    for (const auto& item : tracks(plan)) EXPECT_TRUE(request.familiar.contains(item.track));
}

TEST_F(Planner, AFlaggedListenerWithoutKnownMusicGetsSilenceNotStrangers) {
    policy.flagged = true;
    policy.allow_unfamiliar = false;
    const flow::Plan plan = choose::plan(request);
    EXPECT_TRUE(tracks(plan).empty());
    ASSERT_FALSE(plan.items.empty());
    EXPECT_EQ(plan.items.front().kind, flow::ItemKind::kSilence);
    EXPECT_TRUE(has(plan, "no_music"));
}

TEST_F(Planner, NoEnergiseMeansNoArousingTrackAndTheGoalIsNamedAsUnmet) {
    policy.allow_energise = false;
    request.goal.kind = flow::GoalKind::kEnergise;
    const flow::Plan plan = choose::plan(request);
    EXPECT_TRUE(has(plan, "goal_energise"));
    for (const auto& item : tracks(plan)) EXPECT_LE(item.expected->arousal, kNoEnergiseArousal + 1e-6);
}

TEST_F(Planner, SleepNeverRises) {
    request.goal.kind = flow::GoalKind::kSleep;
    const flow::Plan plan = choose::plan(request);
    const auto items = tracks(plan);
    for (std::size_t i = 1; i < items.size(); ++i)
        EXPECT_LE(items[i].expected->arousal, items[i - 1].expected->arousal + .02 + 1e-6);
    EXPECT_FALSE(has(plan, "sleep_rising"));
}

TEST_F(Planner, WithoutMatchTheFirstItemAlreadyMoves) {
    policy.allow_match = false;
    EXPECT_EQ(tracks(choose::plan(request)).front().phase, flow::Phase::kMove);
}

TEST_F(Planner, StraightGoesFartherThanTheTetherAllows) {
    request.pace.straight = true;
    const auto first = tracks(choose::plan(request)).front();
    EXPECT_GT(flow::distance(first.waypoint, request.felt.mean), request.pace.tether);
}

TEST_F(Planner, HoldKeepsTheWaypoint) {
    request.session_items = 2;
    request.hold_at = flow::Va{.0, .3};
    for (const auto& item : tracks(choose::plan(request))) EXPECT_EQ(item.waypoint, *request.hold_at);
}

TEST_F(Planner, HoldNextKeepsTheWaypointOfTheFirstTrackOnlyAndLetsTheFarewellLand) {
    request.session_items = 2;
    request.hold_next_at = flow::Va{-.2, .5};
    const auto items = tracks(choose::plan(request));
    ASSERT_GE(items.size(), 3U);
    EXPECT_EQ(items.front().waypoint, *request.hold_next_at);
    EXPECT_EQ(items.front().phase, flow::Phase::kHold);
    for (std::size_t i = 1; i < items.size(); ++i) EXPECT_NE(items[i].waypoint, *request.hold_next_at) << i;
    request.remaining_s = 150.0;
    const auto last = tracks(choose::plan(request));
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last.front().phase, flow::Phase::kLand);
}

TEST_F(Planner, LandNowIsOneFarewell) {
    request.session_items = 2;
    request.land_now = true;
    const auto items = tracks(choose::plan(request));
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items.front().phase, flow::Phase::kLand);
}

TEST_F(Planner, AnOverrideComesFirstAndABlockedOneDoesNot) {
    flow::PlanItem chosen;
    chosen.track = request.view->key[77];
    chosen.title = request.view->title[77];
    chosen.out_s = 120.0;
    request.fixed = {chosen};
    EXPECT_EQ(choose::plan(request).items.front().track, chosen.track);
    policy.blocks.tracks.insert(chosen.track);
    for (const auto& item : choose::plan(request).items) EXPECT_NE(item.track, chosen.track);
}

TEST_F(Planner, AnEmptyAllowanceOfDoseIsSilence) {
    policy.dose_left = 0.0;
    const flow::Plan plan = choose::plan(request);
    EXPECT_TRUE(tracks(plan).empty());
    EXPECT_TRUE(has(plan, "dose_or_length"));
}

TEST_F(Planner, WhatWasHeardWithinTheHourDoesNotReturn) {
    const auto first = tracks(choose::plan(request));
    for (const auto& item : first) request.history.push_back({item.track, 600.0, true});
    for (const auto& item : tracks(choose::plan(request)))
        for (const auto& heard : first) EXPECT_NE(item.track, heard.track);
}

TEST_F(Planner, PredictsEachStepTowardsTheGoal) {
    const auto items = tracks(choose::plan(request));
    const double before = request.goal.distance_from(request.start, request.start);
    const double after = request.goal.distance_from(items.back().predicted->mean, request.start);
    EXPECT_LT(after, before);
    for (const auto& item : items) {
        EXPECT_GT(item.predicted->sd_valence(), 0.0);
        EXPECT_GT(*item.p_limits_held, 0.0);
        EXPECT_LE(*item.p_limits_held, 1.0);
    }
}

}  // namespace
