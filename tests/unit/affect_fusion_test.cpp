// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/fusion.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "affect/tables.hpp"

namespace attune::affect {
namespace {

Fusion fresh() { return *Fusion::create({}, {}); }

flow::Rating felt(double t_s, double v, double a) {
    flow::Rating r;
    r.t = {from_seconds(t_s).ns};
    r.value = flow::Va{v, a};
    return r;
}

flow::Heard track(double t_s, double v, double a, double liking) {
    flow::Heard h;
    h.t = {from_seconds(t_s).ns};
    h.kind = flow::ItemKind::kTrack;
    h.track.bytes[0] = 7;
    h.playing = true;
    h.expressed = flow::Va{v, a};
    h.expressed_sd = flow::Va{.2, .2};
    h.predicted_liking = liking;
    h.predicted_liking_sd = .3;
    return h;
}

flow::Evidence activation(double t_s, double x) {
    flow::Evidence e;
    e.source = "wrist";
    e.kind = flow::SourceKind::kBody;
    e.t = {from_seconds(t_s).ns};
    e.window_s = 60.0;
    e.dt_frame_s = 1.0;
    e.arousal = flow::Index{x, .9, 1.0};
    e.model = "test@1";
    return e;
}

Time at(double s) { return {from_seconds(s).ns}; }

TEST(Fusion, BeforeAnyRatingItSaysThatThereIsNoEvidence) {
    Fusion f = fresh();
    const auto s = f.state(at(0));
    EXPECT_FALSE(s.any_evidence);
    EXPECT_NEAR(s.felt.sd_valence(), std::hypot(k::kMoodSd, k::kHomeSd), 1e-12);
    EXPECT_EQ(s.felt, s.shadow);
}

TEST(Fusion, ARatingMovesTheMeanMostOfTheWayAndIsTheWholeEvidence) {
    Fusion f = fresh();
    f.on_rating(felt(0, -.6, .8));
    const auto s = f.state(at(0));
    EXPECT_TRUE(s.any_evidence);
    EXPECT_LT(s.felt.mean.valence, -.45);
    EXPECT_GT(s.felt.mean.arousal, .6);
    EXPECT_DOUBLE_EQ(s.evidence.ratings, 1.0);
    EXPECT_LT(s.felt.sd_valence(), k::kRatingSdV);
}

TEST(Fusion, ASurprisingRatingIsNeverRejected) {
    Fusion f = fresh();
    for (int i = 0; i < 5; ++i) f.on_rating(felt(i, .9, .9));
    f.on_rating(felt(6, -.9, -.9));
    EXPECT_LT(f.state(at(6)).felt.mean.valence, 0.0);
    EXPECT_GT(f.rating_checks().back().nis, k::kRatingSurprise);
}

TEST(Fusion, AnUntouchedSliderOrANanIsNoAnswer) {
    Fusion f = fresh();
    auto r = felt(0, .9, .9);
    r.touched = false;
    f.on_rating(r);
    f.on_rating(felt(0, std::nan(""), .5));
    EXPECT_FALSE(f.state(at(0)).any_evidence);
}

TEST(Fusion, LikedMusicLiftsPredictedValenceAndDislikedLowersIt) {
    Fusion liked = fresh(), disliked = fresh();
    for (Fusion* f : {&liked, &disliked}) f->on_rating(felt(0, 0, 0));
    liked.on_heard(track(0, .2, 0, .8));
    disliked.on_heard(track(0, .2, 0, -.8));
    const double up = liked.state(at(240)).felt.mean.valence;
    liked.advance_to(at(240));
    disliked.advance_to(at(240));
    EXPECT_GT(liked.state(at(240)).felt.mean.valence, .1);
    EXPECT_LT(disliked.state(at(240)).felt.mean.valence, -.1);
    EXPECT_NEAR(up, liked.state(at(240)).felt.mean.valence, 1e-9);  // prediction = what stepping gives
    EXPECT_GT(liked.state(at(240)).evidence.music, 0.0);
}

TEST(Fusion, SaidLikingOfThePlayingTrackIsFeltAsValence) {
    Fusion f = fresh();
    f.on_rating(felt(0, 0, 0));
    f.on_heard(track(0, 0, 0, 0));
    f.advance_to(at(60));
    const auto before = f.state(at(60)).felt;
    flow::Rating liking;
    liking.t = at(60);
    liking.kind = flow::RatingKind::kLiking;
    liking.liking = .9;
    liking.track = track(0, 0, 0, 0).track;
    f.on_rating(liking);
    const auto after = f.state(at(60)).felt;
    EXPECT_GT(after.mean.valence, before.mean.valence);
    EXPECT_LE(after.cov[0], before.cov[0]);
    EXPECT_NEAR(after.mean.arousal, before.mean.arousal, 1e-12);
}

TEST(Fusion, ASourceWithoutABaselineOfThreeMinutesMovesNothing) {
    Fusion f = fresh();
    f.on_rating(felt(0, 0, 0));
    for (int t = 1; t < 178; ++t) f.on_evidence(activation(t, 3.0 + .5 * std::sin(t)));
    f.advance_to(at(179));
    const auto s = f.state(at(179));
    EXPECT_EQ(s.felt, s.shadow);
    ASSERT_EQ(s.sources.size(), 1U);
    EXPECT_EQ(s.sources[0].status, flow::SourceStatus::kWarmingUp);
}

TEST(Fusion, ALostSourceWeighsNothingAtOnceAndASilentOneIsShownLostWithinTenSeconds) {
    Fusion f = fresh();
    f.on_rating(felt(0, 0, 0));
    for (int t = 1; t < 400; ++t) f.on_evidence(activation(t, std::sin(t * .7) + (t > 300 ? 2.0 : 0.0)));
    EXPECT_GT(f.state(at(399)).sources[0].weight, 0.0);
    Fusion told = f;
    told.on_source_lost("wrist", "unplugged");
    EXPECT_EQ(told.state(at(399)).sources[0].weight, 0.0);
    EXPECT_EQ(told.state(at(399)).sources[0].status, flow::SourceStatus::kLost);
    f.advance_to(at(409));
    EXPECT_EQ(f.state(at(409)).sources[0].status, flow::SourceStatus::kLost);
}

TEST(Fusion, AWithdrawnSourceIsNotHeardUntilConsentIsGivenAgain) {
    Fusion f = fresh();
    f.on_rating(felt(0, 0, 0));
    for (int t = 1; t < 400; ++t) f.on_evidence(activation(t, std::sin(t * .7) + (t > 300 ? 2.0 : 0.0)));
    Fusion never = f;
    f.on_source_removed("wrist");
    for (int t = 400; t < 500; ++t) f.on_evidence(activation(t, 2.0));
    EXPECT_EQ(f.state(at(500)).sources[0].status, flow::SourceStatus::kOff);
    EXPECT_EQ(f.state(at(500)).sources[0].weight, 0.0);
    f.on_source_returned("wrist");
    EXPECT_EQ(f.state(at(500)).sources[0].status, flow::SourceStatus::kWarmingUp);
    EXPECT_EQ(f.state(at(500)).sources[0].weight, 0.0);
    for (int t = 501; t < 900; ++t) f.on_evidence(activation(t, std::sin(t * .7) + 2.0));
    EXPECT_EQ(f.state(at(899)).sources[0].status, flow::SourceStatus::kActive);
    EXPECT_GT(f.state(at(899)).sources[0].weight, 0.0);
    const auto before = never.state(at(399)).sources[0].status;
    never.on_source_returned("wrist");
    EXPECT_EQ(never.state(at(399)).sources[0].status, before) << "nothing for a source that was not removed";
}

TEST(Fusion, HowFarAnIndexStandsFromItsPastIsToldInItsOwnSdAndOnlyWhileItsSourceIsActive) {
    Fusion f = fresh();
    f.on_rating(felt(0, .0, .0));
    const auto index = [](int t) { return t % 2 == 0 ? 1.0 : -1.0; };   // mean 0, SD 1
    for (int t = 1; t <= 170; ++t) f.on_evidence(activation(t, index(t)));
    f.advance_to(at(171));
    EXPECT_FALSE(f.activation_sd("wrist")) << "no baseline yet";
    for (int t = 171; t <= 400; ++t) f.on_evidence(activation(t, index(t)));
    f.advance_to(at(401));
    ASSERT_TRUE(f.activation_sd("wrist"));
    EXPECT_NEAR(*f.activation_sd("wrist"), 0.0, .05);
    for (int t = 401; t <= 800; ++t) f.on_evidence(activation(t, 3.0 + index(t)));
    f.advance_to(at(801));
    EXPECT_NEAR(*f.activation_sd("wrist"), 3.0, .1);
    EXPECT_FALSE(f.activation_sd("another"));
    f.on_source_lost("wrist", "unplugged");
    EXPECT_FALSE(f.activation_sd("wrist"));
}

TEST(Fusion, AbstainingIsNotNeutral) {
    Fusion f = fresh();
    f.on_rating(felt(0, .5, .5));
    for (int t = 1; t < 300; ++t) {
        auto e = activation(t, 0.0);
        e.abstained = flow::Abstain::kMotion;
        e.arousal.reset();
        f.on_evidence(e);
    }
    const auto s = f.state(at(300));
    EXPECT_EQ(s.felt, s.shadow);
    EXPECT_EQ(s.sources[0].status, flow::SourceStatus::kAbstaining);
    EXPECT_EQ(s.sources[0].reason, "motion");
}

TEST(Fusion, ASourceThatSpeaksFiveTimesAsOftenWeighsNoMore) {
    const auto at_rate = [](int per_s) {
        Fusion f = fresh();
        f.on_rating(felt(0, 0, 0));
        for (int k = 1; k <= 500 * per_s; ++k) {
            const double t = static_cast<double>(k) / per_s;
            auto e = activation(t, std::sin(std::floor(t) * .7) + (t > 300 ? 2.0 : 0.0));
            e.dt_frame_s = 1.0 / per_s;
            f.on_evidence(e);
        }
        return f.state(at(501));
    };
    const auto slow = at_rate(1), fast = at_rate(5);
    ASSERT_GT(slow.sources[0].weight, 0.0);
    EXPECT_NEAR(fast.sources[0].weight, slow.sources[0].weight, .05 * slow.sources[0].weight);
    EXPECT_NEAR(fast.felt.cov[2], slow.felt.cov[2], .02 * slow.felt.cov[2]);
}

TEST(Fusion, HeartAndSkinNeverSpeakAboutValence) {
    Fusion f = fresh();
    f.on_rating(felt(0, 0, 0));
    for (int t = 1; t < 600; ++t) {
        auto e = activation(t, std::sin(t * .7));
        e.valence = flow::Index{t > 300 ? 4.0 : 0.0, 1.0, 1.0};
        f.on_evidence(e);
    }
    const auto s = f.state(at(600));
    EXPECT_DOUBLE_EQ(s.felt.mean.valence, s.shadow.mean.valence);
    EXPECT_DOUBLE_EQ(s.felt.cov[0], s.shadow.cov[0]);
}

TEST(Fusion, APersonOutOfRangeIsRefusedWithTheValueAndTheRange) {
    PersonPrior prior;
    prior.mood.tau_s = 5;
    const auto made = Fusion::create({}, prior);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message.find("tau 5"), std::string::npos);
}

}  // namespace
}  // namespace attune::affect
