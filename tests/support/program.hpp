// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The real program in a process of its own, on a data folder of its own; and a small folder of music for it.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numbers>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/audio_files.hpp"

namespace attune::test {

inline std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

struct Finished {
    int status = -1;          ///< exit status; -N = ended by signal N
    std::string out, err;
    [[nodiscard]] nlohmann::json json() const {
        auto parsed = nlohmann::json::parse(out, nullptr, false);
        EXPECT_FALSE(parsed.is_discarded()) << "not JSON: " << out << err;
        return parsed;
    }
};

/// A process of `attune` (or of another program) whose output goes to files.
class Process {
public:
    using Prepare = std::function<void()>;   ///< runs in the child before exec
    Process(std::vector<std::string> argv, const std::string& where, const Prepare& prepare = {}) : where_(where) {
        std::vector<char*> args;
        for (std::string& a : argv) args.push_back(a.data());
        args.push_back(nullptr);
        pid_ = fork();
        if (pid_ != 0) return;
        const int out = open((where_ + ".out").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        const int err = open((where_ + ".err").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        const int in = open("/dev/null", O_RDONLY);
        dup2(in, 0);
        dup2(out, 1);
        dup2(err, 2);
        if (prepare) prepare();
        execvp(args[0], args.data());
        _exit(127);
    }
    ~Process() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number) const { ::kill(pid_, number); }
    Finished wait() {
        int raw = 0;
        waitpid(pid_, &raw, 0);
        pid_ = -1;
        Finished done;
        done.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw);
        done.out = slurp(where_ + ".out");
        done.err = slurp(where_ + ".err");
        return done;
    }

private:
    std::string where_;
    pid_t pid_ = -1;
};

/// Eight clips of 24 s: arpeggios of different pace, key and loudness. Made once a test program.
inline const std::filesystem::path& clips() {
    static const TempDir dir;
    static const std::filesystem::path folder = [] {
        const auto music = dir.path() / "music";
        std::filesystem::create_directories(music);
        constexpr int kRate = 22050;
        for (int clip = 0; clip < 8; ++clip) {
            const double beat_s = 60.0 / (120.0 - 7.0 * clip);
            std::vector<float> x(static_cast<std::size_t>(24 * kRate));
            constexpr std::array kSteps = {0, 4, 7, 12, 7, 4};
            for (std::size_t i = 0; i < x.size(); ++i) {
                const double t = static_cast<double>(i) / kRate;
                const auto note = static_cast<std::size_t>(t / beat_s);
                const double into = t - static_cast<double>(note) * beat_s;
                const double hz = 220.0 * std::pow(2.0, (kSteps[note % kSteps.size()] + clip) / 12.0);
                const double fade = std::min({1.0, t / .2, (24.0 - t) / .2});
                x[i] = static_cast<float>((.3 - .015 * clip) * fade * std::exp(-2.0 * into) *
                                          (std::sin(2 * std::numbers::pi * hz * t) + .4 * std::sin(4 * std::numbers::pi * hz * t)));
            }
            write_wav((music / ("clip" + std::to_string(clip) + ".wav")).string(), x, kRate);
        }
        return music;
    }();
    return folder;
}

/// A data folder and the commands on it.
class Attune {
public:
    Attune() = default;
    [[nodiscard]] std::filesystem::path data() const { return dir_.path() / "data"; }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return dir_.path() / name; }
    [[nodiscard]] std::filesystem::path database() const { return data() / "attune.db"; }

    std::vector<std::string> argv(std::vector<std::string> args) const {
        std::vector<std::string> all = {ATTUNE_PROGRAM, "--data", data().string()};
        all.insert(all.end(), args.begin(), args.end());
        return all;
    }
    [[nodiscard]] std::unique_ptr<Process> start(std::vector<std::string> args, const Process::Prepare& prepare = {}) {
        return std::make_unique<Process>(argv(std::move(args)), file("run" + std::to_string(runs_++)).string(), [prepare] {
            // Nothing of the caller's own installation is read or written.
            setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
            unsetenv("ATTUNE_DATA");
            if (prepare) prepare();
        });
    }
    Finished operator()(std::vector<std::string> args, const Process::Prepare& prepare = {}) {
        return start(std::move(args), prepare)->wait();
    }
    /// Scans the clips and puts them on a line from tense to calm, as a person would correct them.
    void scan_clips() {
        const Finished scan = (*this)({"library", "scan", clips().string(), "--json"});
        ASSERT_EQ(scan.status, 0) << scan.err;
        for (int clip = 0; clip < 8; ++clip) {
            const double way = clip / 7.0;
            const Finished edit = (*this)({"library", "edit", (clips() / ("clip" + std::to_string(clip) + ".wav")).string(),
                                           "valence=" + std::to_string(-.2 + .55 * way), "arousal=" + std::to_string(.4 - .8 * way)});
            ASSERT_EQ(edit.status, 0) << edit.err;
        }
    }
    void take_data_of(const Attune& other) {
        std::filesystem::copy(other.data(), data(), std::filesystem::copy_options::recursive);
    }

private:
    TempDir dir_;
    int runs_ = 0;
};

/// Data with the clips scanned, made once a test program; tests copy it.
inline const Attune& scanned() {
    static Attune shared;
    static const bool ready = (shared.scan_clips(), true);
    (void)ready;
    return shared;
}

}  // namespace attune::test
