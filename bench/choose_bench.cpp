// SPDX-License-Identifier: GPL-3.0-or-later
// A plan of 20 minutes: <= 50 ms over 10,000 tracks, <= 1 s over 1,000,000 (issue 3, line 8).
//   build/bench/bench/choose_bench --benchmark_repetitions=5
#include <benchmark/benchmark.h>

#include <map>
#include <memory>

#include "choose/planner.hpp"
#include "library/simulated_library.hpp"

using namespace attune;

namespace {

struct Shelf {
    flow::LibraryViewPtr view;
    std::unique_ptr<choose::TrackIndex> index;
    choose::LikingModel liking;
};

const Shelf& shelf_of(std::size_t tracks) {
    static std::map<std::size_t, Shelf> shelves;
    Shelf& s = shelves[tracks];
    if (!s.view) {
        s.view = library::SimulatedLibrary(tracks, 1).view();
        s.index = std::make_unique<choose::TrackIndex>(*s.view);
        for (std::size_t i = 0; i < 100; ++i)
            s.liking.observe(*s.view, i * (tracks / 100), i % 3 == 0 ? choose::LikingSource::kSkipped : choose::LikingSource::kLoved);
    }
    return s;
}

choose::PlanRequest calm_in_20_minutes(const Shelf& shelf, const flow::Policy& policy, const choose::LikingView& liking) {
    choose::PlanRequest q;
    q.view = shelf.view.get();
    q.index = shelf.index.get();
    q.policy = &policy;
    q.liking = &liking;
    q.start = {-.35, .60};
    q.felt = {q.start, {.03, 0.0, .04}};
    q.goal.kind = flow::GoalKind::kCalm;
    return q;
}

void BM_Plan20Minutes(benchmark::State& state) {
    const Shelf& shelf = shelf_of(static_cast<std::size_t>(state.range(0)));
    const flow::Policy policy;
    const choose::LikingView liking(shelf.liking, *shelf.view, *shelf.index);
    const choose::PlanRequest q = calm_in_20_minutes(shelf, policy, liking);
    for (auto _ : state) benchmark::DoNotOptimize(choose::plan(q));
}
BENCHMARK(BM_Plan20Minutes)->Arg(2'000)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

/// Beside BM_Plan20Minutes: what it costs to look for something to ask about among so many marked tracks.
void BM_PlanWithMemoryMarks(benchmark::State& state) {
    const Shelf& shelf = shelf_of(10'000);
    flow::Policy policy;
    const auto marked = static_cast<std::size_t>(state.range(0));
    for (std::size_t i = 0; i < marked; ++i) policy.blocks.askable.insert(shelf.view->key[i * (shelf.view->size() / marked)]);
    policy.blocks.ask_first = policy.blocks.askable;
    const choose::LikingView liking(shelf.liking, *shelf.view, *shelf.index);
    const choose::PlanRequest q = calm_in_20_minutes(shelf, policy, liking);
    for (auto _ : state) benchmark::DoNotOptimize(choose::plan(q));
}
BENCHMARK(BM_PlanWithMemoryMarks)->Arg(10)->Arg(100)->Arg(1'000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void BM_LikingView(benchmark::State& state) {
    const Shelf& shelf = shelf_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(choose::LikingView(shelf.liking, *shelf.view, *shelf.index).mean(0));
}
BENCHMARK(BM_LikingView)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void BM_BuildIndex(benchmark::State& state) {
    const Shelf& shelf = shelf_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(choose::TrackIndex(*shelf.view).analysed());
}
BENCHMARK(BM_BuildIndex)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
