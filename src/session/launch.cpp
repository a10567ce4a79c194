// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/launch.hpp"

#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

#include "affect/recognisers.hpp"
#include "care/policy_maker.hpp"
#include "compose/synth.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "play/opus_sink.hpp"
#include "sense/open_source.hpp"
#include "sense/simulated_source.hpp"
#include "session/audience.hpp"
#include "session/block_keeper.hpp"
#include "session/codec.hpp"
#include "session/consent.hpp"
#include "session/event_writer.hpp"
#include "session/mailbox.hpp"
#include "session/onboarding.hpp"
#include "session/record.hpp"
#include "session/replay.hpp"
#include "session/engine_player.hpp"

namespace attune::session {
namespace {

using nlohmann::json;

/// Nobody hears the null sink, so a decision that sounds later costs nobody anything; a machine that stops for a fifth
/// of a second costs no music.
constexpr int kUnheardAheadMs = 250, kUnheardMostAheadMs = 300;

std::uint64_t drawn_seed() {
    const Id id = core::IdSource().next();
    std::uint64_t seed = 0;
    for (std::size_t i = 10; i < 14; ++i) seed = seed << 8 | id.bytes[i];
    return seed;
}

/// Days since 1970 where the listener is.
std::int64_t local_day(std::int64_t wall_ns) {
    const auto t = static_cast<std::time_t>(wall_ns / 1'000'000'000);
    std::tm local{};
    localtime_r(&t, &local);
    return (t + local.tm_gmtoff) / 86400;
}

/// Whose session it is: the person who was named, else the first of this space.
Result<Id> person_of(Space& space, const RunRequest& request, std::int64_t wall_ns) {
    care::People people = space.people();
    if (request.person) {
        ATTUNE_TRY(const auto person, people.person(*request.person));
        return person.id;
    }
    ATTUNE_TRY(const auto person, people.first(core::IdSource().next(), wall_ns));
    return person.id;
}

/// What reaches the ear, where somebody has measured it.
play::OutputProfile output_of(const care::Settings& settings) {
    if (!settings.full_scale_dba) return {};
    return {*settings.full_scale_dba, true};
}

/// What the space knows of the person: policy, settings, and what earlier sessions taught. A simulated
/// listener is nobody's person: it starts as the population and leaves nothing behind.
Result<void> know_person(Space& space, const RunRequest& request, Start& start) {
    PersonState state;
    care::People people = space.people();
    care::Settings settings;
    if (start.simulated) {
        care::Circumstances nobody;
        nobody.deployment = request.deployment;
        start.policy = care::make_policy(nobody);
    } else {
        ATTUNE_TRY(start.person, person_of(space, request, start.wall_ns));
        ATTUNE_TRY(start.policy, people.policy(start.person, request.deployment, request.companion, start.wall_ns));
        ATTUNE_TRY(const auto kept, people.kept(start.person, "state"));
        ATTUNE_TRY(state, PersonState::parse(kept.value_or("")));
        ATTUNE_TRY(const auto kept_at, people.kept(start.person, "state_at"));
        const auto since = core::parse_int(kept_at.value_or("")).value_or(start.wall_ns);
        for (auto& [track, ago_s] : state.heard_before) ago_s += static_cast<double>(start.wall_ns - since) * 1e-9;
        ATTUNE_TRY(settings, people.settings(start.person));
        state.pace.match = settings.match;
        state.pace.straight = settings.straight;
        if (settings.tether > 0.0) state.pace.tether = settings.tether;
        start.taste_weight = request.taste_weight * settings.taste_weight;
        state.day = local_day(start.wall_ns);
    }
    if (!request.plan.empty()) {
        ATTUNE_TRY(const Id whose, person_of(space, request, start.wall_ns));
        ATTUNE_TRY(start.fixed, kept_plan(people, whose, request.plan));
    }
    start.locked = request.locked;
    ATTUNE_TRY(state.starter, starter_tracks(space));
    start.policy.startle_guard = start.policy.startle_guard || start.goal.kind == flow::GoalKind::kCalm ||
                                 start.goal.kind == flow::GoalKind::kSleep;
    const play::OutputProfile output = output_of(settings);
    // Where the output is calibrated the ceiling binds the level itself, so that music is not squeezed under it.
    if (output.calibrated)
        start.policy.ceiling_gain_db = std::min(start.policy.ceiling_gain_db, output.ceiling_gain_db(start.policy.level_lufs, start.policy.ceiling_dba));
    start.policy.playing_dba = output.dba_of_lufs(start.policy.level_lufs) + (output.calibrated ? start.policy.ceiling_gain_db : 0.0);
    start.person_state = state.text();
    return {};
}

/// Not what ran faster than time, where nobody heard it, and not a simulated listener, who is nobody.
bool teaches(const RunRequest& request, const Start& start) { return !request.fast && !start.simulated && !start.person.none(); }

/// Keeps what the session taught. The dose and what was blocked are kept while it runs.
Result<void> remember(Space& space, const RunRequest& request, const Start& start, const RunResult& result) {
    if (!teaches(request, start)) return {};
    care::People people = space.people();
    const std::int64_t now = core::wall_now_ns();
    ATTUNE_CHECK(people.keep(start.person, "state", result.learnt.text()));
    ATTUNE_CHECK(people.keep(start.person, "state_at", std::to_string(now)));
    return {};
}

/// What must be known before a source may come in.
struct Entrance {
    std::filesystem::path data_dir;
    flow::Deployment deployment = flow::Deployment::kHome;
    std::function<Result<void>(flow::SourceKind)> may_open;   ///< consent of the listener, for live devices
};

/// A source without a recogniser is shown as unavailable, with the reason; the session goes on without it.
void recognise(RunSetup& setup, flow::SourceKind kind, const std::string& id, const Entrance& in) {
    setup.start.sources.emplace_back(id, kind);
    if (const std::string why = no_inference(in.deployment); !why.empty()) {
        setup.script.push_back({{}, SourceChange{id, kind, flow::SourceStatus::kUnavailable, why}});
        return;
    }
    auto recogniser = affect::make_recogniser(kind, id, in.data_dir);
    if (recogniser) {
        setup.recognisers.push_back(*std::move(recogniser));
    } else {
        setup.script.push_back({{}, SourceChange{id, kind, flow::SourceStatus::kUnavailable, recogniser.error().message}});
    }
}

void add_source(std::unique_ptr<sense::Source> source, RunSetup& setup, const Entrance& in) {
    recognise(setup, source->kind(), source->id(), in);
    setup.sources.push_back(std::move(source));
}

/// A simulated listener, or a recording of one.
bool is_simulated(const std::unique_ptr<sense::Source>& source) { return source->provenance().origin == flow::Origin::kSimulated; }

Result<void> add_source(const std::string& text, RunSetup& setup, const Entrance& in) {
    ATTUNE_TRY(const auto spec, sense::parse_spec(text));
    if (spec.kind == sense::SpecKind::kSimulated) {
        if (setup.listener) {
            return fail(ErrorCode::kBadArgument, "a session has one listener; a second simulated one was given", text);
        }
        ATTUNE_TRY(auto listener, sense::make_listener(spec));
        setup.listener = std::make_unique<sense::SimulatedListener>(std::move(listener));
        recognise(setup, flow::SourceKind::kBody, spec.source_id(), in);
        return {};
    }
    if (const auto device = device_kind(spec.kind)) ATTUNE_CHECK(in.may_open(*device));
    ATTUNE_TRY(auto source, sense::open_source(spec, setup.clock.get(), in.data_dir));
    add_source(std::move(source), setup, in);
    return {};
}

/// Ten spoken seconds before anything plays. What cannot be heard is said in the record; the session goes on without.
Result<void> add_check_in(RunSetup& setup, const RunRequest& request, const Entrance& in, const core::CancelToken& cancel) {
    if (request.check_in.empty()) return {};
    if (!care::inference_allowed(in.deployment)) {
        return fail(ErrorCode::kRefused, std::string("in deployment ") + flow::to_string(in.deployment) + " nothing is inferred from a voice", "--check-in");
    }
    ATTUNE_TRY(const auto spec, sense::parse_spec(request.check_in));
    const bool device = device_kind(spec.kind).has_value();
    if (device && request.fast) return fail(ErrorCode::kBadArgument, "a microphone cannot run faster than time: no --fast, or voice:wav:FILE", request.check_in);
    if (device) ATTUNE_CHECK(in.may_open(flow::SourceKind::kVoice));
    ATTUNE_TRY(auto recogniser, affect::make_recogniser(flow::SourceKind::kVoice, kCheckInId, in.data_dir));
    ATTUNE_TRY(setup.check_in, make_check_in(request.check_in, std::move(recogniser)));
    setup.start.sources.emplace_back(kCheckInId, flow::SourceKind::kVoice);
    if (request.before_check_in) request.before_check_in();
    auto heard = listen(*setup.check_in, cancel);
    if (!heard && heard.error().code == ErrorCode::kCancelled) return tl::unexpected<Error>(std::move(heard).error());
    if (!heard) {
        setup.script.push_back({{}, SourceChange{kCheckInId, flow::SourceKind::kVoice, flow::SourceStatus::kUnavailable, heard.error().message}});
        return {};
    }
    setup.script.push_back({{}, *std::move(heard)});
    setup.script.push_back({Time{} + seconds(1), SourceChange{kCheckInId, flow::SourceKind::kVoice, flow::SourceStatus::kLost, "the check-in is over"}});
    return {};
}

/// Asked for and not to be had is an error now, not a surprise later.
Result<void> may_compose(const Start& start) {
    ATTUNE_TRY(const auto composing, choose::parse_composing(start.compose.when));
    ATTUNE_TRY(const auto kind, compose::engine_named(start.compose.engine));
    if (composing == choose::Composing::kNever) {
        if (start.compose.mirror) return fail(ErrorCode::kBadArgument, "mirror steers composed music; it needs compose always or gaps");
        return {};
    }
    ATTUNE_CHECK(compose::make_engine(kind));
    ATTUNE_CHECK(compose::find_soundfont());
    if (start.policy.flagged || !start.policy.allow_unfamiliar)
        return fail(ErrorCode::kRefused, "this listener hears own known music only; composed music is known to nobody");
    if (!start.compose.mirror) return {};
    compose::SteerConfig mirror;
    mirror.mode = compose::SteerMode::kMirror;
    mirror.mirror_enabled = true;
    ATTUNE_CHECK(compose::Steering::create(mirror, start.policy));
    return {};
}

/// A locked plan of which nothing may be played would be no plan: anything else would outrank its lock.
Result<void> may_lock(const Start& start, const flow::LibraryView& view, const std::string& plan) {
    if (!start.locked || start.fixed.empty()) return {};
    for (const ContentKey& key : start.fixed) {
        const auto row = view.row(key);
        if (row && !flow::is_blocked(start.policy.blocks, key, view.artists[view.artist[*row]], view.genres[view.genre[*row]])) return {};
    }
    return fail(ErrorCode::kRefused, "every track of the plan is blocked or not in the library any more, and it is locked", "--plan " + plan);
}

/// Everything that a run needs besides the player and the record.
Result<RunSetup> prepare(Space& space, const RunRequest& request, const core::CancelToken& cancel) {
    RunSetup setup;
    if (!request.fast) setup.clock = std::make_unique<SessionClock>();
    Start& start = setup.start;
    ATTUNE_TRY(start.goal, flow::Goal::parse(request.goal, request.minutes));
    if (request.compose.needs_library()) ATTUNE_CHECK(ensure_music(space, cancel, request.progress));
    ATTUNE_TRY(setup.world, space.world());
    ATTUNE_TRY(setup.profiles, space.profiles());
    const std::int64_t now = core::wall_now_ns();
    const Entrance in{space.data_dir(), request.deployment, [&](flow::SourceKind kind) -> Result<void> {
        ATTUNE_TRY(const Id person, person_of(space, request, now));
        care::People people = space.people();
        return must_be_granted(people, person, kind, now, request.deployment);
    }};
    if (care::inference_allowed(request.deployment))
        setup.make_recogniser = [folder = space.data_dir()](flow::SourceKind kind, const std::string& id) { return affect::make_recogniser(kind, id, folder); };
    for (const std::string& spec : request.sense) ATTUNE_CHECK(add_source(spec, setup, in));
    if (request.make_sources) {
        ATTUNE_TRY(auto sources, request.make_sources());
        // A page's sensors are off until they are switched on there, which is when the page stores the consent.
        for (auto& source : sources) add_source(std::move(source), setup, in);
    }
    ATTUNE_CHECK(add_check_in(setup, request, in, cancel));
    start.start = request.from;
    start.words = request.words;
    if (!start.start && setup.listener) {
        if (const auto answer = setup.listener->asked_felt({}, std::nullopt)) start.start = answer->value;
    }
    start.session = core::IdSource().next();
    start.seed = request.seed ? *request.seed : drawn_seed();
    start.strategy = request.strategy;
    start.taste_weight = request.taste_weight;
    start.compose = request.compose;
    start.simulated = setup.listener != nullptr || setup.world.view->simulated || std::ranges::any_of(setup.sources, is_simulated);
    start.fingerprint = fingerprint();
    start.wall_ns = core::wall_now_ns();
    start.zone = core::local_zone();
    ATTUNE_CHECK(know_person(space, request, start));
    ATTUNE_CHECK(may_compose(start));
    ATTUNE_CHECK(may_lock(start, *setup.world.view, request.plan));
    ATTUNE_TRY(start.view_hash, keep_view(space.db(), *setup.world.view));
    return setup;
}

/// How the engine runs: by the sink and by --fast.
Result<std::unique_ptr<Player>> make_player(Space& space, const RunRequest& request, const RunSetup& setup) {
    play::PlayerConfig config;
    const bool counts = !setup.start.simulated && !setup.start.person.none();
    config.dose = play::DoseLedger(setup.start.policy.weekly_limit_dba);
    if (counts) {
        ATTUNE_TRY(const auto doses, space.people().doses(setup.start.person, setup.start.wall_ns));
        for (const care::DoseEntry& d : doses) config.dose.add(play::DoseBucket{d.at_ns / 60'000'000'000, d.share * config.dose.allowance_pa2h()});
    }
    config.engine.startle_guard = setup.start.policy.startle_guard;
    config.engine.startle_lu = setup.start.policy.limits.startle_lu;
    if (!setup.start.simulated && !setup.start.person.none()) {
        ATTUNE_TRY(const auto settings, space.people().settings(setup.start.person));
        config.engine.output = output_of(settings);
    }
    config.engine.ceiling_dba = setup.start.policy.ceiling_dba;
    config.engine.timeline.ceiling_gain_db = setup.start.policy.ceiling_gain_db;
    config.utc_at_start_s = setup.start.wall_ns / 1'000'000'000;
    std::unique_ptr<play::Sink> sink;
    constexpr std::string_view kFile = "file:";
    if (request.make_sink && !request.fast) {
        config.mode = play::RunMode::kLive;
        ATTUNE_TRY(sink, request.make_sink());
        config.ahead_ms = play::kPageAhead_ms;
    } else if (request.sink.starts_with(kFile)) {
        if (!request.fast) return fail(ErrorCode::kBadArgument, "a file is rendered in virtual time; add --fast", request.sink);
        config.mode = play::RunMode::kOffline;
        config.file = request.sink.substr(kFile.size());
    } else if (request.sink != "null" && request.sink != "device") {
        return fail(ErrorCode::kBadArgument, "'" + request.sink + "' is not a sink; sinks are device, null and file:OUT.flac");
    } else if (request.fast) {
        config.mode = play::RunMode::kTimeline;
    } else {
        config.mode = play::RunMode::kLive;
        if (request.sink == "null") {
            sink = play::make_null_sink();
            config.ahead_ms = kUnheardAheadMs;
            config.most_ahead_ms = kUnheardMostAheadMs;
        } else {
            ATTUNE_TRY(sink, play::open_device());
        }
    }
    ATTUNE_TRY(auto player, EnginePlayer::create(config, setup.profiles, std::move(sink)));
    EnginePlayer::Composers composers;
    ATTUNE_TRY(composers.engine, compose::engine_named(setup.start.compose.engine));
    composers.tinnitus_hz = setup.start.policy.tinnitus_hz;
    player->compose_with(composers);
    player->level_albums(setup.start.policy.level_lufs);
    if (counts && config.mode == play::RunMode::kLive) {
        ATTUNE_TRY(auto db, space.connect());
        player->keep_dose(std::make_unique<DoseKeeper>(std::move(db), setup.start.person, space.seal()));
    }
    return std::unique_ptr<Player>(std::move(player));
}

json maybe_va(const std::optional<flow::Va>& va) { return va ? to_json(*va) : json(nullptr); }

}  // namespace

Result<RunReport> run_session(Space& space, const RunRequest& request, const core::CancelToken& cancel,
                              const EventSink& watch, Inbox* inbox) {
    const auto from = std::chrono::steady_clock::now();
    ATTUNE_TRY(auto setup, prepare(space, request, cancel));
    Inbox own_inbox;
    if (inbox == nullptr) inbox = &own_inbox;
    setup.live = !request.fast;
    setup.inbox = inbox;
    ATTUNE_TRY(setup.player, make_player(space, request, setup));
    setup.cancel = &cancel;
    const Id id = setup.start.session;
    ATTUNE_CHECK(begin_session(space.db(), setup.start));
    ATTUNE_TRY(auto db, space.connect());
    const Id learner = teaches(request, setup.start) ? setup.start.person : Id();
    EventWriter writer(std::move(db), id, space.seal(), keep_blocks(learner, space.seal()));
    setup.keep_samples = [&writer, full = request.fast ? EventWriter::IfFull::kWait : EventWriter::IfFull::kRefuse](SampleSecond second) {
        return writer.keep(std::move(second), full);
    };
    std::optional<MailReader> mail;
    if (setup.live) {
        ATTUNE_TRY(auto letters, space.connect());
        mail.emplace(std::move(letters), id, *inbox, space.seal());
    }
    std::vector<SessionEvent> events;
    bool told = false;
    setup.sink = [&](const SessionEvent& event) {
        writer.push(event);
        // A live session goes on playing, and says that it is not being recorded.
        if (const auto failure = told || request.fast ? std::nullopt : writer.failure()) {
            told = true;
            inbox->push({.payload = Fault{"store", to_string(failure->code), "not being recorded: " + failure->describe()}});
        }
        if (watch) watch(event);
        events.push_back(event);
    };
    auto result = run(std::move(setup));
    mail.reset();
    ATTUNE_CHECK(writer.flush());
    if (!result) {
        ATTUNE_CHECK(end_session(space.db(), id, SessionStatus::kInterrupted));
        return tl::unexpected(std::move(result).error());
    }
    RunReport report;
    ATTUNE_TRY(report.summary, summarise(events));
    ATTUNE_CHECK(remember(space, request, report.summary.start, *result));
    ATTUNE_CHECK(end_session(space.db(), id, report.summary.why_ended == "finished" ? SessionStatus::kFinished : SessionStatus::kStopped));
    report.player = result->player;
    report.true_start = result->true_start;
    report.true_final = result->true_final;
    report.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    return report;
}

json to_json(const RunReport& report) {
    const bool hidden = !report.summary.start.policy.show_state;
    json object = hidden ? to_json_without_state(report.summary) : to_json(report.summary);
    object["underruns"] = report.player.sound.underruns;
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
