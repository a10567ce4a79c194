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

}  // namespace

int main(int argc, char** argv) {
    using namespace attune::app;
    Context context;
    CLI::App app{"Attune plays you your own music along a path from how you feel to how you want to feel."};
    app.name("attune");
    app.set_version_flag("--version", std::string("attune ") + ATTUNE_VERSION);
    app.require_subcommand(0, 1);
    app.fallthrough();
    std::string data, config;
    app.add_option("--data", data, "folder that holds your data (default: XDG data directory)");
    app.add_option("--db", context.db_url, "database: sqlite:FILE or postgresql://... (default: in the data folder)");
    app.add_option("--config", config, "configuration file (default: XDG config directory)");
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
    auto configured = read_config(context.config, named).and_then([&](const auto& values) { return apply_config(app, values); });
    if (!configured) {
        report_error(context, configured.error());
        return kBadUsage;
    }

    try {
        app.parse(arguments(argc, argv));
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? kDone : kBadUsage;
    }
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
