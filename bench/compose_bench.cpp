// SPDX-License-Identifier: GPL-3.0-or-later
// Lines 5 and 6 of the composer's promises: how many times faster than the music it composes and renders, how long after a decision
// a control is heard, what the starter library costs. Processor time of this process, so that other work on the machine
// does not count; JSON Lines on stdout.
//   compose_bench [PART OF A NAME: compose render decision tinnitus starter]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include "compose/live_source.hpp"
#include "compose/render.hpp"
#include "compose/starter_library.hpp"
#include "compose/synth.hpp"
#include "compose/tinnitus.hpp"
#include "core/units.hpp"
#include "core/usage.hpp"
#include "signal/stft.hpp"

namespace attune::compose {
namespace {

constexpr int kRepeats = 3;

double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
}

double mad(const std::vector<double>& x) {
    const double m = median(x);
    std::vector<double> d;
    for (double v : x) d.push_back(std::abs(v - m));
    return median(d);
}

Brief brief_of(Style style, double seconds, std::uint64_t seed = 21) {
    Brief b;
    b.style = style;
    b.seconds = seconds;
    b.seed = seed;
    return b;
}

/// Times real time, on one core.
void bench_compose(EngineKind kind, double seconds) {
    std::vector<double> rates;
    for (int i = 0; i < kRepeats; ++i) {
        auto brief = brief_of(static_cast<Style>(i % kStyles), seconds, 100 + static_cast<std::uint64_t>(i));
        brief.engine = kind;
        const double from = core::cpu_seconds();
        const auto score = compose_score(brief);
        if (!score) return static_cast<void>(std::printf("{\"name\":\"compose/%s\",\"unavailable\":\"%s\"}\n", to_string(kind), score.error().message.c_str()));
        rates.push_back(seconds / (core::cpu_seconds() - from));
    }
    std::printf("{\"name\":\"compose/%s\",\"times_real_time\":%.0f,\"mad\":%.0f,\"seconds\":%.0f}\n", to_string(kind), median(rates), mad(rates), seconds);
}

void bench_render(Style style) {
    const auto score = compose_score(brief_of(style, 60)).value();
    // As a command renders its one piece: with opening the soundfont and decoding what the piece plays.
    std::vector<double> first;
    for (int i = 0; i < kRepeats; ++i) {
        const double from = core::cpu_seconds();
        const auto sound = render(score);
        if (sound) first.push_back(static_cast<double>(sound->left.size()) / kEngineRate.hz / (core::cpu_seconds() - from));
    }
    auto kept = KeptInstruments::create();
    const double cold = core::cpu_seconds();
    if (kept) kept->keep(score.parts);
    const double decoding = core::cpu_seconds() - cold;
    std::vector<double> rates;
    for (int i = 0; i < kRepeats; ++i) {
        const double from = core::cpu_seconds();
        const auto sound = render(score);
        if (!sound) return static_cast<void>(std::printf("{\"name\":\"render/%s\",\"unavailable\":\"%s\"}\n", to_string(style), sound.error().message.c_str()));
        rates.push_back(static_cast<double>(sound->left.size()) / kEngineRate.hz / (core::cpu_seconds() - from));
    }
    std::printf("{\"name\":\"render/%s\",\"times_real_time\":%.1f,\"mad\":%.1f,\"cold_times_real_time\":%.1f,\"decoding_once_s\":%.3f,\"peak_rss_mib\":%.0f}\n", to_string(style), median(rates),
                mad(rates), first.empty() ? 0.0 : median(first), decoding, core::peak_rss_mib());
}

/// From set() to a level 1 dB from that of a twin that was told nothing. The player's engine is ahead of the
/// ear by PlayerConfig::ahead_ms, which is added.
void bench_decision() {
    constexpr std::size_t kBlock = 480;
    constexpr double kAhead_ms = 90.0;
    std::vector<double> late;
    for (int trial = 0; trial < 8; ++trial) {
        auto told = LiveSource::create(brief_of(Style::kPianoBallad, 60), {0, 0, {}}).value();
        auto twin = LiveSource::create(brief_of(Style::kPianoBallad, 60), {0, 0, {}}).value();
        std::vector<float> a(kBlock), b(kBlock), r(kBlock);
        const auto level = [&](LiveSource& s, std::vector<float>& out) {
            static_cast<void>(s.work());
            static_cast<void>(s.process(out, r));
            double sum = 1e-12;
            for (float x : out) sum += static_cast<double>(x) * static_cast<double>(x);
            return 10.0 * std::log10(sum);
        };
        for (int i = 0; i < 300 + 37 * trial; ++i) level(*told, a), level(*twin, b);
        Controls c = controls_for({});
        c[Control::kIntensity] = trial % 2 == 0 ? 1.0 : 0.0;
        static_cast<void>(told->set({}, c, When::kImmediate));
        for (int i = 1; i <= 100; ++i) {
            const double x = level(*told, a), y = level(*twin, b);
            if (std::abs(x - y) < 1.0 && i < 100) continue;
            late.push_back(10.0 * i + kAhead_ms);
            break;
        }
    }
    std::printf("{\"name\":\"decision/intensity\",\"ms_median\":%.0f,\"ms_worst\":%.0f,\"of_it_engine_ahead_ms\":%.0f}\n", median(late),
                *std::max_element(late.begin(), late.end()), kAhead_ms);
}

/// Line 5 on the whole half hour: power within a third of an octave of the pitch with the notch, against the same music without.
void bench_tinnitus() {
    constexpr double kPitch = 4000.0, kMinutes = 30.0;
    constexpr std::size_t kFrame = 8192, kHop = 4096;
    const auto tune = compose_score(brief_of(Style::kFolk, 60)).value();
    std::vector<MidiNote> melody;
    for (const Note& n : tune.notes)
        if (n.part == Part::kMelody) melody.push_back({n.start, n.length, n.pitch, n.velocity});
    VariationBrief brief;
    brief.seconds = 60.0 * kMinutes;
    brief.tinnitus_hz = kPitch;
    const auto score = compose_variation(melody, brief).value();
    auto stft = signal::Stft::create({static_cast<int>(kFrame), static_cast<int>(kHop), 0, signal::Window::kHann}).value();
    std::vector<float> row(stft.bins());
    const double from = core::cpu_seconds();
    double seconds = 0.0;
    std::vector<double> minute[2];   // power near the pitch, minute by minute: without, with
    for (int notch = 0; notch < 2; ++notch) {
        const auto sound = render(score, nullptr, notch == 0 ? 0.0 : kPitch);
        if (!sound) return static_cast<void>(std::printf("{\"name\":\"tinnitus\",\"unavailable\":\"%s\"}\n", sound.error().message.c_str()));
        seconds = static_cast<double>(sound->left.size()) / kEngineRate.hz;
        for (std::size_t at = 0; at + kFrame <= sound->left.size(); at += kHop) {
            const auto m = at / static_cast<std::size_t>(60 * kEngineRate.hz);
            if (minute[notch].size() <= m) minute[notch].resize(m + 1, 1e-12);
            stft.power(std::span(sound->left).subspan(at, kFrame), row);
            for (std::size_t k = 1; k < row.size(); ++k) {
                const double hz = static_cast<double>(k) * kEngineRate.hz / kFrame;
                if (std::abs(std::log2(hz / kPitch)) <= 1.0 / 3.0) minute[notch][m] += static_cast<double>(row[k]);
            }
        }
    }
    double plain = 0.0, cut = 0.0, worst = -200.0;
    for (std::size_t m = 0; m < minute[0].size(); ++m) {
        plain += minute[0][m], cut += minute[1][m];
        worst = std::max(worst, 10.0 * std::log10(minute[1][m] / minute[0][m]));
    }
    std::printf("{\"name\":\"tinnitus\",\"hz\":%.0f,\"seconds\":%.0f,\"near_db\":%.1f,\"near_db_worst_minute\":%.1f,\"notes\":%zu,\"cpu_s\":%.0f}\n", kPitch, seconds,
                10.0 * std::log10(cut / plain), worst, score.notes.size(), core::cpu_seconds() - from);
}

void bench_starter() {
    const auto folder = std::filesystem::temp_directory_path() / ("attune-starter-bench-" + std::to_string(::getpid()));
    const double from = core::cpu_seconds();
    const auto files = make_starter_library(folder, {2, {}, nullptr});
    if (files)
        std::printf("{\"name\":\"starter\",\"cpu_s\":%.1f,\"pieces\":%zu,\"of_two_cores_s\":%.1f,\"peak_rss_mib\":%.0f}\n", core::cpu_seconds() - from, files->size(),
                    (core::cpu_seconds() - from) / 2.0, core::peak_rss_mib());
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

}  // namespace
}  // namespace attune::compose

int main(int argc, char** argv) {
    using namespace attune::compose;
    const auto wanted = [&](const char* name) { return argc < 2 || std::strstr(name, argv[1]) != nullptr; };
    if (wanted("compose"))
        for (const auto& [kind, seconds] : {std::pair{EngineKind::kRule, 1800.0}, {EngineKind::kHmm, 300.0}, {EngineKind::kLstm, 120.0}}) bench_compose(kind, seconds);
    if (wanted("render"))
        for (int i = 0; i < kStyles; ++i) bench_render(static_cast<Style>(i));
    if (wanted("decision")) bench_decision();
    if (wanted("tinnitus")) bench_tinnitus();
    if (wanted("starter")) bench_starter();
    return 0;
}
