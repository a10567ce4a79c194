// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/body_recogniser.hpp"
#include "affect/breath.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::affect {
namespace {

using flow::Channel;

/// One channel of a made-up wearable.
struct Track {
    Channel channel;
    double rate_hz;
    std::vector<float> samples;
};

/// What a track sends in its second `s`; nothing after its end.
std::optional<flow::SensorFrame> second_of(const Track& track, int s, double from_s) {
    const auto n = static_cast<std::size_t>(track.rate_hz);
    const auto at = static_cast<std::size_t>(s) * n;
    if (at + n > track.samples.size()) return std::nullopt;
    flow::SensorFrame frame;
    frame.source = "wrist";
    frame.channel = track.channel;
    frame.rate_hz = track.rate_hz;
    frame.t = {from_seconds(from_s + s).ns};
    frame.provenance.origin = flow::Origin::kSimulated;
    frame.samples.assign(track.samples.begin() + static_cast<std::ptrdiff_t>(at),
                         track.samples.begin() + static_cast<std::ptrdiff_t>(at + n));
    return frame;
}

/// Pushes the tracks in blocks of a second and polls at 4 Hz, or as often as is said; every answer.
std::vector<flow::Evidence> play(BodyRecogniser& body, const std::vector<Track>& tracks, double seconds, double from_s = 0.0, int polls = 4) {
    std::vector<flow::Evidence> out;
    for (int s = 0; s < static_cast<int>(seconds); ++s) {
        for (const auto& track : tracks)
            if (const auto frame = second_of(track, s, from_s)) body.push(*frame);
        for (int q = 1; q <= polls; ++q)
            if (auto e = body.poll({from_seconds(from_s + s + static_cast<double>(q) / polls).ns})) out.push_back(*e);
    }
    return out;
}

std::vector<float> heart(double seconds, double bpm, std::uint64_t seed) {
    auto x = synth::white_noise(static_cast<std::size_t>(seconds), 0.8, seed);
    for (auto& v : x) v += static_cast<float>(bpm);
    return x;
}

/// A seated person: pulse, heart rate, skin with a response every 25 s, a still wrist.
std::vector<Track> person(double seconds, std::uint64_t seed) {
    std::vector<double> onsets;
    for (double t = 10.0; t < seconds; t += 25.0) onsets.push_back(t);
    auto still = [&](double offset, std::uint64_t k) {
        auto x = synth::white_noise(static_cast<std::size_t>(seconds * 32), 0.004, seed + k);
        for (auto& v : x) v += static_cast<float>(offset);
        return x;
    };
    return {{Channel::kHeartRate, 1.0, heart(seconds, 68.0, seed)},
            {Channel::kEda, 4.0, synth::eda(onsets, seconds, 4.0, 2.0, 0.15, 0.002, seed)},
            {Channel::kPpg, 64.0, synth::ppg(synth::beat_times(seconds, 0.88, seed), seconds, 64.0, 1.0, seed)},
            {Channel::kAccelX, 32.0, still(0.1, 1)}, {Channel::kAccelY, 32.0, still(0.2, 2)}, {Channel::kAccelZ, 32.0, still(0.97, 3)}};
}

std::size_t estimates(const std::vector<flow::Evidence>& all) {
    std::size_t n = 0;
    for (const auto& e : all) n += e.arousal || e.stress ? 1 : 0;
    return n;
}

TEST(BodyRecogniser, WarmsUpThenSpeaksOfArousalAloneAndNearZeroAtRest) {
    BodyRecogniser body("wrist", nullptr);
    const auto all = play(body, person(420.0, 1), 420.0);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all[20].abstained, flow::Abstain::kWarmingUp);
    const auto& last = all.back();
    ASSERT_TRUE(last.arousal) << (last.abstained ? flow::to_string(*last.abstained) : "no reason");
    EXPECT_FALSE(last.valence);
    EXPECT_FALSE(last.stress) << "no model is installed: no probability may come out";
    EXPECT_LT(std::abs(*last.activation), 1.0);
    EXPECT_EQ(last.origin, flow::Origin::kSimulated);
    for (const auto& e : all)
        if (e.t.seconds() < 180.0) {
            EXPECT_FALSE(e.arousal) << e.t.seconds();
        }
}

TEST(BodyRecogniser, FasterHeartAndRisingSkinRaiseTheIndex) {
    BodyRecogniser body("wrist", nullptr);
    auto tracks = person(600.0, 2);
    for (std::size_t i = 480; i < 600; ++i) tracks[0].samples[i] += 18.0F;
    for (std::size_t i = 480 * 4; i < 600 * 4; ++i) tracks[1].samples[i] += 1.5F;
    const auto all = play(body, tracks, 600.0);
    double before = 0.0, after = 0.0;
    for (const auto& e : all) {
        if (e.activation && e.t.seconds() < 478.0) before = *e.activation;
        if (e.activation && e.t.seconds() > 540.0) after = *e.activation;
    }
    EXPECT_GT(after, before + 1.0);
}

TEST(BodyRecogniser, ElapsedTimeAloneChangesNothing) {
    // The same quiet minute an hour later gives the same index as after ten minutes.
    BodyRecogniser body("wrist", nullptr);
    const auto one = person(100.0, 3);
    std::vector<double> at;
    for (int k = 0; k < 36; ++k)
        for (const auto& e : play(body, one, 100.0, 100.0 * k))
            if (e.activation && std::abs(std::fmod(e.t.seconds(), 100.0) - 60.0) < 0.5) at.push_back(*e.activation);
    ASSERT_GT(at.size(), 20U);
    EXPECT_NEAR(at[6], at.back(), 0.15);
}

class Ghost : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Ghost, ::testing::Range(0, 5));

TEST_P(Ghost, AfterAPersonIsFlaggedWithin10sAndGivesNoEstimate) {
    BodyRecogniser body("wrist", nullptr);
    play(body, person(300.0, 4), 300.0);
    const double s = 120.0;
    const auto n = [&](double rate) { return static_cast<std::size_t>(s * rate); };
    std::vector<Track> ghost;
    switch (GetParam()) {
        case 0:  // an E4 on a table: no conductance, sensor noise on the light, a heart rate that its firmware makes up
            ghost = {{Channel::kEda, 4.0, std::vector<float>(n(4), 0.0F)}, {Channel::kPpg, 64.0, synth::white_noise(n(64), 1.5, 9)},
                     {Channel::kHeartRate, 1.0, heart(s, 80.0, 9)}, {Channel::kAccelX, 32.0, std::vector<float>(n(32), 0.0F)},
                     {Channel::kAccelY, 32.0, std::vector<float>(n(32), 0.0F)}, {Channel::kAccelZ, 32.0, std::vector<float>(n(32), 1.0F)}};
            break;
        case 1: ghost = {{Channel::kEda, 4.0, synth::white_noise(n(4), 1.0, 5)}, {Channel::kPpg, 64.0, synth::white_noise(n(64), 50.0, 5)}}; break;
        case 2: ghost = {{Channel::kEda, 4.0, synth::tone(n(4), 4.0, 1.97, 0.8, 2.0)}, {Channel::kPpg, 64.0, synth::tone(n(64), 64.0, 14.0, 40.0)}}; break;
        case 3: ghost = {{Channel::kPpg, 64.0, synth::tone(n(64), 64.0, 28.0, 30.0, 100.0)}, {Channel::kEda, 4.0, std::vector<float>(n(4), 0.0F)}}; break;
        default: ghost = {{Channel::kEda, 4.0, std::vector<float>(n(4), 3.0F)}, {Channel::kPpg, 64.0, std::vector<float>(n(64), 7.0F)}}; break;
    }
    const auto all = play(body, ghost, s, 300.0);
    ASSERT_FALSE(all.empty());
    double flagged_s = 1e9;
    for (const auto& e : all)
        if (e.abstained == flow::Abstain::kOffBody) flagged_s = std::min(flagged_s, e.t.seconds() - 300.0);
    EXPECT_LE(flagged_s, 10.0);
    for (const auto& e : all)
        if (e.t.seconds() > 310.0) {
            EXPECT_FALSE(e.arousal || e.stress || e.activation) << e.t.seconds() - 300.0;
        }
}

TEST(BodyRecogniser, NoiseAloneFromTheStartNeverGivesAnEstimate) {
    BodyRecogniser body("wrist", nullptr);
    const auto all = play(body, {{Channel::kEda, 4.0, synth::white_noise(4800, 1.0, 6)}, {Channel::kPpg, 64.0, synth::white_noise(64 * 400, 30.0, 6)}}, 400.0);
    EXPECT_EQ(estimates(all), 0U);
}

TEST(BodyRecogniser, AskedWithinASecondItAnswersFromWhatHasComeAndLearnsNothingFromIt) {
    const auto tracks = person(300.0, 6);
    BodyRecogniser often("wrist", nullptr), seldom("wrist", nullptr);
    const auto by_second = play(seldom, tracks, 300.0, 0.0, 1);
    std::vector<flow::Evidence> whole;
    int within = 0;
    for (std::size_t s = 0; s < 300; ++s) {
        for (int quarter = 0; quarter < 4; ++quarter) {
            for (const auto& track : tracks) {
                const auto second = second_of(track, static_cast<int>(s), 0.0);
                const auto n = second->samples.size() / 4;
                if (n == 0 && quarter > 0) continue;
                flow::SensorFrame part = *second;
                if (n > 0) {
                    part.t = {second->t.ns + 250'000'000 * quarter};
                    part.samples.assign(second->samples.begin() + static_cast<std::ptrdiff_t>(n) * quarter,
                                        second->samples.begin() + static_cast<std::ptrdiff_t>(n) * (quarter + 1));
                }
                often.push(part);
            }
            const auto e = often.poll({from_seconds(static_cast<double>(s) + 0.25 * (quarter + 1)).ns});
            if (quarter == 3 && e) whole.push_back(*e);
            if (quarter < 3 && e && e->activation) ++within;
        }
    }
    ASSERT_EQ(whole.size(), by_second.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(whole[i].abstained, by_second[i].abstained) << i;
        EXPECT_EQ(whole[i].activation, by_second[i].activation) << i;
    }
    EXPECT_GT(within, 150);
}

TEST(BodyRecogniser, AnEcgAtARateThatCannotBeReadIsAbstainedFromAndSaysWhichRatesCan) {
    BodyRecogniser body("wrist", nullptr);
    const auto all = play(body, {{Channel::kEcg, 40.0, synth::ecg(synth::beat_times(30.0, 0.85, 8), 30.0, 40.0, 0.02, 8)}}, 30.0);
    ASSERT_FALSE(all.empty());
    for (const auto& e : all) EXPECT_EQ(e.abstained, flow::Abstain::kPoorSignal);
    EXPECT_NE(body.waits_for().find("40"), std::string::npos) << body.waits_for();
    EXPECT_NE(body.waits_for().find("80"), std::string::npos) << body.waits_for();
}

/// What a lead gives that lies on a table: mains of both kinds, noise, a motor beside it, nothing.
std::vector<std::vector<float>> ecg_ghosts(std::size_t seconds) {
    const std::size_t n = seconds * 250;
    return {synth::tone(n, 250.0, 50.0, 1.0), synth::tone(n, 250.0, 60.0, 1.0), synth::white_noise(n, 0.5, 7), synth::tone(n, 250.0, 8.0, 1.0),
            std::vector<float>(n, 0.0F)};
}

double first_off_body_s(const std::vector<flow::Evidence>& all, double from_s) {
    for (const auto& e : all)
        if (e.abstained == flow::Abstain::kOffBody) return e.t.seconds() - from_s;
    return 1e9;
}

TEST(BodyRecogniser, AnEcgGhostIsFlaggedWithin10sAndGivesNoEstimate) {
    for (const auto& x : ecg_ghosts(300)) {
        BodyRecogniser body("wrist", nullptr);
        const auto all = play(body, {{Channel::kEcg, 250.0, x}}, 300.0);
        EXPECT_EQ(estimates(all), 0U);
        EXPECT_LE(first_off_body_s(all, 0.0), 10.0);
    }
}

TEST(BodyRecogniser, AnEcgGhostAfterAPersonIsFlaggedWithin10sAndGivesNoEstimate) {
    const auto real = synth::ecg(synth::beat_times(300.0, 0.85, 8), 300.0, 250.0, 0.02, 8);
    for (const auto& x : ecg_ghosts(60)) {
        BodyRecogniser body("wrist", nullptr);
        EXPECT_GT(estimates(play(body, {{Channel::kEcg, 250.0, real}}, 300.0)), 50U);
        const auto all = play(body, {{Channel::kEcg, 250.0, x}}, 60.0, 300.0);
        EXPECT_LE(first_off_body_s(all, 300.0), 10.0);
        for (const auto& e : all)
            if (e.t.seconds() > 310.0) {
                EXPECT_FALSE(e.arousal || e.activation) << e.t.seconds() - 300.0;
            }
    }
}

TEST(EcgBeats, AreTheSameForAnyDivisionIntoBlocks) {
    auto lead = synth::ecg(synth::beat_times(60.0, 0.85, 8), 60.0, 250.0, 0.02, 8);
    const auto hum = synth::tone(5000, 250.0, 50.0, 1.0);
    std::copy(hum.begin(), hum.end(), lead.begin() + 5000);
    const auto in_blocks = [&](std::size_t block) {
        auto beats = EcgBeats::create(250.0, {}).value();
        std::vector<EcgBeats::Second> out;
        for (std::size_t i = 0; i < lead.size(); i += block) beats.push(std::span(lead).subspan(i, std::min(block, lead.size() - i)), out);
        return out;
    };
    const auto whole = in_blocks(lead.size());
    ASSERT_EQ(whole.size(), 60U);
    EXPECT_FALSE(*whole[35].good);
    EXPECT_TRUE(*whole[55].good);
    for (const std::size_t block : {1U, 7U, 250U, 991U}) {
        const auto parts = in_blocks(block);
        ASSERT_EQ(parts.size(), whole.size());
        for (std::size_t s = 0; s < whole.size(); ++s) {
            EXPECT_EQ(parts[s].good, whole[s].good);
            EXPECT_EQ(parts[s].rr_ms, whole[s].rr_ms);
        }
    }
}

TEST(BodyRecogniser, EcgAloneGivesAHeartSource) {
    BodyRecogniser body("wrist", nullptr);
    const auto all = play(body, {{Channel::kEcg, 250.0, synth::ecg(synth::beat_times(400.0, 0.85, 8), 400.0, 250.0, 0.02, 8)}}, 400.0);
    EXPECT_EQ(body.kind(), flow::SourceKind::kHeart);
    EXPECT_GT(estimates(all), 100U);
}

TEST(BodyRecogniser, ExerciseIsAbstainedFromAsMotion) {
    BodyRecogniser body("wrist", nullptr);
    auto tracks = person(500.0, 9);
    for (std::size_t axis = 3; axis < 6; ++axis) {
        const auto shake = synth::tone(500 * 32, 32.0, 2.3, 0.4);
        for (std::size_t i = 300 * 32; i < 500 * 32; ++i) tracks[axis].samples[i] += shake[i];
    }
    const auto all = play(body, tracks, 500.0);
    for (const auto& e : all)
        if (e.t.seconds() > 370.0) {
            EXPECT_EQ(e.abstained, flow::Abstain::kMotion) << e.t.seconds();
        }
}

TEST(BodyRecogniser, SilenceIsStaleWithin10s) {
    BodyRecogniser body("wrist", nullptr);
    play(body, person(260.0, 10), 260.0);
    const auto all = play(body, {}, 12.0, 260.0);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().abstained, flow::Abstain::kStale);
    EXPECT_EQ(all.back().quality, flow::Quality::kLost);
}

TEST(BodyRecogniser, SamplesPushedTwiceInTwoRunsGiveTheSameBits) {
    BodyRecogniser a("wrist", nullptr), b("wrist", nullptr);
    const auto tracks = person(260.0, 11);
    const auto one = play(a, tracks, 260.0), two = play(b, tracks, 260.0);
    ASSERT_EQ(one.size(), two.size());
    for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].activation, two[i].activation);
}

TEST(BodyRecogniser, FramesOfOtherSourcesAndChannelsAreIgnored) {
    BodyRecogniser body("wrist", nullptr);
    flow::SensorFrame frame;
    frame.source = "other";
    frame.samples = {1.0F};
    body.push(frame);
    EXPECT_FALSE(body.poll({from_seconds(5.0).ns}));
}

/// Pushes the tracks as play() does, to who tells the breath.
void breathe(BreathTracker& breath, const std::vector<Track>& tracks, double seconds, double from_s = 0.0) {
    for (int s = 0; s < static_cast<int>(seconds); ++s)
        for (const auto& track : tracks)
            if (const auto frame = second_of(track, s, from_s)) breath.push(*frame);
}

TEST(BreathTracker, ToldByItsOwnChannelBreathIsNotReadFromThePulse) {
    BreathTracker breath;
    auto tracks = person(120, 3);
    EXPECT_FALSE(breath.at({from_seconds(0).ns}));
    auto belt = synth::tone(120 * 8, 8.0, 12.0 / 60.0, 1.0, 4.0);
    tracks.push_back({Channel::kRespiration, 8.0, belt});
    breathe(breath, tracks, 120);
    const auto b = breath.at({from_seconds(120).ns});
    ASSERT_TRUE(b);
    EXPECT_EQ(b->of, Channel::kRespiration);
    EXPECT_NEAR(b->per_min, 12.0, 1.0);
    EXPECT_NEAR(b->t.seconds(), 120.0, 1.5);
    EXPECT_FALSE(breath.at({from_seconds(126).ns})) << "a rate that is 6 s old is none";
}

TEST(BreathTracker, AGapInTheBeltBeginsItsWindowAnew) {
    BreathTracker breath;
    const std::vector<Track> belt = {{Channel::kRespiration, 8.0, synth::tone(60 * 8, 8.0, 12.0 / 60.0, 1.0)}};
    breathe(breath, belt, 60);
    EXPECT_TRUE(breath.at({from_seconds(60).ns}));
    breathe(breath, belt, 30, 70.0);  // ten seconds are missing
    EXPECT_FALSE(breath.at({from_seconds(100).ns}));
}

}  // namespace
}  // namespace attune::affect
