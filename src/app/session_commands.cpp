// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "report/html.hpp"
#include "session/codec.hpp"
#include "session/launch.hpp"
#include "session/record.hpp"
#include "session/replay.hpp"

namespace attune::app {
namespace {

using nlohmann::json;

void print(const json& object) {
    std::puts(object.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

/// Opens the space and runs `work` on it; every error ends in report_error.
template <typename Work>
int in_space(Context& context, const Work& work) {
    auto space = session::Space::open(context.data_dir, context.db_url);
    if (!space) return report_error(context, space.error());
    const Result<int> status = work(**space);
    return status ? *status : report_error(context, status.error());
}

Result<flow::Va> parse_point(const std::string& text) {
    const auto parts = core::split(text, ',');
    const auto v = core::parse_double(parts[0]);
    const auto a = parts.size() == 2 ? core::parse_double(parts[1]) : std::nullopt;
    if (!v || !a || std::abs(*v) > 1.0 || std::abs(*a) > 1.0) {
        return fail(ErrorCode::kBadArgument, "'" + text + "' is not VALENCE,AROUSAL with both from -1 to 1");
    }
    return flow::Va{*v, *a};
}

void print_run(const session::RunReport& report) {
    const session::Summary& s = report.summary;
    if (s.simulated()) std::puts("SIMULATED");
    for (const session::PlayedItem& item : s.items) {
        std::printf("%5.1f min  %4.0f s  %s\n", item.began.seconds() / 60.0, item.played_s, item.plan.title.c_str());
    }
    std::printf("session %s: %s after %.1f min, %d replans\n", s.start.session.text().c_str(), s.why_ended.c_str(),
                s.ended.seconds() / 60.0, s.replans);
}

void add_run(CLI::App& session, Context& context) {
    auto* run = session.add_subcommand("run", "play a session");
    auto request = std::make_shared<session::RunRequest>();
    auto from = std::make_shared<std::string>();
    auto person = std::make_shared<std::string>();
    run->add_option("--goal", request->goal, "calm, lift, focus, sleep, energise, stay, or VALENCE,AROUSAL")->required();
    run->add_option("--minutes", request->minutes, "length, 1 to 180")->capture_default_str();
    run->add_option("--from", *from, "how you feel now: VALENCE,AROUSAL, each from -1 to 1");
    run->add_option("--person", *person, "whose session it is");
    run->add_option("--sense", request->sense, "a sensor, e.g. simulated:anxious?seed=7 or replay:DIR (may be repeated)");
    run->add_option("--sink", request->sink, "device, null, or file:OUT.flac")->capture_default_str();
    run->add_flag("--fast", request->fast, "in virtual time, as fast as the machine can");
    run->add_option("--seed", request->seed, "makes the session repeatable");
    run->add_option("--strategy", request->strategy, "planner, or an arm of a comparison")->group("");
    run->callback([=, &context] {
        context.run = [=, &context] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                if (!from->empty()) {
                    ATTUNE_TRY(request->from, parse_point(*from));
                }
                if (!person->empty()) {
                    ATTUNE_TRY(request->person, Id::parse(*person));
                }
                const auto began = std::chrono::steady_clock::now();
                request->progress = [began](const char* what, std::size_t done, std::size_t total) {
                    show_progress(what, done, total, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
                };
                ATTUNE_TRY(const auto report, session::run_session(space, *request, context.cancel));
                if (context.json) print(to_json(report));
                else print_run(report);
                return kDone;
            });
        };
    });
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
    auto* show = session.add_subcommand("show", "what happened in a session");
    auto id = std::make_shared<std::string>();
    auto events = std::make_shared<bool>(false);
    show->add_option("id", *id, "a session's id, its beginning, or 'last'")->required();
    show->add_flag("--events", *events, "every event, a JSON object a line");
    show->callback([=, &context] {
        context.run = [=, &context] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                ATTUNE_TRY(const auto row, session::find_session(space.db(), *id));
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
            });
        };
    });
}

void add_replay(CLI::App& session, Context& context) {
    auto* replay = session.add_subcommand("replay", "recompute a session from its record and compare bit for bit");
    auto id = std::make_shared<std::string>();
    replay->add_option("id", *id, "a session's id, its beginning, or 'last'")->required();
    replay->callback([=, &context] {
        context.run = [=, &context] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                ATTUNE_TRY(const auto row, session::find_session(space.db(), *id));
                ATTUNE_TRY(const auto events, session::read_events(space.db(), row.id));
                ATTUNE_TRY(const auto world, session::recorded_world(space.db(), events));
                ATTUNE_TRY(const auto report, session::replay(events, world));
                const bool equal = report.same_arithmetic ? report.identical() : report.equal_decisions;
                if (context.json) {
                    print({{"schema", "attune.replay/1"}, {"session", row.id.text()}, {"identical", report.identical()},
                           {"same_arithmetic", report.same_arithmetic}, {"inputs", report.inputs},
                           {"outputs", report.outputs}, {"plans", report.plans},
                           {"first_difference", report.first_difference ? json(*report.first_difference) : json(nullptr)},
                           {"difference", report.difference.empty() ? json(nullptr) : json(report.difference)},
                           {"equal_decisions", report.equal_decisions}, {"largest_difference", report.largest_difference}});
                } else {
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
                return equal ? kDone : kFailed;
            });
        };
    });
}

void add_report(CLI::App& session, Context& context) {
    auto* report = session.add_subcommand("report", "a session as one HTML page");
    auto id = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    auto professional = std::make_shared<bool>(false);
    report->add_option("id", *id, "a session's id, its beginning, or 'last'")->required();
    report->add_option("--out", *out, "file to write")->required();
    report->add_flag("--professional", *professional, "everything; without it the version for the person or family");
    report->callback([=, &context] {
        context.run = [=, &context] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                ATTUNE_TRY(const auto row, session::find_session(space.db(), *id));
                ATTUNE_TRY(const auto events, session::read_events(space.db(), row.id));
                ATTUNE_TRY(const auto summary, session::summarise(events));
                ATTUNE_TRY(const auto strings, core::Strings::installed());
                report::Options options;
                options.audience = *professional ? report::Audience::kProfessional : report::Audience::kPerson;
                options.generator = std::string("attune ") + ATTUNE_VERSION;
                ATTUNE_CHECK(core::write_file_atomically(*out, report::html(row, summary, strings, options)));
                if (context.json) print({{"schema", "attune.report/1"}, {"session", row.id.text()}, {"file", *out}});
                return kDone;
            });
        };
    });
}

}  // namespace

void add_session_commands(CLI::App& app, Context& context) {
    auto* session = app.add_subcommand("session", "play, look at and replay listening sessions");
    session->require_subcommand(1);
    add_run(*session, context);
    add_list(*session, context);
    add_show(*session, context);
    add_replay(*session, context);
    add_report(*session, context);
}

}  // namespace attune::app
