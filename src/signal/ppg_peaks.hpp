// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Finds the systolic peaks of a pulse wave, streaming and causal, each with a quality.
///
/// In       blood volume pulse in any unit, rising with the pulse, at config.rate_hz, 20..1000; NaN counts as the last value
/// Out      pulses in the order of time, at most latency_s() late; refractory 300 ms; quality 0..1: how much the wave
///          around the peak is like the mean of the last eight (correlation)
/// Threads  one owner; push() is RT-SAFE while `pulses` has room
/// Errors   create(): kBadArgument names rate and range
/// Method   band .5..8 Hz, squared upper half, blocks where its mean over 111 ms lies above that over 667 ms (Elgendi et al. 2013,
///          doi:10.1371/journal.pone.0076585)
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/biquad.hpp"

namespace attune::signal {

struct PpgPulse {
    std::int64_t frame = 0;
    float quality = 0.0F;
};

class PpgPeakDetector {
public:
    [[nodiscard]] static Result<PpgPeakDetector> create(double rate_hz);
    void push(std::span<const float> ppg, std::vector<PpgPulse>& pulses);
    void reset();
    [[nodiscard]] double latency_s() const noexcept { return 1.0; }

private:
    static constexpr std::size_t kShape = 24;  ///< points of a wave, .6 s around its peak
    PpgPeakDetector() = default;
    void close_block(std::vector<PpgPulse>& pulses);
    [[nodiscard]] float quality_at(std::int64_t frame);

    double rate_ = 64.0;
    BiquadChain band_;
    std::int64_t n_ = 0, last_peak_ = -1, top_at_ = 0;
    double last_ = 0.0, short_sum_ = 0.0, long_sum_ = 0.0, level_ = 0.0, top_ = 0.0;
    std::size_t short_n_ = 7, long_n_ = 43, mask_ = 0, block_ = 0, delay_ = 0;
    bool pending_ = false;
    std::vector<float> filtered_, square_;
    std::array<double, kShape> mean_{};
    int shapes_ = 0;
};

/// The whole of a recording; equals the streaming detector for any division into blocks.
[[nodiscard]] Result<std::vector<PpgPulse>> ppg_peaks(std::span<const float> ppg, double rate_hz);

}  // namespace attune::signal
