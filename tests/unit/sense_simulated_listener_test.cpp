// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/simulated_listener.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace attune::sense {
namespace {

Time at(double s) { return {from_seconds(s).ns}; }

flow::Heard music(double t_s, std::uint8_t track, double v, double a) {
    flow::Heard h;
    h.t = at(t_s);
    h.kind = flow::ItemKind::kTrack;
    h.track.bytes[0] = track;
    h.item.bytes[0] = track;
    h.playing = true;
    h.expressed = flow::Va{v, a};
    h.expressed_sd = flow::Va{.2, .2};
    h.lufs_momentary = -20;
    return h;
}

SimulatedListener listener(const char* persona, Family family, SimulationOptions options) {
    return *SimulatedListener::create(*load_persona(persona, family), options);
}

SimulationOptions no_body(std::uint64_t seed) {
    SimulationOptions o;
    o.seed = seed;
    o.body = false;
    return o;
}

TEST(SimulatedListener, OneSeedIsOnePersonWhateverTheStepsAre) {
    auto a = listener("anxious", Family::kFitted, no_body(7));
    auto b = listener("anxious", Family::kFitted, no_body(7));
    a.on_heard(music(0, 1, .2, -.3));
    b.on_heard(music(0, 1, .2, -.3));
    for (int t = 1; t <= 600; ++t) a.advance_to(at(t));
    b.advance_to(at(600.7));
    EXPECT_EQ(a.true_mood(), b.true_mood());
    EXPECT_NE(listener("anxious", Family::kFitted, no_body(8)).traits().gain, a.traits().gain);
}

TEST(SimulatedListener, WithTheResponseOffMusicChangesNothing) {
    for (const Family family : {Family::kLinear, Family::kIsoTrue, Family::kTextbook, Family::kSecondOrder}) {
        auto options = no_body(3);
        options.response = 0.0;
        auto silent = listener("anxious", family, options);
        auto hears = listener("anxious", family, options);
        hears.on_heard(music(0, 1, .9, -.9));
        silent.advance_to(at(1200));
        hears.advance_to(at(1200));
        EXPECT_EQ(silent.true_mood(), hears.true_mood()) << to_string(family);
    }
}

TEST(SimulatedListener, TextbookFollowsTheMusicAndContraryFleesIt) {
    double textbook = 0.0, contrary = 0.0, silence = 0.0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        auto t = listener("anxious", Family::kTextbook, no_body(seed));
        auto c = listener("contrary", Family::kLinear, no_body(seed));
        auto s = listener("contrary", Family::kLinear, no_body(seed));
        t.on_heard(music(0, 1, .2, -.6));
        c.on_heard(music(0, 1, .2, -.6));
        for (auto* l : {&t, &c, &s}) l->advance_to(at(1200));
        textbook += t.true_mood().arousal / 40;
        contrary += c.true_mood().arousal / 40;
        silence += s.true_mood().arousal / 40;
    }
    EXPECT_LT(textbook, -.2);
    EXPECT_GT(contrary, silence + .1);
}

TEST(SimulatedListener, OnIsoTrueMusicFarAwayPullsLessThanMusicNearby) {
    auto options = no_body(5);
    options.tolerance = .6;
    options.appraisal = 0.0;
    const auto l = listener("anxious", Family::kIsoTrue, options);
    ContentKey track;
    const flow::Va here{-.35, .6};
    const auto near = l.true_pull(track, {-.2, .4}, {}, here);
    const auto far = l.true_pull(track, {.3, -.8}, {}, here);
    EXPECT_LT(near.arousal, far.arousal);   // the far one even stirs
    EXPECT_GT(near.valence, far.valence);
}

TEST(SimulatedListener, LikingAndAppraisalHaveTheSpreadThatWasMeasured) {
    const auto l = listener("anxious", Family::kFitted, no_body(11));
    double sum = 0, squares = 0, xi = 0, taste_taste = 0, cross = 0;
    constexpr int kN = 4000;
    for (int i = 0; i < kN; ++i) {
        ContentKey key;
        key.bytes[0] = static_cast<std::uint8_t>(i);
        key.bytes[1] = static_cast<std::uint8_t>(i >> 8);
        const double liking = l.true_liking(key);
        const double hint = l.taste_hint(key).liking - .13;
        sum += liking;
        squares += (liking - .13) * (liking - .13);
        const double e = l.true_appraisal(key, {}, {}).valence - l.traits().offset;
        xi += e * e;
        taste_taste += hint * hint;
        cross += hint * (liking - .13);
    }
    EXPECT_NEAR(sum / kN, .12, .03);
    EXPECT_NEAR(std::sqrt(squares / kN), .48, .03);      // clipping takes a little off .5
    EXPECT_NEAR(std::sqrt(xi / kN), .33, .02);
    EXPECT_NEAR(cross / std::sqrt(taste_taste * squares), .45, .05);
}

TEST(SimulatedListener, AnswersAreMarkedAreSometimesMissingAndScatterRoundTheMood) {
    auto l = listener("anxious", Family::kFitted, no_body(2));
    int missing = 0, n = 0;
    double squares = 0;
    for (int t = 1; t <= 2000; ++t) {
        const auto rating = l.asked_felt(at(t), std::nullopt);
        if (!rating) { ++missing; continue; }
        EXPECT_EQ(rating->actor, "simulated");
        EXPECT_TRUE(rating->blind);
        const double e = rating->value->valence - l.true_mood().valence;
        squares += e * e;
        ++n;
    }
    EXPECT_GT(missing, 60);
    EXPECT_LT(missing, 460);
    EXPECT_NEAR(std::sqrt(squares / n), l.traits().rating_sd, .02);
}

TEST(SimulatedListener, BodySignalsAreMarkedSimulatedInRangeAndCountTheirLosses) {
    SimulationOptions options;
    options.seed = 4;
    auto l = listener("noisy", Family::kFitted, options);
    std::vector<flow::SensorFrame> frames;
    l.advance_to(at(1200));
    l.take_frames(frames);
    std::map<flow::Channel, std::uint64_t> next;
    std::map<flow::Channel, int> lost, seen;
    for (const auto& f : frames) {
        ASSERT_EQ(f.provenance.origin, flow::Origin::kSimulated);
        ASSERT_FALSE(f.samples.empty());
        if (f.seq != next[f.channel]) {
            ++lost[f.channel];
            EXPECT_GT(f.gap_ns, 0);
        }
        next[f.channel] = f.seq + 1;
        seen[f.channel] += static_cast<int>(f.samples.size());
        if (f.channel == flow::Channel::kRr) {
            ASSERT_EQ(f.times.size(), f.samples.size());
            for (const float rr : f.samples) { ASSERT_GT(rr, 150); ASSERT_LT(rr, 3500); }
        }
    }
    EXPECT_GT(lost[flow::Channel::kEda], 0);
    EXPECT_GT(seen[flow::Channel::kRr], 800);
    EXPECT_GT(seen[flow::Channel::kEda], 3000);
    EXPECT_EQ(seen.size(), 7U);
}

TEST(SimulatedListener, TheHeartSettlesWithoutAnyChangeOfMood) {
    double early = 0, late = 0, middle = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SimulationOptions options;
        options.seed = seed;
        auto l = listener("unresponsive", Family::kFitted, options);
        std::vector<flow::SensorFrame> frames;
        l.advance_to(at(1800));
        l.take_frames(frames);
        for (const auto& f : frames) {
            if (f.channel != flow::Channel::kRr) continue;
            for (const float rr : f.samples) (f.t.seconds() < 120 ? early : f.t.seconds() > 1680 ? late : middle) += rr > 0 ? 1 : 0;
        }
    }
    EXPECT_LT(late, early);  // fewer beats in the last two minutes than in the first two
}

TEST(SimulatedListener, OnlyTheStartlePersonaStartsAtASuddenRise) {
    for (const char* name : {"startle", "anxious"}) {
        auto loud = listener(name, Family::kFitted, no_body(9));
        auto even = listener(name, Family::kFitted, no_body(9));
        for (int t = 0; t < 30; ++t) {
            auto h = music(t, 1, 0, 0);
            even.on_heard(h);
            h.lufs_momentary = t < 20 ? -20.0 : -5.0;
            loud.on_heard(h);
        }
        const double rise = loud.true_mood().arousal - even.true_mood().arousal;
        EXPECT_EQ(rise > .15, std::string(name) == "startle") << name << " " << rise;
    }
}

}  // namespace
}  // namespace attune::sense
