// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// True peak of one channel: the largest value that a four-fold oversampled signal reaches.
///
/// In       samples [linear] at a rate of 1000..384000 Hz
/// Out      linear peak, equal to libebur128's; 20 log10 of it is dBTP
/// Threads  one owner; push() is RT-SAFE after create()
/// Errors   create(): kBadArgument names the rate.  NaN samples are passed over
/// Method   ITU-R BS.1770-4 annex 2 with libebur128's filter (49 taps, Hann-windowed sinc; 4x below
/// 96 kHz,
///          2x below 192 kHz, 1x above). A block is interpolated only where a bound on the
///          interpolated value (nearest two samples times their weights, plus the block's peak
///          times the rest) passes the maximum so far: the answer is the same, the work a few
///          percent
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::signal {

class TruePeak {
public:
    [[nodiscard]] static Result<TruePeak> create(int rate_hz);
    void push(std::span<const float> in) noexcept;
    /// Of all samples so far; 0 before the first.
    [[nodiscard]] double peak() const noexcept { return peak_; }
    [[nodiscard]] float sample_peak() const noexcept { return sample_peak_; }
    /// Samples around which the filter was run, of all: what skipping saved.
    [[nodiscard]] std::uint64_t interpolated() const noexcept { return interpolated_; }

private:
    static constexpr std::size_t kTaps = 25;  ///< of the longest sub-filter
    static constexpr std::size_t kBlock = 32;
    static constexpr std::size_t kHistory = kTaps - 1;

    struct Phase {
        std::array<double, kTaps> weight{};    ///< in order of use
        std::array<std::size_t, kTaps> age{};  ///< of the sample that a weight meets; 0 = newest
        std::size_t count = 0;
    };
    explicit TruePeak(int rate_hz);
    void block(const float* newest, std::size_t n) noexcept;

    std::vector<Phase> phases_;  ///< without the one that repeats the sample itself
    double near_ = 0.0,
           far_ = 0.0;        ///< L1 of the two middle taps and of the rest, largest over phases
    std::size_t middle_ = 0;  ///< age of the newer one of the two middle samples
    std::array<float, kHistory + kBlock> buffer_{};
    double peak_ = 0.0;
    float sample_peak_ = 0.0F;
    std::uint64_t interpolated_ = 0;
};

}  // namespace attune::signal
