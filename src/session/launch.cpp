// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/launch.hpp"

#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

#include "core/ids.hpp"
#include "sense/open_source.hpp"
#include "sense/simulated_source.hpp"
#include "session/codec.hpp"
#include "session/event_writer.hpp"
#include "session/record.hpp"
#include "session/replay.hpp"
#include "session/timeline_player.hpp"

namespace attune::session {
namespace {

using nlohmann::json;

/// Everything that a run needs besides the player, made from the request.
struct Prepared {
    RunSetup setup;
    std::unique_ptr<EventWriter> writer;
};

std::uint64_t drawn_seed() {
    const Id id = core::IdSource().next();
    std::uint64_t seed = 0;
    for (std::size_t i = 10; i < 14; ++i) seed = seed << 8 | id.bytes[i];
    return seed;
}

flow::Policy policy_for(const flow::Goal& goal) {
    flow::Policy policy;
    policy.startle_guard = goal.kind == flow::GoalKind::kCalm || goal.kind == flow::GoalKind::kSleep;
    return policy;
}

Result<void> add_source(const std::string& text, RunSetup& setup) {
    ATTUNE_TRY(const auto spec, sense::parse_spec(text));
    if (spec.kind == sense::SpecKind::kSimulated) {
        if (setup.listener) {
            return fail(ErrorCode::kBadArgument, "a session has one listener; a second simulated one was given", text);
        }
        ATTUNE_TRY(auto listener, sense::make_listener(spec));
        setup.listener = std::make_unique<sense::SimulatedListener>(std::move(listener));
        setup.start.sources.emplace_back(spec.source_id(), flow::SourceKind::kBody);
        return {};
    }
    ATTUNE_TRY(auto source, sense::open_source(spec));
    setup.start.sources.emplace_back(source->id(), source->kind());
    setup.sources.push_back(std::move(source));
    return {};
}

Result<Prepared> prepare(Space& space, const RunRequest& request) {
    Prepared p;
    Start& start = p.setup.start;
    ATTUNE_TRY(start.goal, flow::Goal::parse(request.goal, request.minutes));
    ATTUNE_TRY(p.setup.world, space.world());
    if (p.setup.world.view->size() == 0) {
        return fail(ErrorCode::kNotFound,
                    "the library is empty; run `attune library scan FOLDER` with a folder of music first");
    }
    ATTUNE_TRY(p.setup.profiles, space.profiles());
    for (const std::string& spec : request.sense) ATTUNE_CHECK(add_source(spec, p.setup));
    start.start = request.from;
    if (!start.start && p.setup.listener) {
        if (const auto answer = p.setup.listener->asked_felt({}, std::nullopt)) start.start = answer->value;
    }
    start.session = core::IdSource().next();
    start.person = request.person.value_or(Id{});
    start.seed = request.seed ? *request.seed : drawn_seed();
    start.policy = policy_for(start.goal);
    start.strategy = request.strategy;
    start.taste_weight = request.taste_weight;
    start.simulated = p.setup.listener != nullptr || p.setup.world.view->simulated;
    start.fingerprint = fingerprint();
    start.wall_ns = core::wall_now_ns();
    start.zone = core::local_zone();
    ATTUNE_TRY(start.view_hash, keep_view(space.db(), *p.setup.world.view));
    return p;
}

json maybe_va(const std::optional<flow::Va>& va) { return va ? to_json(*va) : json(nullptr); }

}  // namespace

Result<RunReport> run_session(Space& space, const RunRequest& request, const core::CancelToken& cancel,
                              const EventSink& watch, Inbox* inbox) {
    const auto from = std::chrono::steady_clock::now();
    ATTUNE_TRY(auto prepared, prepare(space, request));
    RunSetup& setup = prepared.setup;
    if (request.sink != "null") {
        return fail(ErrorCode::kUnsupported, "sink '" + request.sink + "' is not built in yet; use --sink null");
    }
    setup.live = !request.fast;
    setup.inbox = inbox;
    setup.player = std::make_unique<TimelinePlayer>(play::TimelineConfig{}, setup.profiles);
    setup.cancel = &cancel;
    const Id id = setup.start.session;
    ATTUNE_CHECK(begin_session(space.db(), setup.start));
    ATTUNE_TRY(auto db, space.connect());
    EventWriter writer(std::move(db), id);
    std::vector<SessionEvent> events;
    setup.sink = [&](const SessionEvent& event) {
        writer.push(event);
        if (watch) watch(event);
        events.push_back(event);
    };
    auto result = run(std::move(setup));
    ATTUNE_CHECK(writer.flush());
    if (!result) {
        ATTUNE_CHECK(end_session(space.db(), id, SessionStatus::kInterrupted));
        return tl::unexpected(std::move(result).error());
    }
    RunReport report;
    ATTUNE_TRY(report.summary, summarise(events));
    ATTUNE_CHECK(end_session(space.db(), id, report.summary.why_ended == "finished" ? SessionStatus::kFinished : SessionStatus::kStopped));
    report.player = result->player;
    report.true_start = result->true_start;
    report.true_final = result->true_final;
    report.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    return report;
}

json to_json(const RunReport& report) {
    json object = to_json(report.summary);
    object["underruns"] = report.player.underruns;
    object["wall_s"] = report.wall_s;
    object["first_sound_s"] = report.player.first_sound_s ? json(*report.player.first_sound_s) : json(nullptr);
    if (report.true_start) {
        const flow::Goal& goal = report.summary.start.goal;
        object["true_start"] = maybe_va(report.true_start);
        object["true_final"] = maybe_va(report.true_final);
        object["distance_start"] = goal.distance_from(*report.true_start, *report.true_start);
        object["distance_final"] = goal.distance_from(*report.true_final, *report.true_start);
    }
    return object;
}

}  // namespace attune::session
