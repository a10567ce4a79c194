// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A fast session of one simulated listener and one fusion, without any other room: tests of calibration.
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "affect/fusion.hpp"
#include "core/random.hpp"
#include "sense/simulated_listener.hpp"

namespace attune::test {

inline Time at_s(double s) { return {from_seconds(s).ns}; }

struct Scene {
    std::string persona = "anxious";
    sense::Family family = sense::Family::kFitted;
    std::uint64_t seed = 1;
    int minutes = 20;
    int rating_every_s = 240;
    int track_s = 210;
    bool music = true;
    affect::PersonPrior prior;
    affect::FusionConfig config;
    /// Evidence of the second t, given the true arousal up to now; called once a second.
    std::function<std::vector<flow::Evidence>(int t, const std::vector<flow::Va>& truth)> evidence;
    std::function<void(int t, affect::Fusion& fusion)> each_second;
};

struct Outcome {
    std::vector<flow::Va> truth;
    std::vector<flow::AffectState> states;     // one a second, from the first rating on
    std::vector<int> state_t;
    std::vector<affect::Fusion::RatingCheck> checks;
    affect::SourceRecords records;
};

/// Share of seconds whose true mood lies within the 90 % interval, over both dimensions.
inline double coverage(const Outcome& o, bool shadow = false) {
    constexpr double kZ = 1.6448536269514722;
    int in = 0, n = 0;
    for (std::size_t i = 0; i < o.states.size(); ++i) {
        const auto& g = shadow ? o.states[i].shadow : o.states[i].felt;
        const flow::Va x = o.truth[static_cast<std::size_t>(o.state_t[i])];
        in += std::abs(x.valence - g.mean.valence) <= kZ * g.sd_valence();
        in += std::abs(x.arousal - g.mean.arousal) <= kZ * g.sd_arousal();
        n += 2;
    }
    return n == 0 ? std::nan("") : static_cast<double>(in) / n;
}

inline double squared_error(const Outcome& o, bool shadow) {
    double sum = 0;
    for (std::size_t i = 0; i < o.states.size(); ++i) {
        const auto& g = shadow ? o.states[i].shadow : o.states[i].felt;
        const double d = flow::distance(o.truth[static_cast<std::size_t>(o.state_t[i])], g.mean);
        sum += d * d;
    }
    return sum / static_cast<double>(o.states.size());
}

inline Outcome run(const Scene& scene) {
    sense::SimulationOptions options;
    options.seed = scene.seed;
    options.body = false;
    auto listener = *sense::SimulatedListener::create(*sense::load_persona(scene.persona, scene.family), options);
    auto fusion = *affect::Fusion::create(scene.config, scene.prior);
    core::Random songs(scene.seed, "test/songs");
    const auto& persona = listener.persona();
    flow::Goal goal;
    goal.kind = persona.goal;
    Outcome out;
    bool rated = false;
    const int seconds = scene.minutes * 60;
    for (int t = 0; t <= seconds; ++t) {
        if (t > 0) {
            listener.advance_to(at_s(t));
            fusion.advance_to(at_s(t));
        }
        out.truth.push_back(listener.true_mood());
        if (scene.music && t % scene.track_s == 0) {
            flow::Heard h;
            h.t = at_s(t);
            h.kind = flow::ItemKind::kTrack;
            h.playing = true;
            h.lufs_momentary = -20;
            const std::uint64_t name = songs.next();
            for (std::size_t i = 0; i < 8; ++i) h.track.bytes[i] = static_cast<std::uint8_t>(name >> (8 * i));
            h.item.bytes = h.track.bytes;
            const flow::Va target = goal.centre(persona.start);
            const double way = static_cast<double>(t) / seconds;
            const auto along = [&](double a, double b) { return std::clamp(a + way * (b - a) + songs.normal(0, .2), -1.0, 1.0); };
            h.expressed = flow::Va{along(persona.start.valence, target.valence), along(persona.start.arousal, target.arousal)};
            h.expressed_sd = flow::Va{.25, .2};
            const auto hint = listener.taste_hint(h.track);
            h.predicted_liking = hint.liking;
            h.predicted_liking_sd = hint.sd;
            listener.on_heard(h);
            fusion.on_heard(h);
        }
        if (scene.evidence) {
            for (const auto& e : scene.evidence(t, out.truth)) fusion.on_evidence(e);
        }
        if (t % scene.rating_every_s == 0) {
            if (const auto rating = listener.asked_felt(at_s(t), std::nullopt)) {
                fusion.on_rating(*rating);
                rated = true;
            }
        }
        if (scene.each_second) scene.each_second(t, fusion);
        if (rated) {
            out.states.push_back(fusion.state(at_s(t)));
            out.state_t.push_back(t);
        }
    }
    out.checks = fusion.rating_checks();
    out.records = fusion.records();
    return out;
}

}  // namespace attune::test
