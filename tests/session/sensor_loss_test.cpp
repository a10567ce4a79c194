// SPDX-License-Identifier: GPL-3.0-or-later
// Whole sessions that lose a sensor on the way: the music goes on, the source weighs nothing at once and is shown
// lost within 10 s, no SD falls below that of the same session with the sensor kept, and nothing is made up.
#include <algorithm>
#include <array>

#include "affect/body_recogniser.hpp"
#include "core/random.hpp"
#include "sense/simulated_source.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

constexpr double kLossS = 420.0;
constexpr double kShownWithinS = 10.0;

enum class Loss { kNever, kError, kSilence, kEnd };

/// A wristband, simulated, that breaks at kLossS: with an error, by falling silent, or as a recording that ends.
class LosingSource final : public sense::Source {
public:
    LosingSource(std::uint64_t seed, Loss loss, std::string id)
        : inner_(*sense::SimulatedListener::create(*sense::load_persona("anxious", sense::Family::kLinear), options(seed)), std::move(id)),
          loss_(loss) {}
    const std::string& id() const noexcept override { return inner_.id(); }
    flow::SourceKind kind() const noexcept override { return inner_.kind(); }
    flow::Provenance provenance() const override { return inner_.provenance(); }
    std::vector<sense::ChannelInfo> channels() const override { return inner_.channels(); }
    bool live() const noexcept override { return false; }
    bool finished() const noexcept override { return gone_ || inner_.finished(); }
    void close() noexcept override { inner_.close(); }
    Result<void> pull(Time until, sense::Batch& out) override {
        if (loss_ == Loss::kNever || until.seconds() < kLossS) return inner_.pull(until, out);
        if (loss_ == Loss::kSilence) return {};
        gone_ = true;
        if (loss_ == Loss::kError) return fail(ErrorCode::kUnavailable, "the wristband was switched off", id());
        return {};
    }

private:
    static sense::SimulationOptions options(std::uint64_t seed) {
        sense::SimulationOptions made;
        made.seed = seed + 500;
        return made;
    }
    sense::SimulatedSource inner_;
    Loss loss_;
    bool gone_ = false;
};

void wear(Cast& cast, Loss loss, const std::string& id = "wrist") {
    cast.sources.push_back(std::make_unique<LosingSource>(cast.seed, loss, id));
    cast.recognisers.push_back(std::make_unique<affect::BodyRecogniser>(id, nullptr));
}

/// What a face and a spoken check-in would say: evidence as their recognisers record it, until `until_s`.
void add_face_and_voice(Cast& cast, double until_s) {
    core::Random random(cast.seed, "test/display");
    const auto say = [&](double t, flow::Evidence evidence) {
        if (t >= until_s) return;
        evidence.t = Time{} + from_seconds(t);
        evidence.origin = flow::Origin::kSimulated;
        cast.script.push_back({evidence.t, evidence});
    };
    cast.script.push_back({{}, SourceChange{"face", flow::SourceKind::kFace, flow::SourceStatus::kWarmingUp, {}}});
    cast.script.push_back({{}, SourceChange{"voice", flow::SourceKind::kVoice, flow::SourceStatus::kWarmingUp, {}}});
    for (int t = 2; t < 1260; ++t) {
        flow::Evidence face;
        face.source = "face";
        face.kind = flow::SourceKind::kFace;
        face.window_s = face.dt_frame_s = 1.0;
        face.valence = flow::Index{random.normal(0.0, 1.0), .5, 1.0};
        face.model = "test@1";
        say(t, face);
        if (t % 90 != 0) continue;
        flow::Evidence voice;
        voice.source = "voice";
        voice.kind = flow::SourceKind::kVoice;
        voice.window_s = voice.dt_frame_s = 10.0;
        voice.arousal = flow::Index{random.normal(0.0, 1.0), .5, 1.0};
        voice.model = "test@1";
        say(t, voice);
    }
    std::stable_sort(cast.script.begin(), cast.script.end(), [](const auto& a, const auto& b) { return a.t < b.t; });
}

const flow::SourceState& source_of(const flow::AffectState& state, const std::string& id) {
    static const flow::SourceState kNone{};
    for (const auto& source : state.sources) {
        if (source.id == id) return source;
    }
    ADD_FAILURE() << "no source " << id << " at " << state.t.seconds();
    return kNone;
}

void expect_music_to_the_end(const Outcome& outcome) {
    EXPECT_EQ(outcome.summary.why_ended, "finished");
    EXPECT_NEAR(outcome.summary.ended.seconds(), 1200.0, 90.0);
    for (std::size_t i = 1; i < outcome.summary.heard.size(); ++i) {
        const auto& before = outcome.summary.heard[i - 1];
        const auto& now = outcome.summary.heard[i];
        if (now.t.seconds() < kLossS - 30.0 || now.t.seconds() > kLossS + 120.0) continue;
        EXPECT_LE((now.t - before.t).seconds(), 1.1) << "nothing is heard at " << before.t.seconds();
        EXPECT_TRUE(now.playing) << now.t.seconds();
    }
}

void expect_lost_soon_and_for_good(const Outcome& outcome, const std::string& id, double at_once_s) {
    for (const flow::AffectState& state : outcome.summary.states) {
        const double after = state.t.seconds() - kLossS;
        const flow::SourceState& source = source_of(state, id);
        if (after > at_once_s) {
            EXPECT_EQ(source.weight, 0.0) << "at " << state.t.seconds();
        }
        if (after > kShownWithinS) {
            EXPECT_EQ(source.status, flow::SourceStatus::kLost) << to_string(source.status) << " at " << state.t.seconds();
            EXPECT_FALSE(source.reason.empty());
            EXPECT_LE(source.last_t->seconds(), kLossS + kShownWithinS) << "it never spoke again";
        }
    }
}

void expect_nothing_made_up(const Outcome& outcome, const std::string& id) {
    for (const SessionEvent& event : outcome.events) {
        const auto* evidence = std::get_if<flow::Evidence>(&event.payload);
        if (evidence == nullptr || evidence->source != id || evidence->t.seconds() <= kLossS + 2.0) continue;
        EXPECT_TRUE(evidence->abstained) << "evidence at " << evidence->t.seconds();
        EXPECT_FALSE(evidence->arousal || evidence->valence || evidence->stress || evidence->activation);
    }
}

class SensorLoss : public testing::TestWithParam<Loss> {};

TEST_P(SensorLoss, TheMusicGoesOnAndTheSourceIsShownLostWithinTenSeconds) {
    Cast cast{.seed = 3};
    wear(cast, GetParam());
    const Outcome outcome = run(std::move(cast));
    expect_music_to_the_end(outcome);
    double weight = 0.0;
    for (const auto& state : outcome.summary.states) {
        if (state.t.seconds() <= kLossS) weight = std::max(weight, source_of(state, "wrist").weight);
    }
    EXPECT_GT(weight, 0.0) << "it was never listened to: nothing is shown";
    // Silence is known by what does not come; a loss that is told counts at that second.
    expect_lost_soon_and_for_good(outcome, "wrist", GetParam() == Loss::kSilence ? kShownWithinS : 0.0);
    expect_nothing_made_up(outcome, "wrist");
}

INSTANTIATE_TEST_SUITE_P(Ways, SensorLoss, testing::Values(Loss::kError, Loss::kSilence, Loss::kEnd),
                         [](const auto& info) {
                             return info.param == Loss::kError ? "Error" : info.param == Loss::kSilence ? "Silence" : "End";
                         });

TEST(SensorLossOfAll, TheSessionGoesOnWithPlanAndRatings) {
    Cast cast{.seed = 4};
    wear(cast, Loss::kError);
    add_face_and_voice(cast, kLossS);
    cast.script.push_back({Time{} + from_seconds(kLossS), SourceChange{"voice", flow::SourceKind::kVoice, flow::SourceStatus::kLost, "unplugged"}});
    const Outcome outcome = run(std::move(cast));
    expect_music_to_the_end(outcome);
    for (const char* id : {"wrist", "face"}) expect_lost_soon_and_for_good(outcome, id, kShownWithinS);
    std::size_t items_after = 0, ratings_after = 0;
    for (const auto& item : outcome.summary.items) items_after += item.began.seconds() > kLossS;
    for (const auto& rating : outcome.summary.ratings) ratings_after += rating.value && rating.t.seconds() > kLossS;
    EXPECT_GT(items_after, 0U);
    EXPECT_GT(ratings_after, 0U);
    const auto report = replay(outcome.events, stage().world);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->identical()) << report->difference;
}

// ---- the paired run: the same inputs, without what the lost source said ----

std::vector<flow::AffectState> states_of(const std::vector<SessionEvent>& events, const std::vector<std::string>& lost, bool told) {
    const auto& start = std::get<Start>(events.front().payload);
    auto conductor = *Conductor::create(start, stage().world);
    std::vector<flow::AffectState> states;
    std::uint64_t seq = 0;
    bool gone = lost.empty();
    const auto step = [&](SessionEvent event) {
        event.seq = ++seq;
        for (const Payload& out : conductor.step(event).records) {
            ++seq;
            if (const auto* state = std::get_if<flow::AffectState>(&out)) states.push_back(*state);
        }
    };
    for (const SessionEvent& event : events) {
        if (is_output(event.kind())) continue;
        if (!gone && event.t.seconds() >= kLossS) {
            gone = true;
            for (const auto& id : lost) {
                SessionEvent change = event;
                change.payload = SourceChange{id, flow::SourceKind::kBody, flow::SourceStatus::kLost, "unplugged"};
                if (told) step(change);
            }
        }
        const auto* evidence = std::get_if<flow::Evidence>(&event.payload);
        const bool silent = evidence != nullptr && gone && std::find(lost.begin(), lost.end(), evidence->source) != lost.end();
        if (!silent) step(event);
    }
    return states;
}

TEST(SensorLossPaired, NoSdIsEverBelowTheOneWithTheSensorKept) {
    const std::vector<std::vector<std::string>> losses = {{"wrist"}, {"face"}, {"voice"}, {"face", "voice", "wrist"}};
    std::size_t ticks = 0, higher = 0;
    for (const char* persona : {"anxious", "low", "noisy"}) {
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            Cast cast{.persona = persona, .seed = seed};
            wear(cast, Loss::kNever);
            add_face_and_voice(cast, 1e9);
            const Outcome outcome = run(std::move(cast));
            const auto kept = states_of(outcome.events, {}, false);
            ASSERT_EQ(kept.size(), outcome.summary.states.size());
            for (const auto& lost : losses) {
                for (const bool told : {true, false}) {
                    const auto without = states_of(outcome.events, lost, told);
                    // Other estimates may end the session some seconds sooner: what is heard and rated is the same.
                    ASSERT_GE(without.size() + 60, kept.size());
                    for (std::size_t i = 0; i < std::min(kept.size(), without.size()); ++i) {
                        if (kept[i].t.seconds() < kLossS) continue;
                        ++ticks;
                        const auto& a = without[i].felt;
                        const auto& b = kept[i].felt;
                        higher += a.sd_valence() > b.sd_valence() || a.sd_arousal() > b.sd_arousal();
                        ASSERT_GE(a.sd_valence(), b.sd_valence() * (1.0 - 1e-12))
                            << persona << " " << seed << " without " << lost.front() << " at " << kept[i].t.seconds();
                        ASSERT_GE(a.sd_arousal(), b.sd_arousal() * (1.0 - 1e-12))
                            << persona << " " << seed << " without " << lost.front() << " at " << kept[i].t.seconds();
                    }
                }
            }
        }
    }
    EXPECT_GT(higher, ticks / 4) << "the sensors never mattered: nothing is shown";
}

}  // namespace
}  // namespace attune::session
