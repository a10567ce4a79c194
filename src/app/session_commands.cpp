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
#include "session/codec.hpp"
#include "session/record.hpp"
#include "session/replay.hpp"

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

void add_show(CLI::App& session, Context& context) {
    auto events = std::make_shared<bool>(false);
    const auto work = [events](session::Space& space, const session::SessionRow& row) -> Result<int> {
        ATTUNE_TRY(const auto list, session::read_events(space.db(), row.id));
        if (*events) {
            for (const auto& event : list) std::puts(to_json(event).dump(-1, ' ', false, json::error_handler_t::replace).c_str());
            return kDone;
        }
        ATTUNE_TRY(const auto summary, session::summarise(list));
        json object = session::to_json(summary);
        object["status"] = to_string(row.status);
        object["started_at"] = core::rfc3339(row.started_wall_ns);
        print(object);
        return kDone;
    };
    on_session(session, context, "show", "what happened in a session", work)
        ->add_flag("--events", *events, "every event, a JSON object a line");
}

json to_json(const Id& session, const session::ReplayReport& report) {
    return {{"schema", "attune.replay/1"}, {"session", session.text()}, {"identical", report.identical()},
            {"same_arithmetic", report.same_arithmetic}, {"inputs", report.inputs},
            {"outputs", report.outputs}, {"plans", report.plans},
            {"first_difference", report.first_difference ? json(*report.first_difference) : json(nullptr)},
            {"difference", report.difference.empty() ? json(nullptr) : json(report.difference)},
            {"equal_decisions", report.equal_decisions}, {"largest_difference", report.largest_difference}};
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

void add_replay(CLI::App& session, Context& context) {
    const auto work = [&context](session::Space& space, const session::SessionRow& row) -> Result<int> {
        ATTUNE_TRY(const auto events, session::read_events(space.db(), row.id));
        ATTUNE_TRY(const auto world, session::recorded_world(space.db(), events));
        ATTUNE_TRY(const auto report, session::replay(events, world));
        if (context.json) print(to_json(row.id, report));
        else print_replay(report);
        return (report.same_arithmetic ? report.identical() : report.equal_decisions) ? kDone : kFailed;
    };
    on_session(session, context, "replay", "recompute a session from its record and compare bit for bit", work);
}

void add_report(CLI::App& session, Context& context) {
    auto out = std::make_shared<std::string>();
    auto professional = std::make_shared<bool>(false);
    const auto work = [=, &context](session::Space& space, const session::SessionRow& row) -> Result<int> {
        ATTUNE_TRY(const auto events, session::read_events(space.db(), row.id));
        ATTUNE_TRY(const auto summary, session::summarise(events));
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
