// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/ranges.hpp"
#include "compose/export.hpp"
#include "compose/listening_kit.hpp"
#include "compose/starter_library.hpp"
#include "compose/tinnitus.hpp"

namespace attune::app {
namespace {

struct ComposeArguments {
    double valence = 0.0, arousal = 0.0, seconds = 60.0;
    std::string style, engine = "rule", out, midi, listening_kit;
    std::uint64_t seed = 1;
    bool starter = false;
    std::string vary;                    ///< seed MIDI
    double tinnitus_hz = 0.0;
    bool keep_pitch = false;
    std::vector<std::string> answers;    ///< of a listening kit
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

int compose_variation(const Context& context, const ComposeArguments& a) {
    const auto run = [&]() -> Result<compose::Made> {
        ATTUNE_TRY(const auto file, compose::read_midi(std::filesystem::path(a.vary)));
        ATTUNE_TRY(const auto melody, compose::extract_melody(file));
        compose::VariationBrief brief;
        brief.seconds = a.seconds;
        brief.seed = a.seed;
        if (a.tinnitus_hz != 0.0) brief.tinnitus_hz = a.tinnitus_hz;
        ATTUNE_TRY(auto score, compose::compose_variation(melody, brief));
        compose::ExportOptions options;
        options.audio = a.out;
        options.midi = a.midi;
        if (brief.tinnitus_hz && !a.keep_pitch) options.notch_hz = *brief.tinnitus_hz;
        return compose::make(std::move(score), options, &context.cancel);
    };
    const auto made = run();
    if (!made) return report_error(context, made.error());
    if (context.json) std::puts(describe(*made).dump().c_str());
    else std::printf("%zu notes, %.0f s\n", made->score.notes.size(), made->seconds);
    return kDone;
}

int listening_kit(const Context& context, const ComposeArguments& a) {
    if (a.answers.empty()) {
        compose::ListeningKit kit;
        kit.seed = a.seed;
        const auto engine = compose::engine_named(a.engine);
        if (!engine) return report_error(context, engine.error());
        kit.engine = *engine;
        const auto done = compose::make_listening_kit(a.listening_kit, kit, &context.cancel);
        if (!done) return report_error(context, done.error());
        if (context.json) std::puts(nlohmann::json{{"schema", "attune.listening_kit.1"}, {"clips", kit.side * kit.side}, {"page", a.listening_kit + "/index.html"}}.dump().c_str());
        else std::printf("open %s/index.html; key.csv is not for listeners\n", a.listening_kit.c_str());
        return kDone;
    }
    const auto figures = compose::analyse_listening_kit(a.listening_kit, {a.answers.begin(), a.answers.end()});
    if (!figures) return report_error(context, figures.error());
    nlohmann::json list = nlohmann::json::array();
    for (const auto& f : *figures) {
        list.push_back({{"name", f.name}, {"spearman", f.rho}, {"ci95", {f.low, f.high}}, {"listeners", f.listeners}, {"ratings", f.ratings}});
        if (!context.json) std::printf("%-18s %.2f [%.2f, %.2f] (%zu listeners)\n", f.name.c_str(), f.rho, f.low, f.high, f.listeners);
    }
    if (context.json) std::puts(nlohmann::json{{"schema", "attune.listening_kit_result.1"}, {"figures", list}}.dump().c_str());
    return kDone;
}

}  // namespace

void add_compose_commands(CLI::App& app, Context& context) {
    auto a = std::make_shared<ComposeArguments>();
    auto* command = app.add_subcommand("compose", "compose a piece for a point of the plane");
    command->add_option("--valence", a->valence, "expressed valence")->check(number_from(-1, 1));
    command->add_option("--arousal", a->arousal, "expressed arousal")->check(number_from(-1, 1));
    command->add_option("--seconds", a->seconds, "length in seconds")->check(number_from(4, 7200))->capture_default_str();
    command->add_option("--style", a->style, "ambient_pad piano_ballad chamber lo_fi folk light_electronic percussion_circle; else by the point and the seed");
    command->add_option("--engine", a->engine, "rule, hmm or lstm")->capture_default_str();
    command->add_option("--seed", a->seed, "the same seed gives the same bytes")->check(any_seed())->capture_default_str();
    command->add_option("--control", a->controls, "NAME=0..1: register tempo timbre intensity density percussiveness consonance");
    command->add_option("--out", a->out, "FILE.flac");
    command->add_option("--midi", a->midi, "FILE.mid, for a notation program");
    command->add_flag("--starter", a->starter, "make the starter library in DATA/starter");
    command->add_option("--listening-kit", a->listening_kit, "DIR: make a blind listening test there; with --answers, analyse it");
    command->add_option("--answers", a->answers, "CSV files that listeners saved");
    command->add_option("--vary", a->vary, "FILE.mid: variations of its melody without repetition (tinnitus)");
    command->add_option("--tinnitus-hz", a->tinnitus_hz, "with --vary: lower what lies within a third of an octave of this pitch, 200..16000");
    command->add_flag("--keep-tinnitus-pitch", a->keep_pitch, "a clinician's choice: do not lower it");
    command->callback([a, &context] {
        context.run = [a, &context] { 
            if (a->starter) return compose_starter(context);
            if (!a->listening_kit.empty()) return listening_kit(context, *a);
            if (!a->vary.empty()) return compose_variation(context, *a);
            return compose_one(context, *a);
        };
    });
}

}  // namespace attune::app
