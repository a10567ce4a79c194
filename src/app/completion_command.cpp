// SPDX-License-Identifier: GPL-3.0-or-later
// `attune completion`: what bash needs to complete the command line, made from the command tree itself.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "app/command_line.hpp"

namespace attune::app {
namespace {

/// The words that may follow a path of subcommands: its subcommands and options.
void print_case(const CLI::App& app, const std::string& path) {
    std::string words;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) words += sub->get_name() + " ";
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
        for (const CLI::Option* option : at->get_options())
            for (const std::string& name : option->get_lnames())
                if (!option->get_group().empty()) words += "--" + name + " ";
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
