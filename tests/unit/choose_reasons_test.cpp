// SPDX-License-Identifier: GPL-3.0-or-later
// Every code that choose can give has a sentence, and liking learns from what it is told.
#include <gtest/gtest.h>

#include "choose/liking.hpp"
#include "choose/planner.hpp"
#include "choose/policies.hpp"
#include "core/strings.hpp"
#include "library/simulated_library.hpp"

using namespace attune;
using namespace attune::choose;

namespace {

core::Strings sentences() { return core::Strings::load(ATTUNE_SOURCE_DIR "/share/strings/en.json").value(); }

TEST(Reasons, EveryCodeOfAPlanHasASentenceWithNothingLeftOpen) {
    const core::Strings strings = sentences();
    const auto view = library::SimulatedLibrary(500, 4).view();
    const TrackIndex index(*view);
    const flow::Policy policy;
    PlanRequest q;
    q.view = view.get();
    q.index = &index;
    q.policy = &policy;
    q.start = {-.5, .4};
    q.felt = {q.start, {.04, 0.0, .04}};
    for (const Strategy s : all_strategies()) {
        const flow::Plan plan = plan_by(s, q, 1);
        for (const auto& item : plan.items) {
            for (const auto& reason : item.reasons) {
                EXPECT_TRUE(strings.has("reason." + reason.code)) << reason.code;
                EXPECT_EQ(strings.get("reason." + reason.code, reason.args).find('{'), std::string::npos) << reason.code;
            }
        }
        for (const auto& unmet : plan.unmet) EXPECT_TRUE(strings.has("unmet." + unmet.limit)) << unmet.limit;
    }
}

class LikingTest : public ::testing::Test {
protected:
    flow::LibraryViewPtr view = library::SimulatedLibrary(400, 5).view();
    TrackIndex index{*view};
    LikingModel model;
};

TEST_F(LikingTest, WithNothingSaidEveryTrackHasThePopulationsPrior) {
    const LikingView liking(model, *view, index);
    EXPECT_DOUBLE_EQ(liking.predict(7).mean, .13);
    EXPECT_DOUBLE_EQ(liking.predict(7).sd, .50);
    EXPECT_EQ(liking.ground(7), "liking_unknown");
}

TEST_F(LikingTest, ALovedTrackRaisesItselfAndItsArtistAndNarrowsBoth) {
    std::size_t row = 0, sibling = 0;
    for (row = 0; row < view->size() && sibling == 0; ++row)
        for (std::size_t other = row + 1; other < view->size(); ++other)
            if (view->artist[other] == view->artist[row]) sibling = other;
    --row;
    model.observe(*view, row, LikingSource::kLoved);
    const LikingView liking(model, *view, index);
    EXPECT_GT(liking.predict(row).mean, .45);
    EXPECT_LT(liking.predict(row).sd, .35);
    EXPECT_GT(liking.predict(sibling).mean, .15);
    EXPECT_LT(liking.predict(sibling).sd, .50);
    EXPECT_NE(liking.ground(sibling), "liking_unknown");
    EXPECT_DOUBLE_EQ(liking.mean(row), liking.predict(row).mean);
}

TEST_F(LikingTest, ADislikedArtistIsPredictedBelowZero) {
    LikingObservation never;
    never.source = LikingSource::kNever;
    never.artist = view->artists[view->artist[0]];
    model.observe(*view, 0, LikingSource::kNever);
    model.observe(never);
    EXPECT_LT(LikingView(model, *view, index).mean(0), 0.0);
}

TEST_F(LikingTest, TheModelReadsBackToTheSamePredictions) {
    model.observe(*view, 3, LikingSource::kLoved);
    model.observe(*view, 9, LikingSource::kRated, -.4);
    model.observe(*view, 12, LikingSource::kSkipped);
    const auto again = LikingModel::parse(model.text());
    ASSERT_TRUE(again) << again.error().describe();
    const LikingView a(model, *view, index), b(*again, *view, index);
    for (std::size_t row = 0; row < view->size(); row += 13) EXPECT_EQ(a.predict(row).mean, b.predict(row).mean);
    EXPECT_FALSE(LikingModel::parse("{}"));
    EXPECT_FALSE(LikingModel::parse("[1"));
}

TEST_F(LikingTest, WhatWasSaidInWordsOutlivesPlaysAndSkips) {
    model.observe(*view, 1, LikingSource::kLoved);
    for (std::size_t i = 0; i < LikingModel::kMaxObservations + 50; ++i) model.observe(*view, i % 390 + 5, LikingSource::kHeardToEnd);
    EXPECT_EQ(model.observations().size(), LikingModel::kMaxObservations);
    EXPECT_EQ(model.observations().front().source, LikingSource::kLoved);
}

TEST(SimulatedLibrary, ViewAndProfilesAgreeAndTheSeedDecides) {
    const library::SimulatedLibrary a(50, 1), b(50, 2);
    const auto view = a.view();
    const auto profile = a.profile(17);
    const auto row = view->row(profile.key);
    ASSERT_TRUE(row);
    EXPECT_TRUE(profile.simulated);
    EXPECT_FLOAT_EQ(view->valence[*row], static_cast<float>(profile.expressed_valence->value));
    EXPECT_FLOAT_EQ(view->first_arousal[*row], static_cast<float>(profile.segments.front().expressed->arousal));
    EXPECT_FLOAT_EQ(view->last_valence[*row], static_cast<float>(profile.segments.back().expressed->valence));
    EXPECT_FALSE(view->row(b.profile(17).key));
    EXPECT_EQ(view->title[*row], profile.display_title());
}

}  // namespace
