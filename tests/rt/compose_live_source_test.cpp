// SPDX-License-Identifier: GPL-3.0-or-later
// The live source under the real-time guard, and its changes at their boundaries.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "compose/live_source.hpp"
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
