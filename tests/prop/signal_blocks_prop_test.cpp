// SPDX-License-Identifier: GPL-3.0-or-later
// Streaming equals batch for any division into blocks.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "signal/ecg_peaks.hpp"
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

}  // namespace
}  // namespace attune::signal
