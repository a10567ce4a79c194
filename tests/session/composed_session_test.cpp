// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions with composed music: planned, steered by the body, recorded, replayed; whoever composes, the rest is the same.
#include <algorithm>
#include <cmath>

#include "compose/controls.hpp"
#include "media/pcm_reader.hpp"
#include "session/codec.hpp"
#include "support/stage.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

constexpr double kRampFromS = 20.0, kRampS = 180.0;

/// A wristband of which only the skin conductance is known: 2 microsiemens, and from kRampFromS a ramp to 8 in three minutes.
class RampSource final : public sense::Source {
public:
    explicit RampSource(bool rises) : rises_(rises) {}
    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kBody; }
    flow::Provenance provenance() const override { return {flow::Origin::kSimulated, "ramp", "1"}; }
    std::vector<sense::ChannelInfo> channels() const override { return {{flow::Channel::kEda, 4.0, "microsiemens", ""}}; }
    bool live() const noexcept override { return false; }
    bool finished() const noexcept override { return false; }
    void close() noexcept override {}
    static double level(double t, bool rises) { return rises ? 2.0 + 6.0 * std::clamp((t - kRampFromS) / kRampS, 0.0, 1.0) : 2.0; }
    Result<void> pull(Time until, sense::Batch& out) override {
        flow::SensorFrame frame;
        frame.source = id_;
        frame.rate_hz = 4.0;
        frame.provenance = provenance();
        frame.t = Time{} + from_seconds(next_s_);
        for (; next_s_ < until.seconds(); next_s_ += .25) frame.samples.push_back(static_cast<float>(level(next_s_, rises_)));
        if (!frame.samples.empty()) out.frames.push_back(std::move(frame));
        return {};
    }

private:
    std::string id_ = "wrist";
    bool rises_;
    double next_s_ = 0.0;
};

std::vector<std::pair<double, Decision>> decisions(const Outcome& outcome, std::string_view what) {
    std::vector<std::pair<double, Decision>> out;
    for (const auto& [t, decision] : outcome.summary.decisions)
        if (decision.what == what) out.emplace_back(t.seconds(), decision);
    return out;
}

double arousal_of(const Decision& steer) { return std::stod(steer.reasons.at(0).args.at("arousal")); }

Cast always(const std::string& goal, double minutes, const flow::Va& start) {
    Cast cast;
    cast.persona = "calm";
    cast.answers = false;
    cast.goal = goal;
    cast.minutes = minutes;
    cast.start = start;
    cast.compose.when = "always";
    return cast;
}

std::vector<float> mono(const std::filesystem::path& file) { return media::decode_all(file.string(), 48000, 1).value().samples; }

double level_db(const std::vector<float>& x, double from_s, double to_s) {
    double sum = 0;
    const auto from = static_cast<std::size_t>(from_s * 48000), to = std::min(x.size(), static_cast<std::size_t>(to_s * 48000));
    for (std::size_t i = from; i < to; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    return 10.0 * std::log10(sum / static_cast<double>(to - from) + 1e-12);
}

TEST(ComposedSession, AlwaysFillsTheTimeWithComposedItemsAndEndsByItself) {
    const Outcome outcome = run(always("calm", 20, {-.3, .6}));
    EXPECT_EQ(outcome.summary.why_ended, "finished");
    EXPECT_NEAR(outcome.summary.ended.seconds(), 1200.0, 90.0);
    ASSERT_GE(outcome.summary.items.size(), 4U);
    for (const PlayedItem& item : outcome.summary.items) EXPECT_EQ(item.plan.kind, flow::ItemKind::kCompose);
    for (const flow::Unmet& u : outcome.summary.unmet) EXPECT_TRUE(u.limit == "familiar" || u.limit == "land_in_target") << u.limit;
}

TEST(ComposedSession, ReplayRecomputesItsPlansAndItsSteering) {
    Cast cast = always("calm", 10, {-.3, .6});
    for (int s = 60; s < 600; s += 60) cast.script.push_back(rating_at(s, {0.0, .6 - .0015 * s}));
    const Outcome outcome = run(std::move(cast));
    const auto steers = decisions(outcome, "steer");
    ASSERT_FALSE(steers.empty());
    const auto report = replay(outcome.events, stage().world);
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_TRUE(report->identical()) << report->first_difference.value_or(0) << ": " << report->difference;
    for (const auto& [t, steer] : steers) EXPECT_LE(arousal_of(steer), .6) << "above the start at " << t;
}

TEST(ComposedSession, WhenActivationRisesTheMusicHoldsAndThePageAsks) {
    // For calm a risen rating is a worsening, which outranks the composer; in company it is the composer's own rule.
    Cast cast = always("stay", 8, {0.0, .1});
    for (int s = 40; s <= 300; s += 20) cast.script.push_back(rating_at(s, {0.0, .7}));
    const Outcome outcome = run(std::move(cast));
    double last = .1;
    for (const auto& [t, steer] : decisions(outcome, "steer")) {
        if (t > 240.0) break;
        EXPECT_LE(arousal_of(steer), last + 1e-9) << "rose at " << t;
        last = arousal_of(steer);
    }
    const auto holds = decisions(outcome, "steer_hold");
    ASSERT_EQ(holds.size(), 1U);
    const auto asks = decisions(outcome, "ask");
    EXPECT_TRUE(std::any_of(asks.begin(), asks.end(), [](const auto& a) { return a.second.question == "activation"; }));
}

TEST(ComposedSession, AFlaggedListenerHearsTracksOnlyAndThePlanSaysSo) {
    Cast cast = always("calm", 10, {-.3, .6});
    cast.policy.flagged = true;
    const Outcome outcome = run(std::move(cast));
    for (const PlayedItem& item : outcome.summary.items) EXPECT_NE(item.plan.kind, flow::ItemKind::kCompose);
    EXPECT_TRUE(std::any_of(outcome.summary.unmet.begin(), outcome.summary.unmet.end(), [](const auto& u) { return u.limit == "composing"; }));
}

/// One session with biofeedback, rendered.
Outcome mirrored_session(bool rises, const std::filesystem::path& file) {
    Cast cast = always("stay", 4, {.2, .1});
    cast.compose.mirror = true;
    cast.sources.push_back(std::make_unique<RampSource>(rises));
    cast.file = file;
    return run(std::move(cast));
}

TEST(ComposedSession, TheMirrorFollowsARampOfConductanceAndIsHeardWithinABar) {
    const test::TempDir dir;
    const Outcome ramp = mirrored_session(true, dir.path() / "ramp.wav");
    const Outcome still = mirrored_session(false, dir.path() / "still.wav");
    // Composer arousal rises with conductance: strictly, so Spearman is 1, from the ramp's first second on.
    const auto steers = decisions(ramp, "steer");
    ASSERT_GE(steers.size(), 100U);
    EXPECT_EQ(steers.front().second.reasons.at(0).code, "steer_mirror");
    double last = -1;
    for (const auto& [t, steer] : steers) {
        if (steer.reasons.at(0).code != "steer_mirror") break;
        EXPECT_GT(arousal_of(steer), last) << t;
        last = arousal_of(steer);
    }
    EXPECT_TRUE(decisions(still, "steer").empty()) << "a level that stays moves nothing";
    // The first difference in the sound, in frames.
    const auto a = mono(dir.path() / "ramp.wav"), b = mono(dir.path() / "still.wav");
    std::size_t first = 0;
    while (first < std::min(a.size(), b.size()) && a[first] == b[first]) ++first;
    const flow::Va at = *ramp.summary.items.at(0).plan.expected;
    const double bar_s = 3.0 * 60.0 / compose::tempo_bpm(compose::controls_for(at));   // the shortest bar there is: three beats
    const double after_s = static_cast<double>(first) / 48000.0 - kRampFromS;
    EXPECT_GE(after_s, 0.0);
    EXPECT_LE(after_s, bar_s);
    RecordProperty("first_change_s", std::to_string(after_s));
    // Louder and brighter, within the mode's bounds; its begin and its end are said.
    const double louder = level_db(a, 140, 170) - level_db(b, 140, 170);
    EXPECT_GT(louder, .3);
    EXPECT_LE(louder, 3.0);
    const auto said = decisions(ramp, "biofeedback");
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0].second.reasons.at(0).code, "mirror_begins");
    EXPECT_EQ(said[1].second.reasons.at(0).code, "mirror_ends");
    EXPECT_LE(said[1].first - said[0].first, 182.0);
    const auto report = replay(ramp.events, stage().world);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->identical()) << report->difference;
}

TEST(ComposedSession, WithoutConsentToBiofeedbackTheSameRampMovesNothing) {
    Cast cast = always("stay", 4, {.2, .1});
    cast.sources.push_back(std::make_unique<RampSource>(true));
    const Outcome outcome = run(std::move(cast));
    for (const auto& [t, steer] : decisions(outcome, "steer")) EXPECT_LE(arousal_of(steer), .1 + 1e-9);
    EXPECT_TRUE(decisions(outcome, "biofeedback").empty());
    for (const SessionEvent& event : outcome.events) EXPECT_NE(event.kind(), EventKind::kConductance);
}

/// A20: another engine changes the notes, and nothing else of the session.
TEST(ComposedSession, SwappingTheEngineTouchesNeitherDecisionsNorLoudnessNorTheRecord) {
    const test::TempDir dir;
    struct Heard {
        Outcome outcome;
        std::vector<float> sound;
    };
    std::vector<Heard> runs;
    const std::vector<std::string> engines = {"rule", "hmm", "lstm"};
    for (const std::string& engine : engines) {
        Cast cast = always("calm", 2, {0.0, .3});
        cast.compose.engine = engine;
        cast.file = dir.path() / (engine + ".wav");
        cast.script.push_back(command_at(40, flow::CommandKind::kSofter));
        Outcome outcome = run(std::move(cast));
        runs.push_back({std::move(outcome), mono(dir.path() / (engine + ".wav"))});
    }
    const auto outputs = [](const Outcome& outcome) {
        std::vector<std::vector<std::uint8_t>> out;
        for (const SessionEvent& event : outcome.events)
            if (is_output(event.kind())) out.push_back(encode(event.payload));
        return out;
    };
    for (std::size_t i = 0; i < runs.size(); ++i) {
        SCOPED_TRACE(engines[i]);
        ASSERT_FALSE(runs[i].outcome.summary.composed.empty());
        EXPECT_EQ(runs[i].outcome.summary.composed.front().engine, engines[i]);
        EXPECT_FALSE(runs[i].outcome.summary.composed.front().fell_back);
        EXPECT_EQ(outputs(runs[i].outcome), outputs(runs[0].outcome)) << "estimates and decisions";
        EXPECT_NEAR(level_db(runs[i].sound, 5, 38), level_db(runs[0].sound, 5, 38), 4.0);
        EXPECT_LT(level_db(runs[i].sound, 45, 75), level_db(runs[i].sound, 5, 38) + 1.0) << "softer is obeyed";
        float peak = 0;
        for (const float x : runs[i].sound) peak = std::max(peak, std::abs(x));
        EXPECT_LE(peak, .892F) << "-1 dBFS";
        EXPECT_EQ(runs[i].outcome.summary.why_ended, "finished");
        EXPECT_EQ(runs[i].sound == runs[0].sound, i == 0) << "another engine, other notes";
    }
}

}  // namespace
}  // namespace attune::session
