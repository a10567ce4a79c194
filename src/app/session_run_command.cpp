// SPDX-License-Identifier: GPL-3.0-or-later
// `attune session run`: a session in this process, with keys where there is a terminal.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <iostream>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/help_card.hpp"
#include "app/in_space.hpp"
#include "app/ranges.hpp"
#include "app/session_commands.hpp"
#include "app/session_voice.hpp"
#include "app/terminal_keys.hpp"
#include "core/text.hpp"
#include "session/audience.hpp"
#include "session/launch.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

/// On a connection of its own: the keys have a thread of their own.
void print_help_of(const Context& context, const Id& person) {
    if (auto space = session::Space::open(context.data_dir, context.db_url)) print_help(**space, person);
}

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

/// Why a session of which nothing could be heard has failed.
Error nothing_played(const session::Summary& summary, const core::Strings& strings) {
    for (auto at = summary.decisions.rbegin(); at != summary.decisions.rend(); ++at) {
        if (at->second.what != "gave_up" || at->second.reasons.empty()) continue;
        const flow::Reason& why = at->second.reasons.front();
        return {ErrorCode::kUnavailable, strings.get("reason." + why.code, why.args), "session run"};
    }
    return {ErrorCode::kUnavailable, strings.get("status.nothing_plays"), "session run"};
}

/// How it ended, in words.
std::string ending(const session::Summary& summary, const core::Strings& strings) {
    const std::string key = "status." + summary.why_ended;
    return strings.has(key) ? strings.get(key) : summary.why_ended;
}

void print_run(const session::RunReport& report, const core::Strings& strings) {
    const session::Summary& s = report.summary;
    if (s.simulated()) std::puts("SIMULATED");
    for (const session::PlayedItem& item : s.items) {
        std::printf("%5.1f min  %4.0f s  %s\n", item.began.seconds() / 60.0, item.played_s, item.plan.title.c_str());
    }
    const auto unmet = unmet_sentences(s.unmet, strings);
    if (!unmet.empty()) std::puts(strings.get("terminal.unmet").c_str());
    for (const std::string& sentence : unmet) std::printf("  %s\n", sentence.c_str());
    const bool silent = std::any_of(s.unmet.begin(), s.unmet.end(), [](const auto& u) { return u.limit == "no_music"; });
    if (silent && !s.start.policy.allow_unfamiliar) std::printf("  %s\n", strings.get("terminal.known_music_only").c_str());
    std::printf("session %s: %s after %.1f min, %d replans\n", s.start.session.text().c_str(), ending(s, strings).c_str(),
                s.ended.seconds() / 60.0, s.replans);
}

/// Only somebody at a terminal is asked; Enter skips.
std::optional<flow::Va> ask_how_now(const core::Strings& strings) {
    for (;;) {
        std::fputs(strings.get("terminal.how_now").c_str(), stderr);
        std::string line;
        if (!std::getline(std::cin, line)) return std::nullopt;
        const std::string text(core::trim(line));
        if (text.empty()) return std::nullopt;
        const auto point = session::parse_point(text);
        if (point) return *point;
        say(point.error().message);
    }
}

bool asks_how_now(const Context& context, const session::RunRequest& request) {
    const bool simulated = std::any_of(request.sense.begin(), request.sense.end(), [](const auto& s) { return s.starts_with("simulated:"); });
    return !simulated && !context.json && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

bool never_asked(session::Space& space, const Id& person) {
    const auto intake = space.people().intake(person);
    return intake && !intake->asked;
}

/// affect_spec C, WORSE, the second time: the person's contact and the help card are offered with plain words.
bool worse_again(const session::SessionEvent& event) {
    const auto* decision = std::get_if<session::Decision>(&event.payload);
    return decision != nullptr && decision->what == "flag" && !decision->reasons.empty() && decision->reasons.front().code == "worse_again";
}

/// In real time with what the session says and the keys of the terminal, where there is one.
Result<session::RunReport> play(Context& context, session::Space& space, const session::RunRequest& request, const core::Strings& strings) {
    session::Inbox inbox;
    Id person;
    bool hidden = false;   // what is inferred is not said to this listener
    std::unique_ptr<TerminalKeys> keys;
    std::future<void> help;
    SessionVoice voice(strings, say);
    voice.asks_to_speak(!request.check_in.empty());
    const auto watch = [&](const session::SessionEvent& event) {
        if (const auto* start = std::get_if<session::Start>(&event.payload)) {
            person = start->person;
            if (!start->simulated && never_asked(space, person)) say(strings.get("terminal.not_asked"));
            if (request.fast) return;
            say("session " + start->session.text());
            keys = TerminalKeys::listen(inbox, [&] { print_help_of(context, person); });
            voice.keys_are_heard(keys != nullptr);
        }
        hidden = hidden || session::hides_state(event);
        if (request.fast) return;
        voice.hear(hidden ? session::without_state(event) : event);
        if (worse_again(event)) help = std::async(std::launch::async, [&] { print_help_of(context, person); });  // the session waits for no file
    };
    auto report = session::run_session(space, request, context.cancel, watch, request.fast ? nullptr : &inbox);
    keys.reset();
    return report;
}

}  // namespace

void add_session_run(CLI::App& session, Context& context) {
    auto* run = session.add_subcommand("run", "play a session");
    auto request = std::make_shared<session::RunRequest>();
    auto from = std::make_shared<std::string>();
    auto person = std::make_shared<std::string>();
    run->add_option("--goal", request->goal, "calm, lift, focus, sleep, energise, stay, or VALENCE,AROUSAL")->required();
    run->add_option("--minutes", request->minutes, "length in minutes")->check(number_from(1, 180))->capture_default_str();
    run->add_option("--from", *from, "how you feel now: VALENCE,AROUSAL, each from -1 to 1");
    run->add_option("--person", *person, "whose session it is");
    run->add_option("--sense", request->sense, "a sensor, e.g. simulated:anxious?seed=7 or replay:DIR (may be repeated)");
    run->add_flag("--check-in{voice:mic}", request->check_in, "speak for ten seconds before the music and again after it; "
                                                              "--check-in=voice:wav:FILE takes a recording");
    run->add_option("--sink", request->sink, "device, null, or file:OUT.flac")->capture_default_str();
    run->add_flag("--fast", request->fast, "in virtual time, as fast as the machine can");
    run->add_option("--seed", request->seed, "makes the session repeatable")->check(any_seed());
    run->add_option("--plan", request->plan, "a hand-made plan (attune person plan): its tracks come first");
    run->add_flag("--lock", request->locked, "nothing but the hand-made plan; without one, the first plan stays as it is");
    run->add_option("--compose", request->compose.when, "composed music: never, gaps (where no track fits) or always")->capture_default_str();
    run->add_option("--engine", request->compose.engine, "who composes: rule, hmm or lstm")->capture_default_str();
    run->add_flag("--mirror", request->compose.mirror, "biofeedback: for three minutes the composed sound rises with skin conductance");
    run->add_flag("--companion", request->companion, "somebody is with the listener: \"only with me\" music may play");
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
                request->deployment = context.deployment;
                const auto began = std::chrono::steady_clock::now();
                request->progress = [began](const char* what, std::size_t done, std::size_t total) {
                    show_progress(what, done, total, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
                };
                request->before_check_in = [] { std::fputs("Check-in: please speak for ten seconds, about anything.\n", stderr); };
                ATTUNE_TRY(const auto strings, core::Strings::installed());
                if (!request->from && asks_how_now(context, *request)) {
                    request->from = ask_how_now(strings);
                }
                ATTUNE_TRY(const auto report, play(context, space, *request, strings));
                if (context.json) print(to_json(report));
                else print_run(report, strings);
                if (report.summary.why_ended != "nothing_plays") return kDone;
                say("attune: " + nothing_played(report.summary, strings).describe());   // the one object is printed
                return kFailed;
            });
        };
    });
}

}  // namespace attune::app
