// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Changes the rate of one channel by a ratio of whole numbers, in blocks of any size.
///
/// In       samples [linear] at config.in_hz
/// Out      samples at config.out_hz; the first output stands at the time of the first input (no
///          delay)
/// Threads  one owner; push() appends to a vector, so it allocates
/// Errors   create(): kBadArgument if a rate is not in 1000..384000 Hz or the ratio is beyond 64
/// Method   polyphase FIR, Kaiser-windowed sinc, 16 zero crossings a side, beta 8.6 (stop band
///          about -85 dB); pass band up to 0.45 of the lower rate
#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::signal {

class Resampler {
public:
    [[nodiscard]] static Result<Resampler> create(int in_hz, int out_hz);
    /// Appends to `out` all samples that can be computed.
    void push(std::span<const float> in, std::vector<float>& out);
    /// Appends what the end of the signal (followed by zeros) still gives. Call once.
    void finish(std::vector<float>& out);

private:
    Resampler(std::size_t up, std::size_t down, std::size_t taps, std::vector<float> phases);
    void drain(std::vector<float>& out);

    std::size_t up_, down_;       ///< out = in * up / down
    std::size_t taps_;            ///< per phase
    std::vector<float> phases_;   ///< row-major up × taps, time-reversed for a plain dot product
    std::vector<float> pending_;  ///< input from first_ on, with taps/2 zeros before the signal
    std::size_t phase_ = 0;       ///< of the next output
    std::size_t at_ = 0;          ///< index in pending_ where the next output's window begins
    std::size_t seen_ = 0, made_ = 0;
};

}  // namespace attune::signal
