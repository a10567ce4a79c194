// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/in_space.hpp"
#include "app/session_commands.hpp"
#include "core/paths.hpp"
#include "report/html.hpp"
#include "sense/recorder.hpp"
#include "session/audience.hpp"
#include "session/codec.hpp"
#include "session/from_samples.hpp"
#include "session/record.hpp"
#include "session/replay.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

using nlohmann::json;

/// A command on one session that is over or runs: its id, and `work(space, row) -> Result<int>`.
using OnSession = std::function<Result<int>(session::Space&, const session::SessionRow&)>;
CLI::App* on_session(CLI::App& session, Context& context, const char* name, const char* about, OnSession work) {
    auto* command = session.add_subcommand(name, about);
    auto id = std::make_shared<std::string>();
    command->add_option("id", *id, "a session's id, its beginning, or 'last'")->required();
    command->callback([id, &context, work = std::move(work)] {
        context.run = [id, &context, work] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                ATTUNE_TRY(const auto row, session::find_session(space.db(), *id));
                return work(space, row);
            });
        };
    });
    return command;
}

void add_list(CLI::App& session, Context& context) {
    session.add_subcommand("list", "all sessions, newest first")->callback([&context] {
        context.run = [&context] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                ATTUNE_TRY(const auto sessions, session::list_sessions(space.db()));
                json list = json::array();
                for (const session::SessionRow& row : sessions) {
                    list.push_back({{"session", row.id.text()}, {"started_at", core::rfc3339(row.started_wall_ns)},
                                    {"goal", row.goal}, {"minutes", row.minutes}, {"status", to_string(row.status)},
                                    {"simulated", row.simulated}, {"events", row.events}});
                    if (!context.json) {
                        std::printf("%s  %s  %-9s %5.1f min  %-12s%s\n", row.id.text().c_str(),
                                    core::rfc3339(row.started_wall_ns).substr(0, 16).c_str(), row.goal.c_str(),
                                    row.minutes, to_string(row.status), row.simulated ? "  SIMULATED" : "");
                    }
                }
                if (context.json) print({{"schema", "attune.sessions/1"}, {"sessions", list}});
                else if (sessions.empty()) std::puts("no sessions yet; start one with: attune session run --goal calm");
                return kDone;
            });
        };
    });
}

/// How much of heart, skin and breath is kept.
Result<json> samples_json(store::Connection& db, const Id& session) {
    ATTUNE_TRY(const auto kept, session::kept_samples(db, session));
    std::int64_t seconds = 0, bytes = 0;
    json sources = json::array();
    for (const session::KeptSamples& of : kept) {
        seconds = std::max(seconds, of.seconds);
        bytes += of.bytes;
        sources.push_back({{"source", of.source}, {"seconds", of.seconds}, {"bytes", of.bytes},
                           {"erased_at", of.erased_wall_ns ? json(core::rfc3339(*of.erased_wall_ns)) : json(nullptr)}});
    }
    return json{{"seconds", seconds}, {"bytes", bytes}, {"sources", sources}};
}

/// One CSV a source and channel.
Result<void> write_samples(session::Space& space, const session::SessionRow& row, const std::string& folder) {
    ATTUNE_TRY(const auto seconds, session::read_samples(space.db(), row.id, space.seal()));
    ATTUNE_TRY(auto recorder, sense::Recorder::create(folder, row.started_wall_ns));
    for (const session::SampleSecond& second : seconds)
        for (const session::KeptFrame& kept : second.frames) ATTUNE_CHECK(recorder.write(kept.frame));
    return recorder.close();
}

/// Whether who looks is shown the estimated state.
Result<bool> state_shown(session::Space& space, const session::SessionRow& row, std::span<const session::SessionEvent> events, const std::string& as) {
    ATTUNE_TRY(const auto role, session::parse_role(as));
    care::People people = space.people();
    return session::state_shown(people, row, events, role);
}
constexpr const char* kAs = "who looks: listener, therapist, owner or researcher; where the intake hides the state, only a therapist or a researcher sees it";

void add_show(CLI::App& session, Context& context) {
    auto events = std::make_shared<bool>(false);
    auto samples = std::make_shared<std::string>();
    auto as = std::make_shared<std::string>("listener");
    const auto work = [events, samples, as](session::Space& space, const session::SessionRow& row) -> Result<int> {
        if (!samples->empty()) ATTUNE_CHECK(write_samples(space, row, *samples));
        ATTUNE_TRY(const auto list, session::read_events(space.db(), row.id));
        ATTUNE_TRY(const bool shown, state_shown(space, row, list, *as));
        if (*events) {
            for (const auto& event : list) {
                const json object = shown ? to_json(event) : session::without_state(to_json(event));
                if (!object.is_null()) std::puts(object.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
            }
            return kDone;
        }
        ATTUNE_TRY(const auto summary, session::summarise(list));
        json object = shown ? session::to_json(summary) : session::to_json_without_state(summary);
        object["status"] = to_string(row.status);
        object["started_at"] = core::rfc3339(row.started_wall_ns);
        ATTUNE_TRY(object["samples"], samples_json(space.db(), row.id));
        print(object);
        return kDone;
    };
    auto* show = on_session(session, context, "show", "what happened in a session", work);
    show->add_flag("--events", *events, "every event, a JSON object a line");
    show->add_option("--samples", *samples, "writes the samples that were kept to this new folder, as replay:DIR reads them");
    show->add_option("--as", *as, kAs)->capture_default_str();
}

json to_json(const session::SamplesReport& report) {
    json sources = json::array(), first = nullptr;
    for (const session::RecomputedSource& of : report.sources) {
        sources.push_back({{"source", of.source}, {"kind", flow::to_string(of.kind)}, {"seconds", of.seconds}, {"compared", of.compared},
                           {"not_recomputed", of.not_recomputed ? json(to_string(*of.not_recomputed)) : json(nullptr)},
                           {"why", of.why.empty() ? json(nullptr) : json(of.why)}});
    }
    if (const auto& d = report.first_difference) first = {{"seq", d->seq}, {"t_s", d->t.seconds()}, {"source", d->source}, {"difference", d->what}};
    return {{"identical", report.identical()}, {"complete", report.complete()}, {"seconds", report.seconds}, {"frames", report.frames},
            {"compared", report.compared}, {"first_difference", first}, {"equal_answers", report.equal_answers},
            {"largest_difference", report.largest_difference}, {"sources", sources}};
}

json to_json(const Id& session, const session::ReplayReport& report, const session::SamplesReport* samples) {
    return {{"schema", "attune.replay/1"}, {"session", session.text()}, {"identical", report.identical()},
            {"same_arithmetic", report.same_arithmetic}, {"inputs", report.inputs},
            {"outputs", report.outputs}, {"plans", report.plans},
            {"first_difference", report.first_difference ? json(*report.first_difference) : json(nullptr)},
            {"difference", report.difference.empty() ? json(nullptr) : json(report.difference)},
            {"equal_decisions", report.equal_decisions}, {"largest_difference", report.largest_difference},
            {"from_samples", samples != nullptr ? to_json(*samples) : json(nullptr)}};
}

void print_samples(const session::SamplesReport& report) {
    std::printf("%lld s of samples, %llu pieces of evidence, breath and conductance recomputed from them: %s\n",
                static_cast<long long>(report.seconds), static_cast<unsigned long long>(report.compared),
                !report.identical() ? "different" : report.compared > 0 ? "identical" : "nothing to compare");
    if (const auto& d = report.first_difference)
        std::printf("first difference at event %llu, %.0f s, source %s: %s; largest difference %g\n", static_cast<unsigned long long>(d->seq),
                    d->t.seconds(), d->source.c_str(), d->what.c_str(), report.largest_difference);
    for (const session::RecomputedSource& of : report.sources)
        if (of.not_recomputed) std::printf("%s: %s %s\n", of.source.c_str(), of.compared > 0 ? "in part only:" : "not recomputed:", of.why.c_str());
}

void print_replay(const session::ReplayReport& report) {
    std::printf("%llu inputs, %llu outputs and %llu plans recomputed: %s\n",
                static_cast<unsigned long long>(report.inputs), static_cast<unsigned long long>(report.outputs),
                static_cast<unsigned long long>(report.plans), report.identical() ? "identical" : "different");
    if (!report.same_arithmetic) {
        std::printf("recorded under other arithmetic; decisions %s, largest difference %g\n",
                    report.equal_decisions ? "equal" : "differ", report.largest_difference);
    }
    if (report.first_difference) {
        std::printf("first difference at event %llu: %s\n",
                    static_cast<unsigned long long>(*report.first_difference), report.difference.c_str());
    }
}

/// Under other arithmetic the last bits may differ; then what was decided and answered must be the same.
int replay_status(const session::ReplayReport& report, const session::SamplesReport* samples) {
    if (!(report.same_arithmetic ? report.identical() : report.equal_decisions)) return kFailed;
    if (samples == nullptr) return kDone;
    if (!(report.same_arithmetic ? samples->identical() : samples->equal_answers)) return kFailed;
    return samples->complete() ? kDone : kDoneWithFailures;
}

void add_replay(CLI::App& session, Context& context) {
    auto from_samples = std::make_shared<bool>(false);
    auto as = std::make_shared<std::string>("listener");
    const auto work = [from_samples, as, &context](session::Space& space, const session::SessionRow& row) -> Result<int> {
        ATTUNE_TRY(const auto events, session::read_events(space.db(), row.id));
        ATTUNE_TRY(const auto world, session::recorded_world(space.db(), events));
        std::optional<session::Recomputation> recomputation;
        if (*from_samples) {
            const auto& start = std::get<session::Start>(events.front().payload);   // recorded_world has seen it
            ATTUNE_TRY(recomputation, session::Recomputation::create(space.db(), space.seal(), start, space.data_dir()));
        }
        ATTUNE_TRY(auto report, session::replay(events, world, recomputation ? &*recomputation : nullptr));
        // The text of a difference quotes what was recorded, the state too.
        ATTUNE_TRY(const bool shown, state_shown(space, row, events, *as));
        if (!shown && report.first_difference) report.difference = "not shown to this listener (--as therapist)";
        const session::SamplesReport* samples = recomputation ? &recomputation->report() : nullptr;
        if (context.json) {
            print(to_json(row.id, report, samples));
        } else {
            print_replay(report);
            if (samples != nullptr) print_samples(*samples);
        }
        return replay_status(report, samples);
    };
    auto* replay = on_session(session, context, "replay", "recompute a session from its record and compare bit for bit", work);
    replay->add_option("--as", *as, kAs)->capture_default_str();
    replay->add_flag("--from-samples", *from_samples, "recompute what was said of heart, skin and breath too, from the samples that were kept");
}

void add_report(CLI::App& session, Context& context) {
    auto out = std::make_shared<std::string>();
    auto professional = std::make_shared<bool>(false);
    auto as = std::make_shared<std::string>("listener");
    const auto work = [=, &context](session::Space& space, const session::SessionRow& row) -> Result<int> {
        ATTUNE_TRY(const auto events, session::read_events(space.db(), row.id));
        ATTUNE_TRY(const bool shown, state_shown(space, row, events, *as));
        if (*professional) ATTUNE_CHECK(session::may_read_professional(shown));
        ATTUNE_TRY(auto summary, session::summarise(events));
        if (!shown) summary = session::without_state(std::move(summary));
        ATTUNE_TRY(const auto strings, core::Strings::installed());
        report::Options options;
        options.audience = *professional ? report::Audience::kProfessional : report::Audience::kPerson;
        options.generator = std::string("attune ") + ATTUNE_VERSION;
        ATTUNE_CHECK(core::write_file_atomically(*out, report::html(row, summary, strings, options)));
        if (context.json) print({{"schema", "attune.report/1"}, {"session", row.id.text()}, {"file", *out}});
        return kDone;
    };
    auto* report = on_session(session, context, "report", "a session as one HTML page", work);
    report->add_option("--out", *out, "file to write")->required();
    report->add_flag("--professional", *professional, "everything; without it the version for the person or family");
    report->add_option("--as", *as, kAs)->capture_default_str();
}

}  // namespace

void add_session_commands(CLI::App& app, Context& context) {
    auto* session = app.add_subcommand("session", "play, look at and replay listening sessions");
    session->require_subcommand(1);
    add_session_run(*session, context);
    add_session_tell(*session, context);
    add_list(*session, context);
    add_show(*session, context);
    add_replay(*session, context);
    add_report(*session, context);
}

}  // namespace attune::app
