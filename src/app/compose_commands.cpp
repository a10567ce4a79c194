// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "compose/export.hpp"
#include "compose/starter_library.hpp"

namespace attune::app {
namespace {

struct ComposeArguments {
    double valence = 0.0, arousal = 0.0, seconds = 60.0;
    std::string style, engine = "rule", out, midi, listening_kit;
    std::uint64_t seed = 1;
    bool starter = false;
    std::vector<std::string> controls;  ///< name=value
};

nlohmann::json describe(const compose::Made& made) {
    const auto& score = made.score;
    nlohmann::json controls;
    for (int i = 0; i < compose::kControls; ++i) {
        const auto c = static_cast<compose::Control>(i);
        controls[compose::to_string(c)] = score.controls[c];
    }
    return {{"schema", "attune.compose.1"},
            {"title", score.title},
            {"seed", score.seed},
            {"engine", score.engine},
            {"style", score.style},
            {"key", compose::tonic_name(score.key)},
            {"mode", compose::to_string(score.key.mode)},
            {"tempo_bpm", score.tempo_bpm()},
            {"bars", score.bars},
            {"notes", score.notes.size()},
            {"seconds", made.seconds},
            {"lufs", made.lufs ? nlohmann::json(*made.lufs) : nlohmann::json()},
            {"true_peak_dbtp", made.true_peak_dbtp},
            {"target", {{"valence", score.target.valence}, {"arousal", score.target.arousal}}},
            {"controls", controls}};
}

Result<compose::Brief> brief_of(const ComposeArguments& a) {
    compose::Brief brief;
    brief.target = {a.valence, a.arousal};
    brief.seconds = a.seconds;
    brief.seed = a.seed;
    if (!a.style.empty()) {
        ATTUNE_TRY(brief.style, compose::style_named(a.style));
    }
    ATTUNE_TRY(brief.engine, compose::engine_named(a.engine));
    if (!a.controls.empty()) {
        auto controls = compose::controls_for(brief.target);
        for (const auto& text : a.controls) {
            const auto equals = text.find('=');
            const auto control = compose::control_named(text.substr(0, equals));
            const char* end = nullptr;
            double value = -1.0;
            if (equals != std::string::npos) value = std::strtod(text.c_str() + equals + 1, const_cast<char**>(&end));
            if (!control || end == nullptr || *end != '\0' || end == text.c_str() + equals + 1)
                return fail(ErrorCode::kBadArgument, "--control " + text +
                                                         " is not NAME=0..1 with register, tempo, timbre, intensity, density, percussiveness or consonance");
            controls[*control] = value;
        }
        ATTUNE_CHECK(controls.check());
        brief.controls = controls;
    }
    return brief;
}

int compose_one(const Context& context, const ComposeArguments& a) {
    auto brief = brief_of(a);
    if (!brief) return report_error(context, brief.error());
    if (a.out.empty() && a.midi.empty())
        return report_error(context, {ErrorCode::kBadArgument, "nothing to write: give --out FILE.flac or --midi FILE.mid", {}});
    compose::ExportOptions options;
    options.audio = a.out;
    options.midi = a.midi;
    auto made = compose::make(*brief, options, &context.cancel);
    if (!made) return report_error(context, made.error());
    if (context.json) {
        std::puts(describe(*made).dump().c_str());
    } else {
        const auto& s = made->score;
        std::printf("%s: %s, %.0f bpm, %d bars, %zu notes, %.1f s, %.1f LUFS, engine %s, seed %llu\n", s.title.c_str(), s.style.c_str(),
                    s.tempo_bpm(), s.bars, s.notes.size(), made->seconds, made->lufs.value_or(-70.0), s.engine.c_str(),
                    static_cast<unsigned long long>(s.seed));
    }
    return kDone;
}

int compose_starter(const Context& context) {
    const auto start = std::chrono::steady_clock::now();
    compose::StarterOptions options;
    options.cancel = &context.cancel;
    options.progress = [start](std::size_t done, std::size_t total) {
        show_progress("starter library", done, total, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    };
    auto files = compose::make_starter_library(context.data_dir / "starter", options);
    if (!files) return report_error(context, files.error());
    if (context.json) {
        nlohmann::json list = nlohmann::json::array();
        for (const auto& file : *files) list.push_back(file.string());
        std::puts(nlohmann::json{{"schema", "attune.starter.1"}, {"files", list}}.dump().c_str());
    } else {
        std::printf("%zu pieces in %s\n", files->size(), (context.data_dir / "starter").c_str());
    }
    return kDone;
}

}  // namespace

void add_compose_commands(CLI::App& app, Context& context) {
    auto a = std::make_shared<ComposeArguments>();
    auto* command = app.add_subcommand("compose", "compose a piece for a point of the plane");
    command->add_option("--valence", a->valence, "expressed valence, -1..1");
    command->add_option("--arousal", a->arousal, "expressed arousal, -1..1");
    command->add_option("--seconds", a->seconds, "length, 4..7200")->capture_default_str();
    command->add_option("--style", a->style, "ambient_pad piano_ballad chamber lo_fi folk light_electronic percussion_circle; else by the point and the seed");
    command->add_option("--engine", a->engine, "rule, hmm or lstm")->capture_default_str();
    command->add_option("--seed", a->seed, "the same seed gives the same bytes")->capture_default_str();
    command->add_option("--control", a->controls, "NAME=0..1: register tempo timbre intensity density percussiveness consonance");
    command->add_option("--out", a->out, "FILE.flac");
    command->add_option("--midi", a->midi, "FILE.mid, for a notation program");
    command->add_flag("--starter", a->starter, "make the starter library in DATA/starter");
    command->callback([a, &context] {
        context.run = [a, &context] { return a->starter ? compose_starter(context) : compose_one(context, *a); };
    });
}

}  // namespace attune::app
