// SPDX-License-Identifier: GPL-3.0-or-later
// `attune session tell`: what a person or a therapist says to a session that runs in another process.
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "app/help_card.hpp"
#include "app/in_space.hpp"
#include "app/session_commands.hpp"
#include "core/strings.hpp"
#include "core/text.hpp"
#include "library/catalogue.hpp"
#include "session/mailbox.hpp"
#include "session/record.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

struct Tell {
    std::string id, actor = "local", role = "listener";
    std::vector<std::string> words;
};

constexpr std::chrono::milliseconds kLook{50}, kMostWait{3000};

/// The session answers within a second: done, or refused and why. One that is stopped or busy elsewhere has not said no.
Result<void> wait_for_answer(session::Space& space, const session::SessionRow& row, const session::Payload& what) {
    const auto* command = std::get_if<flow::Command>(&what);
    if (command == nullptr) return {};
    const auto until = std::chrono::steady_clock::now() + kMostWait;
    while (std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(kLook);
        ATTUNE_TRY(const auto answer, session::answer_to(space.db(), row, command->id, space.seal()));
        if (!answer) continue;
        if (!answer->refused) return {};
        ATTUNE_TRY(const auto strings, core::Strings::installed());
        return fail(ErrorCode::kRefused, strings.get("reason." + answer->refused->code, answer->refused->args), "tell");
    }
    return {};
}

Result<int> tell(Context& context, session::Space& space, Tell tell) {
    for (std::string& word : tell.words) word = std::string(core::trim(word));
    session::Speaker speaker{tell.actor, flow::Role::kListener};
    ATTUNE_TRY(speaker.role, session::parse_role(tell.role));
    ATTUNE_TRY(const auto row, session::find_session(space.db(), tell.id));
    if (tell.words.size() == 2 && (tell.words[0] == "next" || tell.words[0] == "block") && !tell.words[1].starts_with("artist:")) {
        ATTUNE_TRY(const auto key, library::Catalogue(space.db()).find(tell.words[1]));
        tell.words[1] = key.hex();
    }
    ATTUNE_TRY(const auto what, session::parse_told(tell.words, speaker));
    ATTUNE_CHECK(session::tell(space.db(), row, what, speaker.actor, space.seal()));
    const bool unsafe = tell.words[0] == "unsafe";   // never refused, and its help waits for nobody
    if (unsafe && !context.json) print_help(space, row.person);
    if (!unsafe) ATTUNE_CHECK(wait_for_answer(space, row, what));
    if (context.json) {
        nlohmann::json told = {{"schema", "attune.tell/1"}, {"session", row.id.text()}, {"told", tell.words}};
        if (unsafe) told["help"] = help_json(space, row.person);
        print(told);
    }
    return kDone;
}

}  // namespace

void add_session_tell(CLI::App& session, Context& context) {
    auto* command = session.add_subcommand("tell", "say something to a session that runs");
    auto words = std::make_shared<Tell>();
    command->add_option("id", words->id, "a session's id, its beginning, or 'last'")->required();
    command->add_option("words", words->words,
                        "rate V,A | like L | hold | go-on | back | skip | softer | slower | faster | pause | resume | stop | unsafe | "
                        "worse | silence | keep-going | quieter | yes | no | next TRACK | block TRACK | withdraw SOURCE | level DB | lock | "
                        "unlock | step V,A (the last for a therapist)")
        ->required()->expected(1, 2);
    command->add_option("--as", words->role, "listener, therapist, owner or researcher")->capture_default_str();
    command->add_option("--actor", words->actor, "who says so; stands in the record")->capture_default_str();
    command->footer("Examples:  attune session tell last rate -0.2,0.4\n           attune session tell last step .1,.1 --as therapist");
    command->callback([=, &context] {
        context.run = [=, &context] {
            return in_space(context, [&](session::Space& space) { return tell(context, space, *words); });
        };
    });
}

}  // namespace attune::app
