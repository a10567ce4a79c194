// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "choose/fallback_table.hpp"
#include "choose/lag.hpp"
#include "choose/policies.hpp"
#include "choose/replan.hpp"
#include "choose/worsening.hpp"
#include "flow/policy.hpp"

using namespace attune;
using namespace attune::choose;

namespace {

flow::Rating rated(double v, double a, bool music = false) {
    flow::Rating r;
    r.value = flow::Va{v, a};
    r.music_playing = music;
    return r;
}

TEST(Worsening, OneLowRatingWithinTheNoiseIsNoAlarm) {
    Worsening w(flow::GoalKind::kLift);
    w.on_rating(rated(.0, .0));
    w.on_rating(rated(-.25, .0));
    EXPECT_NEAR(w.probability(), .5, 1e-9);
    EXPECT_FALSE(w.take_alarm());
}

TEST(Worsening, AClearFallOfValenceIsAnAlarmOnce) {
    Worsening w(flow::GoalKind::kLift);
    w.on_rating(rated(.2, .0));
    w.on_rating(rated(-.4, .0));
    EXPECT_TRUE(w.take_alarm());
    EXPECT_FALSE(w.take_alarm());
    EXPECT_EQ(w.times(), 1);
    w.on_rating(rated(-.4, .0));
    EXPECT_TRUE(w.take_alarm());
    EXPECT_EQ(w.times(), 2);
}

TEST(Worsening, RisingArousalCountsForCalmButNotForEnergise) {
    Worsening calm(flow::GoalKind::kCalm), energise(flow::GoalKind::kEnergise);
    for (Worsening* w : {&calm, &energise}) {
        w->on_rating(rated(.0, .1));
        w->on_rating(rated(.0, .8));
    }
    EXPECT_TRUE(calm.take_alarm());
    EXPECT_FALSE(energise.take_alarm());
}

TEST(Worsening, TwoModestFallsTellMoreThanOne) {
    Worsening w(flow::GoalKind::kLift);
    w.on_rating(rated(.1, .0));
    w.on_rating(rated(-.34, .0));
    EXPECT_FALSE(w.take_alarm());
    w.on_rating(rated(-.34, .0));
    EXPECT_TRUE(w.take_alarm());
}

TEST(Worsening, AnUntouchedSliderIsNoAnswer) {
    Worsening w(flow::GoalKind::kCalm);
    w.on_rating(rated(.0, .0));
    flow::Rating untouched = rated(-1.0, 1.0);
    untouched.touched = false;
    w.on_rating(untouched);
    EXPECT_EQ(w.probability(), 0.0);
}

TEST(Lag, AsksAfterTwoItemsWithoutProgressAndNotBefore) {
    Lag lag;
    lag.on_item_end(.50);
    lag.on_item_end(.49);
    EXPECT_FALSE(lag.take_question());
    lag.on_item_end(.49);
    EXPECT_TRUE(lag.take_question());
    EXPECT_FALSE(lag.take_question());
}

TEST(Lag, ProgressOrArrivalIsNeverQuestioned) {
    Lag lag;
    for (const double d : {.5, .4, .3, .2, .1, .0, .0, .0, .0}) {
        lag.on_item_end(d);
        EXPECT_FALSE(lag.take_question());
    }
}

TEST(Replan, ARatingIsASurpriseOnlyBeyondTwoSdOfARating) {
    const flow::VaGaussian plan{{.0, .0}, {.04, 0.0, .04}};
    const flow::Va noise{.03, .04};
    EXPECT_LT(surprise({.3, .0}, plan, noise), kReplanSd);
    EXPECT_GT(surprise({.4, .0}, plan, noise), kReplanSd);
    EXPECT_GT(surprise({.0, -.6}, plan, noise), kReplanSd);
}

TEST(Blocks, AnArtistIsFoundAmongSeveralButNotInsideANameAndATagByWord) {
    EXPECT_TRUE(flow::artist_matches("Queen", "queen"));
    EXPECT_TRUE(flow::artist_matches("Queen & David Bowie", "david bowie"));
    EXPECT_TRUE(flow::artist_matches("A feat. B", "b"));
    EXPECT_FALSE(flow::artist_matches("Queens of the Stone Age", "queen"));
    EXPECT_TRUE(flow::tag_matches("Death Metal", "metal"));
    EXPECT_FALSE(flow::tag_matches("Metallic", "metal"));
    EXPECT_FALSE(flow::tag_matches("anything", ""));
}

TEST(FallbackTable, TheShippedTableHasFiveStatesAndFindsTheNearest) {
    const auto table = FallbackTable::load(ATTUNE_SOURCE_DIR "/share/policies/default_table.toml");
    ASSERT_TRUE(table) << table.error().describe();
    EXPECT_EQ(table->rows().size(), 5U);
    EXPECT_EQ(table->row_for({.7, .3}).state, "happy");
    EXPECT_EQ(table->row_for({-.4, .6}).state, "stressed");
    EXPECT_EQ(table->row_for({-.6, -.5}).state, "sad");
}

TEST(FallbackTable, ErrorsNameFileAndLine) {
    const auto bad = FallbackTable::parse("[[row]]\nstate = 'x'\nvalence = 3\narousal = 0\ngenres = ['a']\n", "t.toml");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().context, "t.toml:1");
    EXPECT_FALSE(FallbackTable::parse("nonsense = = 1", "t.toml"));
    EXPECT_FALSE(FallbackTable::parse("", "t.toml"));
}

TEST(Strategies, EveryNameReadsBackAndAnUnknownOneNamesAll) {
    for (const Strategy s : all_strategies()) EXPECT_EQ(*parse_strategy(to_string(s)), s);
    const auto bad = parse_strategy("magic");
    ASSERT_FALSE(bad);
    EXPECT_NE(bad.error().message.find("nearest"), std::string::npos);
}

}  // namespace
