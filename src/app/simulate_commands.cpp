// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/compare_command.hpp"
#include "app/ranges.hpp"
#include "core/folders.hpp"
#include "library/catalogue.hpp"
#include "library/simulated_audio.hpp"
#include "library/simulated_library.hpp"
#include "session/space.hpp"

namespace attune::app {
namespace {

struct LibraryRequest {
    std::size_t tracks = 2000;
    std::uint64_t seed = 1;
    bool audio = false;
    double seconds = 20.0;   ///< of sound a track
};

constexpr std::size_t kGroup = 500;   ///< tracks a transaction

Result<int> simulate_library(Context& context, const LibraryRequest& request) {
    if (request.tracks < 1 || request.tracks > 2'000'000) {
        return fail(ErrorCode::kBadArgument, std::to_string(request.tracks) + " tracks is out of range; 1 to 2000000 can be made", "--tracks");
    }
    const auto from = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count(); };
    ATTUNE_TRY(auto space, session::Space::open(context.data_dir, context.db_url));
    const library::SimulatedLibrary made(request.tracks, request.seed);
    library::Catalogue catalogue(space->db());
    const std::filesystem::path folder = std::filesystem::absolute(context.data_dir) / "simulated";
    if (request.audio) {
        ATTUNE_CHECK(core::make_folder(folder));
    }
    std::size_t done = 0;
    while (done < request.tracks && !context.cancel.cancelled()) {
        ATTUNE_TRY(auto transaction, store::Transaction::begin(space->db()));
        for (const std::size_t end = std::min(request.tracks, done + kGroup); done < end; ++done) {
            flow::TrackProfile profile = made.profile(done);
            if (request.audio) ATTUNE_CHECK(library::write_simulated_audio(profile, folder, request.seconds));
            ATTUNE_CHECK(catalogue.put(profile, true));
        }
        ATTUNE_CHECK(transaction.commit());
        show_progress("simulated tracks", done, request.tracks, elapsed());
    }
    if (context.json) {
        std::puts(nlohmann::json{{"schema", "attune.simulate_library/1"}, {"simulated", true}, {"tracks", done},
                                 {"seed", request.seed},
                                 {"audio", request.audio ? nlohmann::json(folder.string()) : nlohmann::json(nullptr)}, {"wall_s", elapsed()}}.dump(2).c_str());
    }
    return context.cancel.cancelled() ? kFailed : kDone;
}

}  // namespace

void add_simulate_commands(CLI::App& app, Context& context) {
    auto* simulate = app.add_subcommand("simulate", "made-up libraries and listeners, for tests and comparisons");
    simulate->require_subcommand(1);
    add_compare_command(*simulate, context);
    auto* library = simulate->add_subcommand("library", "write SIMULATED track profiles into the library");
    auto request = std::make_shared<LibraryRequest>();
    library->add_option("--tracks", request->tracks, "how many")->check(whole_from(1, 2000000))->capture_default_str();
    library->add_option("--seed", request->seed, "the same seed makes the same library")->check(any_seed())->capture_default_str();
    library->add_flag("--audio", request->audio, "write sound too: a pulsing tone a track, in DATA/simulated");
    library->add_option("--seconds", request->seconds, "of sound a track, 5 to 600; the profiles are cut to it")->capture_default_str();
    library->callback([request, &context] {
        context.run = [request, &context] {
            const auto status = simulate_library(context, *request);
            return status ? *status : report_error(context, status.error());
        };
    });
}

}  // namespace attune::app
