// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compose/composer.hpp"
#include "compose/steering.hpp"
#include "compose/tinnitus.hpp"
#include "core/random.hpp"

namespace attune::compose {
namespace {

TEST(Steering, MirrorIsOffRefusedToFlaggedAndByPolicy) {
    SteerConfig config;
    config.mode = SteerMode::kMirror;
    flow::Policy policy;
    EXPECT_EQ(Steering::create(config, policy).error().code, ErrorCode::kRefused);
    config.mirror_enabled = true;
    EXPECT_TRUE(Steering::create(config, policy).has_value());
    policy.flagged = true;
    EXPECT_EQ(Steering::create(config, policy).error().code, ErrorCode::kRefused);
    policy.flagged = false;
    policy.allow_mirror = false;
    EXPECT_EQ(Steering::create(config, policy).error().code, ErrorCode::kRefused);
    config = {};
    config.delta = .4;
    EXPECT_EQ(Steering::create(config, {}).error().code, ErrorCode::kBadArgument);
}

TEST(Steering, MirrorFollowsAConductanceRampWithinItsBounds) {
    SteerConfig config;
    config.mode = SteerMode::kMirror;
    config.mirror_enabled = true;
    config.start = {0, 0};
    auto steering = Steering::create(config, {}).value();
    const double start_bpm = tempo_bpm(controls_for(config.start));
    double last = -1, last_tempo = 0;
    for (int t = 0; t < 180; ++t) {
        const auto out = steering.mirror(t, 2.0 + 6.0 * t / 180.0);
        EXPECT_TRUE(out.biofeedback);
        EXPECT_FALSE(out.ended);
        EXPECT_GT(out.music.arousal, last);  // strictly with the ramp: Spearman 1
        EXPECT_GE(tempo_bpm(out.controls), last_tempo);
        EXPECT_LE(tempo_bpm(out.controls), 1.10 * start_bpm);
        last = out.music.arousal;
        last_tempo = tempo_bpm(out.controls);
    }
    EXPECT_TRUE(steering.mirror(181, 9.0).ended);
    EXPECT_EQ(steering.mirror(182, 20.0).music.arousal, last) << "nothing moves after its three minutes";
}

TEST(Steering, LeadDoesNotRiseWithTheListener) {
    SteerConfig config;
    config.start = {-.2, .3};
    config.goal = {.3, -.4};
    auto steering = Steering::create(config, {}).value();
    double last = 2;
    bool held = false;
    for (int t = 0; t < 180; ++t) {
        const auto out = steering.lead(t, .3 + .6 * t / 180.0);
        EXPECT_LE(out.music.arousal, std::min(last, config.start.arousal));
        last = out.music.arousal;
        held = held || (out.hold && out.ask);
    }
    EXPECT_TRUE(held) << "a rise of .25 for 60 s makes it ask";
    const auto before = steering.lead(181, std::nullopt);
    EXPECT_EQ(before.music.arousal, last) << "unknown moves nothing";
}

// Textbook listener of affect_spec.md B: G .9, tau 30-180 s, noise .12-.30; its mood starts at home.
std::vector<double> closed_loop(std::uint64_t seed) {
    core::Random random(seed, "test/textbook");
    const double tau = random.uniform(30, 180), sigma = random.uniform(.12, .30), home = .6;
    SteerConfig config;
    config.start = {-.35, home};
    config.goal = {.3, -.2};
    auto steering = Steering::create(config, {}).value();
    double x = home;
    std::vector<double> past, mean60;
    for (int t = 0; t < 1200; ++t) {
        const auto out = steering.lead(t, x + random.normal(0, .05));
        const double u = home + .9 * (out.music.arousal - home);
        x += (u - x) / tau + sigma * std::sqrt(2.0 / tau) * random.normal();
        past.push_back(x);
        if (out.ask) steering.go_on();
        double mean = 0;
        const std::size_t n = std::min<std::size_t>(60, past.size());
        for (std::size_t i = past.size() - n; i < past.size(); ++i) mean += past[i] / static_cast<double>(n);
        mean60.push_back(mean);
    }
    return mean60;
}

class LeadLoop : public testing::TestWithParam<std::uint64_t> {};

/// The first twenty seeds were looked at when the constants were chosen, the second twenty never.
TEST_P(LeadLoop, TakesATextbookListenerToTheGoal) {
    std::vector<std::vector<double>> runs;
    for (std::uint64_t seed = GetParam(); seed < GetParam() + 20; ++seed) runs.push_back(closed_loop(seed));
    double reached = 1e9, lowest = 1e9, last = 0;
    for (std::size_t t = 0; t < runs.front().size(); ++t) {
        std::vector<double> now;
        for (const auto& run : runs) now.push_back(run[t]);
        std::sort(now.begin(), now.end());
        const double median = .5 * (now[9] + now[10]);
        lowest = std::min(lowest, median);
        if (median <= -.2 + .1 && reached > 1e8) reached = static_cast<double>(t) / 60.0;
        last = median;
    }
    const double overshoot = std::max(0.0, -.2 - lowest) / .8;
    std::printf("[ lead     ] seeds %d..: median reaches the goal +-.1 after %.1f min, overshoot %.2f, at last %.2f\n", static_cast<int>(GetParam()), reached, overshoot, last);
    EXPECT_LE(reached, 8.0);
    EXPECT_LE(overshoot, .20);
    EXPECT_NEAR(last, -.2, .2) << "and stays";
}
INSTANTIATE_TEST_SUITE_P(Seeds, LeadLoop, testing::Values(1U, 101U), [](const auto& p) { return "From" + std::to_string(p.param); });

std::vector<MidiNote> tune() {
    // A folk-like tune of our own: four phrases of eight bars in 4/4.
    core::Random random(4, "test/tune");
    std::vector<MidiNote> notes;
    const Key key{7, Mode::kMajor};
    int step = nearest_step(key, 67);
    Ticks at = 0;
    for (int i = 0; i < 160; ++i) {
        const Ticks length = i % 16 == 15 ? 960 : random.chance(.6) ? 240 : 480;
        notes.push_back({at, length, pitch_of_step(key, step), 70});
        at += length;
        step += static_cast<int>(random.below(5)) - 2;
        step = std::clamp(step, nearest_step(key, 60), nearest_step(key, 81));
    }
    return notes;
}

TEST(Tinnitus, ThirtyMinutesWithoutRepetitionAndStillItself) {
    const auto source = tune();
    VariationBrief brief;
    brief.seconds = 1800;
    const auto melody = vary_melody(source, brief).value();
    const double seconds = static_cast<double>(melody.back().start + melody.back().length) / kTicksPerBeat * 60 / brief.bpm;
    EXPECT_GE(seconds, 1799);
    EXPECT_LT(longest_repeat(melody, source), 8U);
    EXPECT_LE(interval_quantile(melody, 1.0), interval_quantile(source, .95));
    EXPECT_LE(length_quantile(melody, 1.0), length_quantile(source, .95));
    // Random music: the same notes and lengths, shuffled and drawn anew.
    std::vector<double> random_similarity;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        core::Random random(seed, "test/random-music");
        std::vector<MidiNote> noise;
        for (std::size_t i = 0; i < melody.size(); ++i)
            noise.push_back({0, source[random.below(source.size())].length, 60 + static_cast<int>(random.below(22)), 70});
        random_similarity.push_back(similarity(noise, source));
    }
    double mean = 0, var = 0;
    for (double s : random_similarity) mean += s / 20;
    for (double s : random_similarity) var += (s - mean) * (s - mean) / 19;
    const double mine = similarity(melody, source);
    std::printf("[ tinnitus ] similarity %.3f, random %.3f + 2 SD %.3f, longest repeat %zu\n", mine, mean, 2 * std::sqrt(var), longest_repeat(melody, source));
    EXPECT_GE(mine, mean + 2 * std::sqrt(var));
}

TEST(Tinnitus, RefusesWhatItCannotVary) {
    EXPECT_EQ(vary_melody(std::vector<MidiNote>(5), {}).error().code, ErrorCode::kBadArgument);
    VariationBrief brief;
    brief.tinnitus_hz = 20;
    EXPECT_NE(vary_melody(tune(), brief).error().message.find("200..16000"), std::string::npos);
}

}  // namespace
}  // namespace attune::compose
