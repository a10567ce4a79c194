// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Whole sessions in virtual time: the product's own runner, conductor, filter and timeline over a simulated
/// library. What a test adds to one stands in Cast.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "library/simulated_library.hpp"
#include "session/engine_player.hpp"
#include "session/replay.hpp"
#include "session/runner.hpp"
#include "session/summary.hpp"

namespace attune::session {

struct Stage {
    library::SimulatedLibrary library{2000, 1};
    World world;
    std::map<ContentKey, ProfilePtr> shelf;

    Stage() {
        world.view = library.view();
        world.index = std::make_shared<choose::TrackIndex>(*world.view);
        for (std::size_t i = 0; i < library.size(); ++i) {
            auto profile = std::make_shared<const flow::TrackProfile>(library.profile(i));
            shelf[profile->key] = profile;
        }
    }
    ProfileLookup profiles() {
        return [this](const ContentKey& key) -> ProfilePtr {
            const auto at = shelf.find(key);
            return at == shelf.end() ? nullptr : at->second;
        };
    }
};

inline Stage& stage() {
    static Stage shared;
    return shared;
}

struct Outcome {
    std::vector<SessionEvent> events;
    RunResult result;
    Summary summary;

    /// Share of the start distance of the true mood that is left.
    [[nodiscard]] double left() const {
        const flow::Goal& goal = summary.start.goal;
        const flow::Va start = *result.true_start;
        return goal.distance_from(*result.true_final, start) / goal.distance_from(start, start);
    }
};

struct Cast {
    std::string persona = "anxious";
    sense::Family family = sense::Family::kFitted;
    std::uint64_t seed = 1;
    std::string strategy = "planner";
    std::vector<Scripted> script = {};
    double response = 1.0;
    double appraisal = 1.0;                         ///< factor on what is this person's own about a track
    double tolerance = 0.0;                         ///< w of iso-true; 0 = the persona's
    bool nobody = false;                            ///< no simulated listener: nothing is answered, not even with "no"
    bool answers = true;                            ///< false: the listener never answers, only `script` rates
    std::optional<flow::Va> start = {};             ///< instead of the listener's own blind rating
    std::string goal = {};                          ///< empty = the persona's
    std::string person_state = {};                  ///< what is known of the person
    double minutes = 20;
    std::vector<std::unique_ptr<sense::Source>> sources = {};
    std::vector<std::unique_ptr<affect::Recogniser>> recognisers = {};
    std::optional<CheckIn> check_in = {};
    ComposeChoice compose = {};
    flow::Policy policy = {};
    std::filesystem::path file = {};                ///< rendered to this file; empty = timeline only
    std::function<bool(SampleSecond)> keep_samples = {};
    std::function<Result<std::unique_ptr<affect::Recogniser>>(flow::SourceKind, const std::string&)> make_recogniser = {};
};

inline Outcome run(Cast cast) {
    sense::Persona persona = *sense::load_persona(cast.persona, cast.family);
    if (!cast.answers) persona.missing = {1.0, 1.0};
    sense::SimulationOptions options;
    options.seed = cast.seed;
    options.body = false;
    options.response = cast.response;
    options.tolerance = cast.tolerance;
    options.appraisal = cast.appraisal;
    RunSetup setup;
    setup.listener = std::make_unique<sense::SimulatedListener>(*sense::SimulatedListener::create(persona, options));
    setup.start.session = core::IdSource(cast.seed).next();
    setup.start.goal = *flow::Goal::parse(cast.goal.empty() ? flow::to_string(persona.goal) : cast.goal.c_str(), cast.minutes);
    const auto answer = setup.listener->asked_felt({}, std::nullopt);
    if (cast.start) setup.start.start = cast.start;
    else if (answer) setup.start.start = answer->value;
    setup.start.seed = cast.seed;
    setup.start.simulated = true;
    setup.start.strategy = cast.strategy;
    setup.start.person_state = cast.person_state;
    setup.start.fingerprint = fingerprint();
    for (const auto& source : cast.sources) setup.start.sources.emplace_back(source->id(), source->kind());
    setup.world = stage().world;
    setup.profiles = stage().profiles();
    setup.start.compose = cast.compose;
    setup.start.policy = cast.policy;
    play::PlayerConfig config;
    if (!cast.file.empty()) {
        config.mode = play::RunMode::kOffline;
        config.file = cast.file.string();
    }
    auto player = *EnginePlayer::create(config, stage().profiles());
    player->compose_with({*compose::engine_named(cast.compose.engine), .25, cast.policy.tinnitus_hz});
    setup.player = std::move(player);
    setup.script = std::move(cast.script);
    setup.sources = std::move(cast.sources);
    setup.recognisers = std::move(cast.recognisers);
    setup.check_in = std::move(cast.check_in);
    setup.keep_samples = std::move(cast.keep_samples);
    setup.make_recogniser = std::move(cast.make_recogniser);
    if (cast.nobody) setup.listener.reset();
    setup.live_on_until = Time{} + from_seconds(cast.minutes * 60.0);
    Outcome outcome;
    setup.sink = [&](const SessionEvent& event) { outcome.events.push_back(event); };
    auto result = session::run(std::move(setup));
    EXPECT_TRUE(result) << result.error().describe();
    if (result) outcome.result = *std::move(result);
    outcome.summary = *summarise(outcome.events);
    return outcome;
}

inline Scripted command_at(std::int64_t second, flow::CommandKind kind) {
    flow::Command command;
    command.kind = kind;
    return {Time{} + seconds(second), command};
}

inline Scripted rating_at(double second, const flow::Va& value) {
    flow::Rating rating;
    rating.t = Time{} + from_seconds(second);
    rating.value = value;
    return {rating.t, rating};
}

}  // namespace attune::session
