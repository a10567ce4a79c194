// SPDX-License-Identifier: GPL-3.0-or-later
// Streaming equals batch for any division into blocks.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "signal/ecg_peaks.hpp"
#include "signal/eda.hpp"
#include "signal/ppg_peaks.hpp"
#include "support/synth.hpp"

namespace attune::signal {
namespace {

/// Calls push(block) over x cut at random places.
template <typename Push>
void in_random_blocks(std::span<const float> x, Push&& push) {
    for (std::size_t i = 0; i < x.size();) {
        const auto n = std::min<std::size_t>(*rc::gen::inRange<std::size_t>(0, 700), x.size() - i);
        push(x.subspan(i, n));
        i += n;
        if (n == 0) push(x.subspan(i, std::min<std::size_t>(1, x.size() - i))), i = std::min(i + 1, x.size());
    }
}

RC_GTEST_PROP(EcgPeaks, StreamingEqualsBatchForAnyBlocks, (std::uint64_t seed)) {
    const auto x = synth::ecg(synth::beat_times(12.0, 0.8, seed), 12.0, 250.0, 0.1, seed);
    const auto batch = ecg_peaks(x, {250.0}).value();
    auto detector = EcgPeakDetector::create({250.0}).value();
    std::vector<EcgBeat> beats;
    in_random_blocks(x, [&](auto block) { detector.push(block, beats); });
    detector.finish(beats);
    RC_ASSERT(beats.size() == batch.size());
    for (std::size_t i = 0; i < beats.size(); ++i) {
        RC_ASSERT(beats[i].frame == batch[i].frame);
        RC_ASSERT(beats[i].strength == batch[i].strength);
    }
}

RC_GTEST_PROP(PpgPeaks, StreamingEqualsBatchForAnyBlocks, (std::uint64_t seed)) {
    const auto x = synth::ppg(synth::beat_times(12.0, 0.8, seed), 12.0, 64.0, 4.0, seed);
    const auto batch = ppg_peaks(x, 64.0).value();
    auto detector = PpgPeakDetector::create(64.0).value();
    std::vector<PpgPulse> pulses;
    in_random_blocks(x, [&](auto block) { detector.push(block, pulses); });
    RC_ASSERT(pulses.size() == batch.size());
    for (std::size_t i = 0; i < pulses.size(); ++i) {
        RC_ASSERT(pulses[i].frame == batch[i].frame);
        RC_ASSERT(pulses[i].quality == batch[i].quality);
    }
}

RC_GTEST_PROP(EdaSplitter, StreamingEqualsBatchForAnyBlocks, (std::uint64_t seed)) {
    const auto x = synth::eda({10, 30, 55, 80}, 240.0, 8.0, 2.0, 0.3, 0.01, seed);
    std::vector<EdaSample> batch(x.size()), streamed(x.size());
    std::vector<EdaResponse> in_batch, in_stream;
    EdaSplitter::create({8.0, 0.05})->push(x, batch, in_batch);
    auto splitter = EdaSplitter::create({8.0, 0.05}).value();
    std::size_t at = 0;
    in_random_blocks(x, [&](auto block) {
        splitter.push(block, std::span(streamed).subspan(at, block.size()), in_stream);
        at += block.size();
    });
    RC_ASSERT(in_batch.size() == in_stream.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        RC_ASSERT(batch[i].tonic == streamed[i].tonic);
        RC_ASSERT(batch[i].phasic == streamed[i].phasic);
    }
}

}  // namespace
}  // namespace attune::signal
