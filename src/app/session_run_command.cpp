// SPDX-License-Identifier: GPL-3.0-or-later
// `attune session run`: a session in this process, with keys where there is a terminal.
#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/help_card.hpp"
#include "app/in_space.hpp"
#include "app/session_commands.hpp"
#include "app/terminal_keys.hpp"
#include "session/launch.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

/// On a connection of its own: the keys have a thread of their own.
void print_help_of(const Context& context, const Id& person) {
    if (auto space = session::Space::open(context.data_dir, context.db_url)) print_help(**space, person);
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

/// In real time with the keys of the terminal, where there is one.
Result<session::RunReport> play(Context& context, session::Space& space, const session::RunRequest& request) {
    if (request.fast) return session::run_session(space, request, context.cancel);
    session::Inbox inbox;
    Id person;
    std::unique_ptr<TerminalKeys> keys;
    const auto watch = [&](const session::SessionEvent& event) {
        const auto* decision = std::get_if<session::Decision>(&event.payload);
        if (decision != nullptr && decision->question == "how_after" && !request.check_in.empty())
            std::fputs("If you like, speak for ten seconds; then rate how you feel.\n", stderr);
        const auto* start = std::get_if<session::Start>(&event.payload);
        if (start == nullptr) return;
        person = start->person;
        std::fprintf(stderr, "session %s\n", start->session.text().c_str());
        keys = TerminalKeys::listen(inbox, [&] { print_help_of(context, person); });
    };
    auto report = session::run_session(space, request, context.cancel, watch, &inbox);
    keys.reset();
    return report;
}

}  // namespace

void add_session_run(CLI::App& session, Context& context) {
    auto* run = session.add_subcommand("run", "play a session");
    auto request = std::make_shared<session::RunRequest>();
    auto from = std::make_shared<std::string>();
    auto person = std::make_shared<std::string>();
    auto deployment = std::make_shared<std::string>("home");
    run->add_option("--goal", request->goal, "calm, lift, focus, sleep, energise, stay, or VALENCE,AROUSAL")->required();
    run->add_option("--minutes", request->minutes, "length, 1 to 180")->capture_default_str();
    run->add_option("--from", *from, "how you feel now: VALENCE,AROUSAL, each from -1 to 1");
    run->add_option("--person", *person, "whose session it is");
    run->add_option("--sense", request->sense, "a sensor, e.g. simulated:anxious?seed=7 or replay:DIR (may be repeated)");
    run->add_flag("--check-in{voice:mic}", request->check_in, "speak for ten seconds before the music and again after it; "
                                                              "--check-in=voice:wav:FILE takes a recording");
    run->add_option("--sink", request->sink, "device, null, or file:OUT.flac")->capture_default_str();
    run->add_flag("--fast", request->fast, "in virtual time, as fast as the machine can");
    run->add_option("--seed", request->seed, "makes the session repeatable");
    run->add_option("--plan", request->plan, "a hand-made plan (attune person plan): its tracks come first");
    run->add_flag("--lock", request->locked, "nothing but the hand-made plan");
    run->add_option("--compose", request->compose.when, "composed music: never, gaps (where no track fits) or always")->capture_default_str();
    run->add_option("--engine", request->compose.engine, "who composes: rule, hmm or lstm")->capture_default_str();
    run->add_flag("--mirror", request->compose.mirror, "biofeedback: for three minutes the composed sound rises with skin conductance");
    run->add_flag("--companion", request->companion, "somebody is with the listener: \"only with me\" music may play");
    run->add_option("--deployment", *deployment, "home, clinic, research, workplace, education; the last two infer nothing from "
                                                 "face, voice or body")->capture_default_str();
    run->add_option("--strategy", request->strategy, "planner, or an arm of a comparison")->group("");
    run->callback([=, &context] {
        context.run = [=, &context] {
            return in_space(context, [&](session::Space& space) -> Result<int> {
                if (!from->empty()) {
                    ATTUNE_TRY(request->from, session::parse_point(*from));
                }
                if (!person->empty()) {
                    ATTUNE_TRY(request->person, Id::parse(*person));
                }
                ATTUNE_TRY(request->deployment, care::parse_deployment(*deployment));
                const auto began = std::chrono::steady_clock::now();
                request->progress = [began](const char* what, std::size_t done, std::size_t total) {
                    show_progress(what, done, total, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
                };
                request->before_check_in = [] { std::fputs("Check-in: please speak for ten seconds, about anything.\n", stderr); };
                ATTUNE_TRY(const auto report, play(context, space, *request));
                if (context.json) print(to_json(report));
                else print_run(report);
                return kDone;
            });
        };
    });
}

}  // namespace attune::app
