// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The command line: one .cpp a group of commands, all hung into one CLI11 tree.
///
/// A group adds its subcommands and sets context.run to what shall happen; main() parses, opens the
/// log and runs it. Exit status: 0 done, 1 failed, 2 bad usage, 3 done with failures that are listed.
#include <filesystem>
#include <functional>
#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "flow/policy.hpp"

namespace CLI {
class App;
}

namespace attune::app {

enum ExitStatus : int { kDone = 0, kFailed = 1, kBadUsage = 2, kDoneWithFailures = 3 };

/// What every command may use.
struct Context {
    std::filesystem::path data_dir;   ///< --data; resolved by main()
    std::string db_url;               ///< --db; empty = sqlite file in data_dir
    std::filesystem::path config;     ///< --config
    bool json = false;                ///< --json: one object on stdout
    flow::Deployment deployment = flow::Deployment::kHome;   ///< --deployment: of the whole installation
    core::CancelToken cancel;         ///< set by SIGINT and SIGTERM
    std::function<int()> run;         ///< what the chosen subcommand does
};

/// Prints the error to stderr ("attune: message (context)") or, with --json, as {"error": {...}} to
/// stdout; returns the exit status that goes with its code.
int report_error(const Context& context, const Error& error);

/// "scan 412/9000 (4 %), 2 min left" on stderr, rewritten in place on a terminal, a line every 5 s elsewhere.
void show_progress(std::string_view what, std::size_t done, std::size_t total, double elapsed_s);

// One a group, each in its own .cpp; keep them in the order of the help text.
void add_session_commands(CLI::App& app, Context& context);
void add_library_commands(CLI::App& app, Context& context);
void add_sense_commands(CLI::App& app, Context& context);
void add_affect_commands(CLI::App& app, Context& context);
void add_compose_commands(CLI::App& app, Context& context);
void add_model_commands(CLI::App& app, Context& context);      // train, evaluate, models
void add_simulate_commands(CLI::App& app, Context& context);
void add_doctor_commands(CLI::App& app, Context& context);     // doctor, backup, restore
void add_serve_commands(CLI::App& app, Context& context);
void add_person_commands(CLI::App& app, Context& context);
void add_completion_command(CLI::App& app, Context& context);  // last: it shows all others

}  // namespace attune::app
