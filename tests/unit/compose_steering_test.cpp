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
double minutes_to_goal(std::uint64_t seed, double& overshoot) {
    core::Random random(seed, "test/textbook");
    const double tau = random.uniform(30, 180), sigma = random.uniform(.12, .30), home = .6, goal = -.2;
    SteerConfig config;
    config.start = {-.35, home};
    config.goal = {.3, goal};
    auto steering = Steering::create(config, {}).value();
    double x = home, mean60 = home, lowest = home;
    std::vector<double> past;
    double reached = 1e9;
    for (int t = 0; t < 1200; ++t) {
        const auto out = steering.lead(t, x + random.normal(0, .05));
        const double u = home + .9 * (out.music.arousal - home);
        x += (u - x) / tau + sigma * std::sqrt(2.0 / tau) * random.normal() * .35;
        past.push_back(x);
        if (out.ask) steering.go_on();
        if (past.size() < 60) continue;
        mean60 = 0;
        for (std::size_t i = past.size() - 60; i < past.size(); ++i) mean60 += past[i] / 60.0;
        lowest = std::min(lowest, mean60);
        if (mean60 <= goal + .1 && reached > 1e8) reached = t / 60.0;
    }
    overshoot = std::max(0.0, goal - lowest) / (home - goal);
    return reached;
}

TEST(Steering, LeadTakesATextbookListenerToTheGoal) {
    std::vector<double> minutes, over;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        double overshoot = 0;
        minutes.push_back(minutes_to_goal(seed, overshoot));
        over.push_back(overshoot);
    }
    std::sort(minutes.begin(), minutes.end());
    std::sort(over.begin(), over.end());
    std::printf("[ lead     ] median %.1f min, median overshoot %.2f\n", minutes[10], over[10]);
    EXPECT_LE(minutes[10], 8.0);
    EXPECT_LE(over[10], .20);
}

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
