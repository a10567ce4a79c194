// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Sample-rate conversion of stereo by a windowed-sinc polyphase filter, the same in any block
/// size.
///
/// In       blocks at in_hz; Out  blocks at out_hz, aligned: output frame k is the input at time
///          k / out_hz; no delay is left in the output, latency_in() frames of input are read ahead
/// Length   after flush(), N input frames have given exactly ceil(N * out / in) frames
/// Joins    go on feeding: a second file of the same rate runs through the same state
/// Quality  passband to 0.907 of the lower Nyquist rate, stopband and images below -100 dB
/// Threads  one owner; push(), pull(), flush() and reset() are RT-SAFE after create()
/// Errors   create(): kBadArgument for a rate outside 1000..384000 Hz
/// Method   Kaiser-windowed sinc (Kaiser 1974), beta 10.06; phases computed once where the ratio
/// has
///          few (44.1 → 48 kHz: 160), else interpolated between 512
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::media {

class Resampler {
public:
    /// `max_block`: most frames of input held between push() and pull(), beside the filter's own.
    [[nodiscard]] static Result<Resampler> create(int in_hz, int out_hz,
                                                  std::size_t max_block = 4096);

    /// Room for input now.
    [[nodiscard]] std::size_t space() const noexcept;
    /// Takes what fits and returns how much.
    std::size_t push(std::span<const float> left, std::span<const float> right) noexcept;
    /// No more input comes: the filter's tail is fed with silence, pull() gives the rest, then 0.
    void flush() noexcept { flushed_ = true; }
    [[nodiscard]] std::size_t pull(std::span<float> left, std::span<float> right) noexcept;
    /// Output frames that pull() can give now.
    [[nodiscard]] std::size_t available() const noexcept;
    void reset() noexcept;

    [[nodiscard]] int in_hz() const noexcept { return in_hz_; }
    [[nodiscard]] int out_hz() const noexcept { return out_hz_; }
    /// Input read ahead of the output [frames at in_hz].
    [[nodiscard]] std::size_t latency_in() const noexcept { return half_; }
    [[nodiscard]] std::int64_t frames_in() const noexcept { return total_in_; }
    [[nodiscard]] std::int64_t frames_out() const noexcept { return total_out_; }

private:
    Resampler() = default;
    void design();
    void compact() noexcept;
    void convert(std::span<float> left, std::span<float> right) noexcept;

    void (*filter_)(const float* h, std::size_t taps, const float* l, const float* r, float& out_l,
                    float& out_r) noexcept = nullptr;  ///< the widest that this processor has
    int in_hz_ = 0, out_hz_ = 0;
    std::int64_t up_ = 1, down_ = 1;  ///< out/in in lowest terms
    std::size_t half_ = 0;            ///< taps on each side; 0 = rates are equal
    std::size_t taps_ = 0;            ///< 2 * half_, a multiple of 4
    std::size_t phases_ = 0;
    bool interpolate_ = false;
    std::vector<float> bank_;          ///< row-major (phases_ + 1) × taps_
    std::vector<float> left_, right_;  ///< input with half_ - 1 frames of history in front
    std::size_t filled_ = 0;           ///< frames in left_ and right_
    std::int64_t first_ = 0;           ///< input frame number of left_[0]
    std::int64_t total_in_ = 0, total_out_ = 0;
    std::int64_t int_pos_ = 0,
                 frac_ = 0;  ///< next output lies at int_pos_ + frac_/up_ of the input
    bool flushed_ = false;
};

}  // namespace attune::media
