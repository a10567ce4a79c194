// SPDX-License-Identifier: GPL-3.0-or-later
// The live source under the real-time guard, and its changes at their boundaries.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "compose/driven_source.hpp"
#include "compose/steering.hpp"
#include "compose/synth.hpp"
#include "support/kept_piano.hpp"
#include "support/rt_guard.hpp"

namespace attune::compose {
namespace {

Brief brief(std::uint64_t seed = 3) {
    Brief b;
    b.style = Style::kPianoBallad;
    b.seed = seed;
    return b;
}

double rms(std::span<const float> x) {
    double sum = 0;
    for (float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
    return std::sqrt(sum / static_cast<double>(x.size()));
}

TEST(LiveSource, ProcessAddsNoAllocationAndNoLockToTheSynths) {
    auto source = LiveSource::create(brief(), {0, 0, {}}).value();
    ASSERT_TRUE(source->prepare(512).has_value());
    std::array<float, 512> left{}, right{};
    // FluidSynth 2.3 itself allocates one list of buffers in every 64 frames (fluid_rvoice_mixer); that is why synthesis
    // runs on the engine thread and not in the callback. Everything of ours comes on top of that: nothing may.
    auto bare = Synth::create().value();
    static_cast<void>(test::rt::take_report());
    for (int i = 0; i < 50; ++i) {
        const test::rt::Scope guard;
        for (std::size_t at = 0; at < 512; at += Performer::kStep)
            bare.render(std::span(left).subspan(at, Performer::kStep), std::span(right).subspan(at, Performer::kStep));
    }
    const int of_the_synth = test::rt::take_report().violations / 50;
    EXPECT_LE(of_the_synth, 2 * 512 / Performer::kStep);
    double heard = 0;
    for (int i = 0; i < 600; ++i) {
        static_cast<void>(source->work());
        if (i % 100 == 50) {
            Controls c;
            c[Control::kDensity] = i % 200 == 50 ? .9 : .2;
            c[Control::kTimbre] = c[Control::kIntensity] = c[Control::kDensity];
            ASSERT_TRUE(source->set({}, c, static_cast<When>(i / 100 % 4)).has_value());
        }
        const test::rt::Scope guard;
        static_cast<void>(source->process(left, right));
        heard = std::max(heard, rms(left));
    }
    const auto report = test::rt::take_report();
    EXPECT_EQ(report.violations, 600 * of_the_synth) << report.first;
    EXPECT_GT(heard, .005);
}

TEST(LiveSource, IntensityIsHeardWithinAQuarterSecond) {
    auto loud = LiveSource::create(brief(), {0, 0, {}}).value(), same = LiveSource::create(brief(), {0, 0, {}}).value();
    std::vector<float> a(480), b(480), r(480);
    const auto run = [&](LiveSource& s, std::span<float> out) {
        static_cast<void>(s.work());
        static_cast<void>(s.process(out, r));
    };
    for (int i = 0; i < 300; ++i) run(*loud, a), run(*same, b);
    Controls c = controls_for({});
    c[Control::kIntensity] = 1.0;
    ASSERT_TRUE(loud->set({}, c, When::kImmediate).has_value());
    double before = 0, after = 0;
    for (int i = 0; i < 25; ++i) {  // 250 ms
        run(*loud, a), run(*same, b);
        if (i == 24) before = rms(b), after = rms(a);
    }
    EXPECT_GT(20 * std::log10(after / before), 2.0);
}

TEST(LiveSource, ChangesFallExactlyOnTheirBoundary) {
    auto source = LiveSource::create(brief(), {0, 0, {}}).value();
    for (const When when : {When::kImmediate, When::kBeat, When::kBar, When::kPhrase}) {
        std::vector<float> l(480), r(480);
        for (int i = 0; i < 137; ++i) {
            static_cast<void>(source->work());
            static_cast<void>(source->process(l, r));
        }
        static_cast<void>(source->take_events());
        Controls c;
        c[Control::kDensity] = .95;
        const Ticks asked = source->position();
        ASSERT_TRUE(source->set({}, c, when).has_value());
        static_cast<void>(source->work());
        const auto events = source->take_events();
        ASSERT_FALSE(events.empty());
        EXPECT_EQ(events.front().kind, LiveEvent::Kind::kChanged);
        const Ticks bar = source->head().ticks_per_bar();
        const Ticks grid = when == When::kImmediate ? kSixteenth : when == When::kBeat ? kTicksPerBeat : when == When::kBar ? bar : 4 * bar;
        EXPECT_EQ(events.front().tick % grid, 0) << to_string(when);
        EXPECT_GT(events.front().tick, asked);
        EXPECT_LE(events.front().tick, asked + grid + kSixteenth) << to_string(when);
    }
}

/// Two sources that play the same; one is told something. Blocks of a step, to see the frame.
struct Twins {
    std::unique_ptr<LiveSource> told = LiveSource::create(brief(), {0, 0, {}}).value(), twin = LiveSource::create(brief(), {0, 0, {}}).value();
    std::array<float, Performer::kStep> a{}, b{}, r{};
    double seconds = 0;
    bool step() {  // true if they differ
        static_cast<void>(told->work());
        static_cast<void>(twin->work());
        static_cast<void>(told->process(a, r));
        static_cast<void>(twin->process(b, r));
        seconds += Performer::kStep / 48000.0;
        return a != b;
    }
};

TEST(LiveSource, NothingOfAChangeIsHeardBeforeItsBoundaryAndAllOfItBehind) {
    for (const When when : {When::kBeat, When::kBar, When::kPhrase}) {
        Twins twins;
        while (twins.seconds < 1.234) ASSERT_FALSE(twins.step());
        Controls c = controls_for({});
        c[Control::kIntensity] = 1.0;
        c[Control::kTimbre] = .1;
        c[Control::kDensity] = .9;
        static_cast<void>(twins.told->take_events());
        ASSERT_TRUE(twins.told->set({}, c, when).has_value());
        static_cast<void>(twins.told->work());
        const Ticks boundary = twins.told->take_events().at(0).tick;
        Ticks before = 0;
        do {
            before = twins.told->position();
            ASSERT_LT(twins.seconds, 20) << "the change never came";
        } while (!twins.step());
        const double step_ticks = Performer::kStep / 48000.0 * tempo_bpm(controls_for({})) / 60.0 * kTicksPerBeat;
        EXPECT_NEAR(static_cast<double>(before), static_cast<double>(boundary), step_ticks + 1.0) << to_string(when);
    }
}

/// 250 ms from decision to sound, of which the player's engine is ahead of the ear by 120 (PlayerConfig::ahead_ms).
constexpr int kMostFrames = (250 - 120) * 48;

/// Frames from set() until the sound is another by `share` of its own level.
int frames_until_heard(Control control, double value, double share) {
    Twins twins;
    while (twins.seconds < 2.5) EXPECT_FALSE(twins.step());
    Controls c = controls_for({});
    c[control] = value;
    EXPECT_TRUE(twins.told->set({}, c, When::kImmediate).has_value());
    std::array<float, Performer::kStep> apart{};
    for (int frames = Performer::kStep; frames < 48000; frames += Performer::kStep) {
        static_cast<void>(twins.step());
        for (std::size_t i = 0; i < apart.size(); ++i) apart[i] = twins.a[i] - twins.b[i];
        if (rms(apart) > share * rms(twins.b)) return frames;
    }
    return 48000;
}

TEST(LiveSource, TimbreAndIntensityAreHeardWithinAQuarterSecondOfTheDecisionInFrames) {
    for (const auto& [control, value] : {std::pair{Control::kIntensity, 1.0}, {Control::kIntensity, 0.0}, {Control::kTimbre, 1.0}, {Control::kTimbre, 0.0}}) {
        const int frames = frames_until_heard(control, value, .1);   // a tenth: about a decibel
        std::printf("[ decision ] %s to %.0f: heard after %d frames, %.1f ms with the engine's 120\n", to_string(control), value, frames, frames / 48.0 + 120.0);
        EXPECT_LE(frames, kMostFrames) << to_string(control);
    }
}

TEST(LiveSource, MusicalTimeRunsAtTheNewTempoFromTheNextBlockOn) {
    for (const double value : {0.0, 1.0}) {
        auto source = LiveSource::create(brief(), {0, 0, {}}).value();
        std::array<float, Performer::kStep> l{}, r{};
        const auto step = [&] {
            static_cast<void>(source->process(l, r));
            return source->position();
        };
        for (int i = 0; i < 700; ++i) static_cast<void>(source->work()), static_cast<void>(step());
        Controls c = controls_for({});
        c[Control::kTempo] = value;
        const Ticks from = source->position();
        ASSERT_TRUE(source->set({}, c, When::kImmediate).has_value());
        constexpr int kSteps = 60;   // 80 ms, before and while the worker hears of it
        Ticks to = from;
        for (int i = 0; i < kSteps; ++i) {
            if (i == kSteps / 2) static_cast<void>(source->work());
            to = step();
        }
        const double ticks = kSteps * Performer::kStep / 48000.0 * tempo_bpm(c) / 60.0 * kTicksPerBeat;
        EXPECT_NEAR(static_cast<double>(to - from), ticks, 2.0) << "not one block at the old tempo";
    }
}

TEST(LiveSource, NotesChangeAtTheNextSixteenthInFrames) {
    Twins twins;
    // Asked for just after an eighth: the next sixteenth is one that only a dense piece strikes.
    while (twins.seconds < 2.5 || twins.told->position() % (2 * kSixteenth) > kSixteenth / 4) ASSERT_FALSE(twins.step());
    Controls c = controls_for({});
    c[Control::kDensity] = 1.0;
    static_cast<void>(twins.told->take_events());
    const Ticks asked = twins.told->position();
    ASSERT_TRUE(twins.told->set({}, c, When::kImmediate).has_value());
    static_cast<void>(twins.told->work());
    const Ticks boundary = twins.told->take_events().at(0).tick;
    const double per_frame = tempo_bpm(c) / 60.0 * kTicksPerBeat / 48000.0;
    EXPECT_EQ(boundary % kSixteenth, 0);
    EXPECT_LE(static_cast<double>(boundary - asked), kSixteenth + .04 * 48000.0 * per_frame) << "the next that can still be reached in 40 ms";
    const double at = twins.seconds;
    while (!twins.step()) ASSERT_LT(twins.seconds - at, 3.0);
    const double frames = (twins.seconds - at) * 48000.0, due = static_cast<double>(boundary - asked) / per_frame;
    std::printf("[ decision ] notes: due after %.0f frames, heard after %.0f\n", due, frames);
    EXPECT_GE(frames, due - Performer::kStep);
    EXPECT_LE(frames, due + .025 * 48000.0 + 2.0 * Performer::kStep) << "a player is at most 25 ms late";
}

TEST(LiveSource, ConductanceIsHeardInTheMusicWithinABar) {
    // Mirror from end to end: sensor, steering, live source, sound. The first sample above the baseline to the first
    // frame that differs from what would have been played.
    SteerConfig config;
    config.mode = SteerMode::kMirror;
    config.mirror_enabled = true;
    auto steering = Steering::create(config, {}).value();
    Twins twins;
    while (twins.seconds < 3.3) ASSERT_FALSE(twins.step());
    static_cast<void>(steering.mirror(0.0, 2.0));
    const auto out = steering.mirror(1.0, 2.0 + 6.0 / 180.0);  // a second into a ramp of 2 to 8 microsiemens in 3 min
    const double asked = twins.seconds;
    ASSERT_TRUE(twins.told->set(out.music, out.controls, When::kBar).has_value());
    while (!twins.step()) ASSERT_LT(twins.seconds - asked, 20);
    const double bar_s = 4 * 60.0 / tempo_bpm(controls_for({}));
    std::printf("[ mirror   ] first change heard after %.2f s; a bar lasts %.2f s\n", twins.seconds - asked, bar_s);
    EXPECT_LE(twins.seconds - asked, bar_s + .05);
}

TEST(DrivenSource, PlaysByItselfInAThreadAndInline) {
    LiveOptions options;
    options.seconds = 6;
    std::vector<float> sound[2];
    for (int run = 0; run < 2; ++run) {
        auto source = DrivenSource::start(brief(), options, Drive::kInline);
        ASSERT_TRUE(source->prepare(480).has_value());
        std::vector<float> l(480), r(480);
        while (!source->finished() && sound[run].size() < 48000U * 30U) {
            const auto n = source->process(l, r);
            sound[run].insert(sound[run].end(), l.begin(), l.begin() + static_cast<std::ptrdiff_t>(n));
        }
        EXPECT_TRUE(source->finished());
        const auto news = source->news()->take();
        EXPECT_FALSE(news.error.has_value());
        ASSERT_FALSE(news.events.empty());
        EXPECT_EQ(news.events.front().engine, EngineKind::kRule) << "which engine plays is in the news";
    }
    EXPECT_GT(rms(sound[0]), .005);
    EXPECT_EQ(sound[0], sound[1]) << "a file is the same every time";

    auto live = DrivenSource::start(brief(), options, Drive::kThread);
    std::vector<float> l(480), r(480);
    double heard = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (heard < .005 && std::chrono::steady_clock::now() < until) {
        const auto n = live->process(l, r);
        if (n == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // not there yet
        heard = std::max(heard, rms(std::span(l).first(n > 0 ? n : 1)));
    }
    EXPECT_GE(heard, .005);
}

TEST(DrivenSource, WhatFailsEndsItAndIsInTheNews) {
    LiveOptions options;
    options.soundfont = "/nowhere/font.sf3";
    auto source = DrivenSource::start(brief(), options, Drive::kInline);
    std::vector<float> l(480), r(480);
    EXPECT_EQ(source->process(l, r), 0U);
    EXPECT_TRUE(source->finished());
    const auto news = source->news()->take();
    ASSERT_TRUE(news.error.has_value());
    EXPECT_EQ(news.error->code, ErrorCode::kUnavailable);
    Controls c;
    c[Control::kTempo] = -1;
    EXPECT_EQ(source->set({}, c, When::kBar).error().code, ErrorCode::kBadArgument);
}

TEST(LiveSource, ControlsOutOfRangeAreRefusedAndChangeNothing) {
    auto source = LiveSource::create(brief(), {0, 0, {}}).value();
    Controls c;
    c[Control::kTempo] = 1.2;
    EXPECT_EQ(source->set({}, c, When::kBar).error().code, ErrorCode::kBadArgument);
    EXPECT_EQ(source->set({2, 0}, Controls{}, When::kBar).error().code, ErrorCode::kBadArgument);
}

TEST(LiveSource, FinishesOnTheTonicAfterFinish) {
    auto source = LiveSource::create(brief(), {0, 0, {}}).value();
    source->finish();
    std::vector<float> l(4800), r(4800);
    int blocks = 0;
    while (!source->finished() && blocks < 2000) {
        static_cast<void>(source->work());
        static_cast<void>(source->process(l, r));
        ++blocks;
    }
    EXPECT_TRUE(source->finished());
    EXPECT_LT(blocks, 800);
    EXPECT_LT(rms(l), .02) << "the end has rung out";
}

/// An engine that is always late.
class Sleepy final : public Engine {
public:
    EngineKind kind() const noexcept override { return EngineKind::kLstm; }
    std::optional<Phrase> compose(const PhraseRequest&, const Late&) override { return std::nullopt; }
};

TEST(LiveSource, ALateEngineIsReplacedAndRecorded) {
    auto source = LiveSource::create(brief(), {0, .01, {}}, std::make_unique<Sleepy>()).value();
    std::vector<float> l(480), r(480);
    for (int i = 0; i < 300; ++i) {
        static_cast<void>(source->work());
        static_cast<void>(source->process(l, r));
    }
    const auto events = source->take_events();
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.front().kind, LiveEvent::Kind::kFellBack);
    EXPECT_EQ(events.front().engine, EngineKind::kRule);
    EXPECT_GT(rms(l), 1e-4);
}

}  // namespace
}  // namespace attune::compose
