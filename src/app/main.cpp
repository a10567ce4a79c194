// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/command_line.hpp"
#include "app/configuration.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"

namespace {

attune::app::Context* g_context = nullptr;  // for the signal handler alone

void on_signal(int) {
    g_context->cancel.cancel();
    std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C ends at once
}

/// "-0.2,0.4" told to a session is a point, not an option: a space before it lets the parser see that.
std::vector<std::string> arguments(int argc, char** argv) {
    std::vector<std::string> args(argv + 1, argv + argc);
    const auto tell = std::find(args.begin(), args.end(), "tell");
    for (auto at = tell; at != args.end(); ++at) {
        const bool number = at->size() > 1 && (*at)[0] == '-' && std::string_view("0123456789.").find((*at)[1]) != std::string_view::npos;
        if (number) at->insert(at->begin(), ' ');
    }
    std::reverse(args.begin(), args.end());   // as CLI11 wants them
    return args;
}

/// The word where a command was expected, and the nearest command there is.
std::string suggestion(CLI::App& app, const std::vector<std::string>& words) {
    CLI::App* at = &app;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word.starts_with("-")) {
            const CLI::Option* option = nullptr;
            for (CLI::App* up = at; up != nullptr && option == nullptr; up = up->get_parent()) option = up->get_option_no_throw(word);
            if (option != nullptr && option->get_items_expected_min() > 0) ++i;   // its value is no command
            continue;
        }
        std::vector<std::string> names;
        for (const CLI::App* sub : at->get_subcommands([](const CLI::App*) { return true; })) names.push_back(sub->get_name());
        if (std::find(names.begin(), names.end(), word) != names.end()) {
            at = at->get_subcommand(word);
            continue;
        }
        if (names.empty()) return {};
        const std::string where = at == &app ? "attune" : "attune " + at->get_name();
        const auto near = attune::core::nearest_word(word, names);
        if (near) return "'" + word + "' is no command of " + where + "; did you mean '" + *near + "'?";
        std::string all;
        for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
        return "'" + word + "' is no command of " + where + "; commands are " + all;
    }
    return {};
}

/// Bad usage as every other error: a sentence on stderr, an object on stdout with --json.
int report_usage(attune::app::Context& context, CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words) {
    context.json = context.json || std::find(words.begin(), words.end(), "--json") != words.end();
    std::string what = suggestion(app, words);
    if (what.empty()) what = error.what();
    attune::app::report_error(context, {attune::ErrorCode::kBadArgument, what, "command line"});
    std::fputs("Run with --help for more information.\n", stderr);
    return attune::app::kBadUsage;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace attune::app;
    Context context;
    CLI::App app{"Attune plays you your own music along a path from how you feel to how you want to feel."};
    app.name("attune");
    app.set_version_flag("--version", std::string("attune ") + ATTUNE_VERSION);
    app.require_subcommand(0, 1);
    app.fallthrough();
    std::string data, config, deployment = "home";
    app.add_option("--data", data, "folder that holds your data (default: XDG data directory)");
    app.add_option("--db", context.db_url, "database: sqlite:FILE or postgresql://... (default: in the data folder)");
    app.add_option("--config", config, "configuration file (default: XDG config directory)");
    app.add_option("--deployment", deployment, "home, clinic, research, workplace, education; in the last two nothing is inferred from "
                                               "face, voice or body")->capture_default_str();
    app.add_flag("--json", context.json, "print one JSON object on stdout");
    app.footer("First steps:  attune library scan ~/Music   then   attune session run --goal calm --minutes 20");

    add_session_commands(app, context);
    add_library_commands(app, context);
    add_sense_commands(app, context);
    add_affect_commands(app, context);
    add_compose_commands(app, context);
    add_model_commands(app, context);
    add_simulate_commands(app, context);
    add_doctor_commands(app, context);
    add_serve_commands(app, context);
    add_person_commands(app, context);
    add_completion_command(app, context);

    bool named = false;
    context.config = config_path({argv + 1, argv + argc}, named);
    const auto configured_values = read_config(context.config, named);
    const auto configured = configured_values.and_then([&](const auto& values) { return apply_config(app, values); });
    if (!configured) {
        report_error(context, configured.error());
        return kBadUsage;
    }

    try {
        app.parse(arguments(argc, argv));
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);   // --help, --version
        return report_usage(context, app, e, {argv + 1, argv + argc});
    }
    const auto where = deployment_of(*configured_values, deployment);
    if (!where) return report_error(context, where.error());
    context.deployment = *where;
    context.data_dir = attune::core::data_dir(data);
    g_context = &context;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
    if (!context.run) {
        std::fputs(app.help().c_str(), stdout);
        return kBadUsage;
    }
    return context.run();
}
