// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How loud the output is: momentary loudness and A-weighted level, sample by sample without memory
/// of its own.
///
/// In       stereo at 48 kHz.  Out  momentary loudness [LUFS] over 400 ms (BS.1770-4, EBU Tech
/// 3341) and the
///          A-weighted level [dB re a full-scale sine in both channels] of the last 100 ms, every
///          100 ms
/// Threads  one owner; RT-SAFE
/// Method   K-weighting: BS.1770-4 table 1 and 2.  A-weighting: IEC 61672-1 poles, bilinear, 0 dB
/// at 1 kHz
#include <array>
#include <cstdint>
#include <span>

namespace attune::play {

class Meter {
public:
    Meter();
    void process(std::span<const float> left, std::span<const float> right) noexcept;
    /// -70 or less = silence.
    [[nodiscard]] double momentary_lufs() const noexcept { return momentary_; }
    [[nodiscard]] double a_level_db() const noexcept {
        return a_level_;
    }  ///< last 100 ms; -200 = silence
    [[nodiscard]] std::int64_t blocks() const noexcept { return blocks_; }  ///< of 100 ms, so far
    /// Mean square, A-weighted, over both channels of all frames since the last call; 1/2 =
    /// full-scale sine.
    [[nodiscard]] double take_a_mean_square() noexcept;

private:
    using Four = float __attribute__((vector_size(16)));  ///< {K left, K right, A left, A right}
    struct Biquad {
        Four b0, b1, b2, a1, a2;
        Four s1{}, s2{};
    };
    std::array<Biquad, 3> stages_{};
    std::array<double, 4> recent_k_{};  ///< mean squares of the last four blocks
    double sum_k_ = 0.0, sum_a_ = 0.0, total_a_ = 0.0;
    std::int64_t total_frames_ = 0, blocks_ = 0;
    int filled_ = 0;
    double momentary_ = -70.0, a_level_ = -200.0;
    void close_block() noexcept;
};

}  // namespace attune::play
