// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/compare_command.hpp"
#include "app/ranges.hpp"
#include "session/compare.hpp"

namespace attune::app {
namespace {

struct Words {
    session::CompareRequest request;
    std::vector<std::string> families, arms;
};

Result<int> run(Context& context, const Words& words) {
    session::CompareRequest request = words.request;
    for (const std::string& text : words.families) {
        ATTUNE_TRY(auto family, session::parse_compare_family(text));
        request.families.push_back(std::move(family));
    }
    for (const std::string& name : words.arms) {
        std::string known;
        bool found = false;
        for (const session::CompareArm& arm : session::all_arms()) {
            if (arm.name == name) {
                request.arms.push_back(arm);
                found = true;
            }
            known += (known.empty() ? "" : ", ") + arm.name;
        }
        if (!found) return fail(ErrorCode::kBadArgument, "'" + name + "' is not a policy; policies are " + known, "--policy");
    }
    const auto from = std::chrono::steady_clock::now();
    std::size_t shown = 0;
    const auto progress = [&](std::size_t done, std::size_t total) {
        if (done * 200 / total == shown && done != total) return;
        shown = done * 200 / total;
        show_progress("simulated sessions", done, total,
                      std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count());
    };
    ATTUNE_TRY(const auto report, session::compare(std::move(request), context.cancel, progress));
    if (context.json) std::puts(session::to_json(report).dump(2).c_str());
    else std::fputs(session::table_of(report).c_str(), stdout);
    return kDone;
}

}  // namespace

void add_compare_command(CLI::App& simulate, Context& context) {
    auto* compare = simulate.add_subcommand(
        "compare", "simulated listeners under every policy: what follows from the assumed listener, and no more");
    auto words = std::make_shared<Words>();
    compare->add_option("--persona", words->request.personas, "personas (default: all)");
    compare->add_option("--family", words->families,
                        "linear, iso-true, iso-true:W, fitted, textbook, second-order; \":silent\" behind it switches "
                        "the response to music off (default: linear iso-true:0.6 fitted second-order)");
    compare->add_option("--policy", words->arms, "policies, e.g. silence nearest planner+taste oracle (default: all)");
    compare->add_option("--seeds", words->request.seeds, "sessions of each kind, each with its own seed")->check(whole_from(1, 1000))->capture_default_str();
    compare->add_option("--first-seed", words->request.first_seed, "the first of the seeds; others repeat the comparison on fresh listeners")->check(any_seed())->capture_default_str();
    compare->add_option("--minutes", words->request.minutes, "length of a session")->check(number_from(1, 180))->capture_default_str();
    compare->add_option("--tracks", words->request.tracks, "of the made-up library")->check(whole_from(1, 1000000))->capture_default_str();
    compare->add_option("--library-seed", words->request.library_seed, "of the made-up library")->check(any_seed())->capture_default_str();
    compare->add_flag("--sensors", words->request.sensors, "the listeners wear a wristband");
    compare->add_option("--sessions-before", words->request.sessions_before, "sessions of each listener before this one: from ten on sensors alone may replan")->check(whole_from(0, 100000))->capture_default_str();
    compare->add_option("--threads", words->request.threads, "worker threads")->check(whole_from(1, 64))->capture_default_str();
    compare->callback([words, &context] {
        context.run = [words, &context] {
            const auto status = run(context, *words);
            return status ? *status : report_error(context, status.error());
        };
    });
}

}  // namespace attune::app
