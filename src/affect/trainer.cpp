// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/trainer.hpp"

#include <csignal>
#include <cstdlib>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "learn/dataset_hash.hpp"

namespace attune::affect {
namespace {

namespace fs = std::filesystem;

Result<fs::path> trainer_file() {
    if (const char* chosen = std::getenv("ATTUNE_TRAIN")) return fs::path(chosen);
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    // .../bin/attune, or .../build/release/attune with .../build/train/train/attune-train beside it
    for (const fs::path& place : {self.parent_path() / "attune-train", self.parent_path() / "../train/train/attune-train"}) {
        if (fs::exists(place, error)) return fs::canonical(place, error);
    }
    return fail(ErrorCode::kUnavailable,
                "attune-train is not built; cmake --preset train && cmake --build --preset train --target attune-train");
}

}  // namespace

Result<void> run_trainer(const std::string& model, const std::string& set, const learn::TrainRequest& request) {
    ATTUNE_TRY(const fs::path program, trainer_file());
    const auto folder = set.empty() ? std::optional<fs::path>(request.data) : learn::find_set(request.data, set);
    if (!folder) return fail(ErrorCode::kNotFound, "no folder " + set + " in the data", request.data.string());
    // One passive thread: OpenMP's default spins and takes the whole machine.
    setenv("OMP_NUM_THREADS", "1", 0);
    setenv("OMP_WAIT_POLICY", "passive", 0);
    std::vector<std::string> words = {program.string(), model, "--data", folder->string(), "--out",
                                      request.out.string(), "--seed", std::to_string(request.seed)};
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    if (const int error = posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ); error != 0) {
        return fail(ErrorCode::kUnavailable, "cannot start the trainer: " + std::error_code(error, std::generic_category()).message(),
                    program.string());
    }
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (request.cancelled()) {
            kill(child, SIGTERM);
            waitpid(child, &status, 0);
            return fail(ErrorCode::kCancelled, "stopped; the same command goes on from the last checkpoint");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return fail(ErrorCode::kInternal, "the trainer ended with status " +
                                              std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)),
                    program.string());
    }
    return {};
}

}  // namespace attune::affect
