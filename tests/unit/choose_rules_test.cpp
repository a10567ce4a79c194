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

TEST(Replan, ABodyDepartsOnlyUpwardsOverTwoSdOfItsIndexAndAwayFromTheGoal) {
    const flow::Goal calm{flow::GoalKind::kCalm, {}, 20.0}, energise{flow::GoalKind::kEnergise, {}, 20.0};
    const flow::Va start{-.3, .6};
    const auto at = [](double arousal) { return flow::VaGaussian{{.1, arousal}, {.03, 0.0, .04}}; };
    const BodyView up{2.1, at(.35), at(.32), at(.30)};
    EXPECT_TRUE(body_departs(up, calm, start));
    EXPECT_FALSE(body_departs({2.0, up.felt, up.shadow, up.expected}, calm, start)) << "2 SD are not over 2 SD";
    EXPECT_FALSE(body_departs({-9.0, at(.25), at(.32), at(.30)}, calm, start)) << "a calmer body";
    EXPECT_FALSE(body_departs({9.0, at(.31), at(.32), at(.30)}, calm, start)) << "the estimate is lower than without sensors";
    EXPECT_FALSE(body_departs({9.0, at(.35), at(.32), at(.40)}, calm, start)) << "the plan counts on more";
    EXPECT_FALSE(body_departs(up, energise, start)) << "inside the target there is nothing to stay for";
    EXPECT_FALSE(body_departs({9.0, at(.1), at(.0), at(-.1)}, energise, start)) << "it is on its way there";
}

TEST(Replan, ABodyMustDepartForAMinuteOnEnd) {
    BodyDeparture departure;
    const auto at = [](std::int64_t s) { return Time{s * 1'000'000'000}; };
    for (std::int64_t s = 0; s < 60; ++s) {
        departure.look(at(s), true);
        EXPECT_FALSE(departure.stands(at(s))) << s;
    }
    departure.look(at(60), true);
    EXPECT_TRUE(departure.stands(at(60)));
    departure.look(at(61), false);
    EXPECT_FALSE(departure.stands(at(61)));
    departure.look(at(62), true);
    EXPECT_FALSE(departure.stands(at(121)));
    EXPECT_TRUE(departure.stands(at(122)));
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
