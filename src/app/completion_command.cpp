// SPDX-License-Identifier: GPL-3.0-or-later
// `attune completion`: what bash needs to complete the command line, made from the command tree itself.
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include <CLI/CLI.hpp>

#include "app/command_line.hpp"
#include "care/intake.hpp"
#include "sense/persona.hpp"
#include "session/compare.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

/// Options whose values are a closed list.
std::map<std::string, std::string> option_values() {
    std::string flags, personas, arms;
    for (const care::Flag flag : care::all_flags()) flags += std::string(care::to_string(flag)) + " ";
    for (const std::string& name : sense::persona_names()) personas += name + " ";
    for (const session::CompareArm& arm : session::all_arms()) arms += arm.name + " ";
    return {{"--goal", "calm lift focus sleep energise stay"}, {"--deployment", "home clinic research workplace education"},
            {"--flag", flags}, {"--clear-flag", flags}, {"--as", "listener therapist owner researcher"},
            {"--compose", "never gaps always"}, {"--engine", "rule hmm lstm"}, {"--purpose", "session research training"},
            {"--persona", personas}, {"--policy", arms}, {"--sink", "device null"},
            {"--style", "ambient_pad piano_ballad chamber lo_fi folk light_electronic percussion_circle"}};
}

/// What may be written as an argument of a command, beside its options.
std::string argument_values(const std::string& path) {
    if (path == "session tell") {
        std::string words = "last";
        for (const std::string_view word : session::told_words()) words += " " + std::string(word);
        return words;
    }
    if (path == "session show" || path == "session replay" || path == "session report") return "last";
    if (path == "person consent") return "grant withdraw face voice heart skin eeg";
    return {};
}

/// The words that may follow a path of subcommands: its subcommands and options.
void print_case(const CLI::App& app, const std::string& path) {
    std::string words;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) words += sub->get_name() + " ";
    words += argument_values(path) + " ";
    std::set<std::string> told;   // --help is an option of every level
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
        for (const CLI::Option* option : at->get_options())
            for (const std::string& name : option->get_lnames())
                if (!option->get_group().empty() && told.insert(name).second) words += "--" + name + " ";
    std::printf("        '%s') words='%s' ;;\n", path.c_str(), words.c_str());
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        print_case(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name());
}

void print_script(const CLI::App& app) {
    std::puts("# bash completion of attune; made by `attune completion`\n"
              "_attune() {\n"
              "    local path='' words='' word i\n"
              "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
              "        word=${COMP_WORDS[i]}\n"
              "        case \"$word\" in -*) continue ;; esac\n"
              "        case \" $_attune_paths \" in *\" ${path:+$path/}$word \"*) path=\"${path:+$path/}$word\" ;; esac\n"
              "    done\n"
              "    case \"${path//\\// }\" in");
    print_case(app, "");
    std::puts("    esac\n"
              "    case \"${COMP_WORDS[COMP_CWORD - 1]}\" in");
    for (const auto& [option, values] : option_values()) std::printf("        %s) words='%s' ;;\n", option.c_str(), values.c_str());
    std::puts("    esac\n"
              "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
              "    [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default 2>/dev/null || true\n"
              "}");
}

void print_paths(const CLI::App& app, const std::string& path) {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        const std::string here = path.empty() ? sub->get_name() : path + "/" + sub->get_name();
        std::printf("%s ", here.c_str());
        print_paths(*sub, here);
    }
}

}  // namespace

void add_completion_command(CLI::App& app, Context& context) {
    app.add_subcommand("completion", "bash completion; use it with: source <(attune completion)")->callback([&app, &context] {
        context.run = [&app] {
            print_script(app);
            std::printf("_attune_paths='");
            print_paths(app, "");
            std::puts("'\ncomplete -F _attune attune");
            return kDone;
        };
    });
}

}  // namespace attune::app
