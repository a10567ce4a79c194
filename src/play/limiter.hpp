// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Look-ahead true-peak limiter, the last stage before the ears.
///
/// In       stereo at 48 kHz; Out  the same, latency() frames late, true peak <= ceiling_dbtp
/// Below    while the true peak stays under ceiling - 0.5 dB the output is the delayed input, bit
/// by bit Threads  one owner; process() is RT-SAFE Method   4x oversampled peak (ITU-R BS.1770-5
/// annex 2, own 192-tap Kaiser filter), minimum over the
///          look-ahead, exponential release, box smoothing: gain never above what the peak needs
#include <array>
#include <cstdint>
#include <span>

namespace attune::play {

class TruePeakLimiter {
public:
    explicit TruePeakLimiter(double ceiling_dbtp = -1.0);
    void process(std::span<float> left, std::span<float> right) noexcept;
    void reset() noexcept;
    [[nodiscard]] static constexpr int latency() { return kBox - 1 + kHalf; }
    /// Smallest gain of the last process() [linear].
    [[nodiscard]] float lowest_gain() const noexcept { return lowest_; }

private:
    static constexpr int kBox = 256;  ///< look-ahead, a power of two: the mean of ones is exactly 1
    static constexpr int kTaps = 48;  ///< of each phase
    static constexpr int kHalf = kTaps / 2;
    static constexpr int kHistory = 512;  ///< power of two, > kBox + kTaps
    static constexpr std::size_t kStep = 160;  ///< frames that are looked at together
    [[nodiscard]] float peak_at(std::size_t newest) const noexcept;
    [[nodiscard]] float sliding_minimum(float g) noexcept;
    [[nodiscard]] bool harmless(std::span<const float> left, std::span<const float> right) const noexcept;
    void delay(std::span<float> left, std::span<float> right) noexcept;
    void limit(std::span<float> left, std::span<float> right) noexcept;

    float threshold_ = 1.0F;
    float harmless_ = 0.0F;  ///< samples below this cannot make a peak above the threshold
    int hot_ = 0;            ///< frames for which a larger sample stays in the filter
    float release_ = 0.0F;
    std::array<std::array<float, 4>, kTaps> taps_{};    ///< [tap][phase]
    std::array<float, std::size_t{2} * kHistory> left_{}, right_{};  ///< written twice: any window is contiguous
    std::array<float, kBox> box_{};
    struct Low {
        float value;
        std::int64_t at;
    };
    std::array<Low, kBox + 1> lows_{};  ///< rising values: the front is the minimum
    std::size_t low_first_ = 0, low_count_ = 0;
    double sum_ = kBox;
    float held_ = 1.0F, lowest_ = 1.0F;
    std::int64_t n_ = 0;
    int quiet_ = 0;  ///< frames for which every gain has been 1
};

}  // namespace attune::play
