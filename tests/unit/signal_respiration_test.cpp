// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/respiration.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::signal {
namespace {

double phase(double per_min, double t) { return 2.0 * std::numbers::pi * per_min / 60.0 * t; }

std::vector<float> chest(double per_min, double seconds, double rate_hz, double noise, std::uint64_t seed) {
    auto x = synth::white_noise(static_cast<std::size_t>(seconds * rate_hz), noise, seed);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double p = phase(per_min, static_cast<double>(i) / rate_hz);
        x[i] += static_cast<float>(5.0 + std::sin(p) + .25 * std::sin(2.0 * p));  // in faster than out, on an offset
    }
    return x;
}

/// Beats whose intervals breathe by `rsa_s`.
std::vector<double> breathing_beats(double per_min, double seconds, double rsa_s, std::uint64_t seed) {
    core::Random random(seed, "test/breath");
    std::vector<double> t;
    for (double at = .7; at < seconds - .5; at += .85 + rsa_s * std::sin(phase(per_min, at)) + random.normal(0.0, .008)) t.push_back(at);
    return t;
}

/// The height of the whole wave breathes by `depth`.
std::vector<float> in_height(std::vector<float> x, double per_min, double rate_hz, double depth) {
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] *= static_cast<float>(1.0 + depth * std::sin(phase(per_min, static_cast<double>(i) / rate_hz)));
    return x;
}

void expect_rate(const std::vector<BreathRate>& rates, double per_min, double seconds, const std::string& what) {
    ASSERT_GE(rates.size(), static_cast<std::size_t>(.7 * (seconds - 40.0))) << what;
    for (const BreathRate& r : rates) {
        EXPECT_NEAR(r.per_min, per_min, 1.0) << what << " at " << r.t_s << " s";
        EXPECT_GE(r.quality, .6);
        EXPECT_LE(r.quality, 1.0);
    }
}

TEST(Respiration, TheChestsMovementIsCountedWithinOneBreathAMinute) {
    for (const double per_min : {5.0, 8.0, 12.0, 15.0, 20.0, 30.0})
        for (const double rate : {8.0, 25.0, 250.0})
            expect_rate(respiration(chest(per_min, 120, rate, .3, 3), BreathOf::kChannel, rate).value(), per_min, 120,
                        std::to_string(per_min) + " a minute at " + std::to_string(rate) + " Hz");
}

TEST(Respiration, AnEcgTellsItByTheHeightOfItsBeatsAndByTheirIntervals) {
    for (const double per_min : {8.0, 12.0, 16.0, 22.0}) {
        const auto beats = breathing_beats(per_min, 180, .04, 5);
        const auto x = in_height(synth::ecg(beats, 180, 250, .02, 5), per_min, 250, .12);
        expect_rate(respiration(x, BreathOf::kEcg, 250).value(), per_min, 180, std::to_string(per_min));
    }
}

TEST(Respiration, APulseWaveTellsItByHeightBaselineAndRate) {
    for (const double per_min : {8.0, 12.0, 16.0, 22.0}) {
        const auto beats = breathing_beats(per_min, 180, .03, 7);
        auto x = in_height(synth::ppg(beats, 180, 64, .8, 7), per_min, 64, .12);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += static_cast<float>(6.0 * std::sin(phase(per_min, static_cast<double>(i) / 64.0)));
        expect_rate(respiration(x, BreathOf::kPpg, 64).value(), per_min, 180, std::to_string(per_min));
    }
}

TEST(Respiration, IntervalsOfAStrapAreEnough) {
    for (const double per_min : {8.0, 14.0, 20.0}) {
        auto made = Respiration::create(BreathOf::kRr, 0.0).value();
        std::vector<BreathRate> rates;
        const auto beats = breathing_beats(per_min, 180, .04, 9);
        for (std::size_t i = 1; i < beats.size(); ++i) made.push_interval(beats[i], 1000.0 * (beats[i] - beats[i - 1]), rates);
        expect_rate(rates, per_min, 180, std::to_string(per_min));
    }
}

TEST(Respiration, AChangeOfPaceIsFollowedWithinItsWindow) {
    auto x = chest(10, 90, 25, .2, 2);
    const auto more = chest(18, 90, 25, .2, 4);
    x.insert(x.end(), more.begin(), more.end());
    const auto rates = respiration(x, BreathOf::kChannel, 25).value();
    for (const BreathRate& r : rates) {
        if (r.t_s < 90 || r.t_s > 90 + 33) {
            EXPECT_NEAR(r.per_min, r.t_s < 90 ? 10 : 18, 1.0) << r.t_s;
        }
    }
    EXPECT_GT(rates.back().t_s, 175.0);
}

TEST(Respiration, AnyBlocksGiveTheSameBits) {
    const auto beats = breathing_beats(14, 90, .04, 11);
    for (const BreathOf of : {BreathOf::kChannel, BreathOf::kEcg, BreathOf::kPpg}) {
        const double rate = of == BreathOf::kEcg ? 250.0 : 64.0;
        const auto x = of == BreathOf::kEcg   ? in_height(synth::ecg(beats, 90, rate, .05, 1), 14, rate, .1)
                       : of == BreathOf::kPpg ? in_height(synth::ppg(beats, 90, rate, 1, 1), 14, rate, .1)
                                              : chest(14, 90, rate, .4, 1);
        const auto batch = respiration(x, of, rate).value();
        EXPECT_FALSE(batch.empty()) << to_string(of);
        for (const std::size_t block : {1UL, 17UL, 640UL}) {
            auto made = Respiration::create(of, rate).value();
            std::vector<BreathRate> rates;
            for (std::size_t i = 0; i < x.size(); i += block) made.push(std::span(x).subspan(i, std::min(block, x.size() - i)), rates);
            ASSERT_EQ(rates.size(), batch.size()) << to_string(of) << ", blocks of " << block;
            for (std::size_t i = 0; i < rates.size(); ++i) {
                EXPECT_EQ(rates[i].t_s, batch[i].t_s);
                EXPECT_EQ(rates[i].per_min, batch[i].per_min);
                EXPECT_EQ(rates[i].quality, batch[i].quality);
            }
        }
    }
}

TEST(Respiration, NoBreathIsUnknown) {
    EXPECT_TRUE(respiration({}, BreathOf::kChannel, 25).value().empty());
    EXPECT_TRUE(respiration(std::vector<float>(25 * 120, 3.0F), BreathOf::kChannel, 25).value().empty());
    EXPECT_TRUE(respiration(chest(15, 30, 25, .1, 1), BreathOf::kChannel, 25).value().empty()) << "shorter than its window";
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const BreathOf of : {BreathOf::kChannel, BreathOf::kEcg, BreathOf::kPpg}) {
            const double rate = of == BreathOf::kEcg ? 250.0 : 64.0;
            const auto noise = synth::white_noise(static_cast<std::size_t>(300 * rate), 1.0, seed);
            EXPECT_LE(respiration(noise, of, rate).value().size(), 6U) << to_string(of) << " of 268 s of white noise";
        }
    }
    // Beats as even as a clock's, of one height: nothing breathes.
    std::vector<double> even;
    for (double t = .5; t < 120; t += .85) even.push_back(t);
    EXPECT_TRUE(respiration(synth::ecg(even, 120, 250, .0, 1), BreathOf::kEcg, 250).value().size() <= 12U);
}

TEST(Respiration, ALossOfContactBeginsTheWindowAnew) {
    const auto beats = breathing_beats(14, 60, .04, 11);
    auto x = in_height(synth::ppg(beats, 60, 64, .5, 1), 14, 64, .12);
    x.insert(x.end(), 64 * 20, 0.0F);
    const auto again = in_height(synth::ppg(beats, 60, 64, .5, 2), 14, 64, .12);
    x.insert(x.end(), again.begin(), again.end());
    const auto rates = respiration(x, BreathOf::kPpg, 64).value();
    EXPECT_FALSE(rates.empty());
    for (const BreathRate& r : rates)
        EXPECT_FALSE(r.t_s > 66.0 && r.t_s < 110.0) << "a window over the hole, at " << r.t_s;
}

TEST(Respiration, NaNCountsAsTheLastValueAndAResetIsANewOne) {
    auto x = chest(15, 90, 25, .1, 1);
    for (std::size_t i = 0; i < x.size(); i += 50) x[i] = std::nanf("");
    auto made = Respiration::create(BreathOf::kChannel, 25).value();
    std::vector<BreathRate> once, twice;
    made.push(x, once);
    made.reset();
    made.push(x, twice);
    expect_rate(once, 15, 90, "with NaN");
    ASSERT_EQ(once.size(), twice.size());
    for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(once[i].per_min, twice[i].per_min);
}

TEST(Respiration, ARateOutOfRangeIsRefusedAndNamed) {
    const auto slow = Respiration::create(BreathOf::kChannel, 2.0);
    ASSERT_FALSE(slow);
    EXPECT_NE(slow.error().describe().find("4..1000"), std::string::npos);
    EXPECT_FALSE(Respiration::create(BreathOf::kEcg, 10.0));
    EXPECT_FALSE(Respiration::create(BreathOf::kPpg, 2.0));
}

}  // namespace
}  // namespace attune::signal
