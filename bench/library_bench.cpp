// SPDX-License-Identifier: GPL-3.0-or-later
// Line 5 of the library's promises: lists and filters over 100,000 rows, similar tracks, one pass
// of analysis. ATTUNE_BENCH_EMBEDDINGS sets the size of the index (default 100,000; 1,000,000 takes
// about an hour to build; ATTUNE_BENCH_INDEX keeps it in a file).
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numbers>
#include <set>

#include "core/random.hpp"
#include "library/filter.hpp"
#include "library/similar.hpp"
#include "library/track_analysis.hpp"
#include "signal/loudness.hpp"
#include "signal/music_frames.hpp"
#include "signal/true_peak.hpp"

namespace attune::library {
namespace {

std::vector<TrackRow> rows(std::size_t n) {
    core::Random random(1, "bench/rows");
    std::vector<TrackRow> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        out[i].title = "Title " + std::to_string(random.below(1'000'000));
        out[i].artist = "Artist " + std::to_string(random.below(5000));
        out[i].genre = random.chance(0.1) ? "Ambient" : "Rock";
        out[i].tempo_bpm = random.uniform(50, 180);
        out[i].valence = random.uniform(-1, 1);
        out[i].calming = random.uniform();
    }
    return out;
}

void ListFirstPageOf100k(benchmark::State& state) {
    const auto all = rows(100'000);
    const auto filter =
        Filter::parse("tempo 60..120 and valence > 0 and calming > 0.5 and genre = ambient")
            .value();
    for (auto _ : state) {
        std::vector<const TrackRow*> page;
        for (const auto& r : all) {
            if (filter.matches(r)) page.push_back(&r);
        }
        benchmark::DoNotOptimize(sort_rows(page, "tempo"));
        page.resize(std::min<std::size_t>(200, page.size()));
    }
}
BENCHMARK(ListFirstPageOf100k)->Unit(benchmark::kMillisecond);

std::map<ContentKey, std::vector<float>> embeddings(std::size_t n) {
    core::Random random(2, "bench/embeddings");
    std::vector<std::vector<float>> centres(200, std::vector<float>(120));
    for (auto& c : centres) {
        for (float& v : c) v = static_cast<float>(random.normal());
    }
    std::map<ContentKey, std::vector<float>> out;
    for (std::size_t i = 0; i < n; ++i) {
        auto v = centres[random.below(centres.size())];
        double square = 0.0;
        for (float& x : v) {
            x += static_cast<float>(0.7 * random.normal());
            square += static_cast<double>(x) * static_cast<double>(x);
        }
        for (float& x : v) x = static_cast<float>(static_cast<double>(x) / std::sqrt(square));
        ContentKey key;
        for (std::size_t b = 0; b < 8; ++b) key.bytes[b] = static_cast<std::uint8_t>(i >> (8 * b));
        out.emplace(key, std::move(v));
    }
    return out;
}

std::size_t index_size() {
    const char* text = std::getenv("ATTUNE_BENCH_EMBEDDINGS");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 100'000;
}

/// The index over index_size() embeddings. ATTUNE_BENCH_INDEX names a file that keeps it between runs.
const SimilarIndex& index_of(const std::map<ContentKey, std::vector<float>>& all) {
    static const SimilarIndex index = [&] {
        const char* kept = std::getenv("ATTUNE_BENCH_INDEX");
        if (kept != nullptr) {
            if (auto loaded = SimilarIndex::load(kept, all.size())) return *std::move(loaded);
        }
        auto built = SimilarIndex::build(all).value();
        if (kept != nullptr) static_cast<void>(built.save(kept, all.size()));
        return built;
    }();
    return index;
}

const std::map<ContentKey, std::vector<float>>& all_embeddings() {
    static const auto all = embeddings(index_size());
    return all;
}

void LoadSimilar(benchmark::State& state) {
    const auto file = std::filesystem::temp_directory_path() / "attune-bench-similar.index";
    const std::size_t n = all_embeddings().size();
    if (!index_of(all_embeddings()).save(file, n)) return state.SkipWithError("the index cannot be saved");
    for (auto _ : state) benchmark::DoNotOptimize(SimilarIndex::load(file, n).value().size());
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    std::filesystem::remove(file.string() + ".keys", ignored);
}
BENCHMARK(LoadSimilar)->Unit(benchmark::kMillisecond);

void Similar(benchmark::State& state) {
    const auto& all = all_embeddings();
    const auto& index = index_of(all);
    std::vector<const std::vector<float>*> queries;
    for (const auto& [key, v] : all) {
        queries.push_back(&v);
        if (queries.size() == 200) break;
    }
    std::size_t q = 0;
    for (auto _ : state) benchmark::DoNotOptimize(index.search(*queries[q++ % queries.size()], 10));
    // Recall against looking at all of them.
    std::size_t hits = 0, wanted = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        std::vector<std::pair<float, ContentKey>> exact;
        for (const auto& [key, v] : all) {
            float dot = 0.0F;
            for (std::size_t d = 0; d < v.size(); ++d) dot += v[d] * (*queries[i])[d];
            exact.emplace_back(-dot, key);
        }
        std::partial_sort(exact.begin(), exact.begin() + 10, exact.end());
        std::set<ContentKey> truth;
        for (std::size_t k = 0; k < 10; ++k) truth.insert(exact[k].second);
        for (const auto& n : index.search(*queries[i], 10)) hits += truth.contains(n.key) ? 1 : 0;
        wanted += 10;
    }
    state.counters["recall@10"] = static_cast<double>(hits) / static_cast<double>(wanted);
    state.counters["embeddings"] = static_cast<double>(all.size());
}
BENCHMARK(Similar)->Unit(benchmark::kMicrosecond);

/// A minute of struck chords with noise, at 44.1 kHz.
std::vector<float> minute() {
    core::Random random(3, "bench/music");
    std::vector<float> x(60 * 44100);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / 44100.0, since = std::fmod(t, 0.5);
        double v = 0.0;
        for (const double hz : {220.0, 277.2, 329.6, 440.0})
            v += std::sin(2 * std::numbers::pi * hz * t);
        x[i] = static_cast<float>(0.15 * v * std::exp(-4 * since) + 0.02 * random.normal());
    }
    return x;
}

void AnalyseOneMinute(benchmark::State& state) {
    const auto x = minute();
    for (auto _ : state) {
        auto analyser = TrackAnalyser::create(44100).value();
        for (std::size_t i = 0; i < x.size(); i += 16384) {
            const auto block = std::span(x).subspan(i, std::min<std::size_t>(16384, x.size() - i));
            analyser.push(block, block);
        }
        benchmark::DoNotOptimize(analyser.finish());
    }
    state.counters["x_real_time"] =
        benchmark::Counter(60.0, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(AnalyseOneMinute)->Unit(benchmark::kMillisecond);

void LoudnessOneMinute(benchmark::State& state) {
    const auto x = minute();
    for (auto _ : state) {
        auto meter = signal::LoudnessMeter::create(44100).value();
        meter.push(x, x);
        benchmark::DoNotOptimize(meter.integrated_lufs());
    }
}
BENCHMARK(LoudnessOneMinute)->Unit(benchmark::kMillisecond);

void TruePeakOneMinuteStereo(benchmark::State& state) {
    const auto x = minute();
    double share = 0.0;
    for (auto _ : state) {
        for (int channel = 0; channel < 2; ++channel) {
            auto peak = signal::TruePeak::create(44100).value();
            peak.push(x);
            share = static_cast<double>(peak.interpolated()) / static_cast<double>(x.size());
        }
    }
    state.counters["interpolated"] = share;
}
BENCHMARK(TruePeakOneMinuteStereo)->Unit(benchmark::kMillisecond);

void FramesOneMinute(benchmark::State& state) {
    auto x = minute();
    x.resize(60 * signal::MusicFrames::kRate);
    for (auto _ : state) {
        signal::MusicFrames frames;
        signal::MusicFramer framer;
        framer.push(x, frames);
        benchmark::DoNotOptimize(frames.onset.data());
    }
}
BENCHMARK(FramesOneMinute)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace attune::library

BENCHMARK_MAIN();
