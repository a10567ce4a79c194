// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Loudness of stereo music: integrated, range, and its course, from one pass over the samples.
///
/// In       left and right [linear, full scale = 1] at one rate, 8000..384000 Hz
/// Out      [LUFS], [LU]; momentary = 400 ms, short-term = 3 s, both every 100 ms
/// Threads  one owner; push() allocates one double a 100 ms
/// Errors   create(): kBadArgument names the rate.  Silence has no loudness: std::nullopt, curve
/// values -70 Method   ITU-R BS.1770-4 (K weighting as in libebur128, gates -70 LUFS and -10 LU),
/// EBU Tech 3341 and 3342
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::signal {

class LoudnessMeter {
public:
    [[nodiscard]] static Result<LoudnessMeter> create(int rate_hz);
    /// The same with other weights of the two channels (BS.1770-4: 1.41 behind, 0 for a subwoofer).
    [[nodiscard]] static Result<LoudnessMeter> create(int rate_hz, double left_weight, double right_weight);
    /// left.size() == right.size().
    void push(std::span<const float> left, std::span<const float> right);

    [[nodiscard]] std::optional<double> integrated_lufs() const;
    [[nodiscard]] std::optional<double> range_lu() const;
    /// Loudness of [from_s, to_s), ungated, rounded to whole blocks of 100 ms; nullopt if silent or
    /// empty.
    [[nodiscard]] std::optional<double> between_lufs(double from_s, double to_s) const;
    /// Momentary loudness that ends at each whole second, floor -70; one value a second.
    [[nodiscard]] std::vector<float> curve_1hz() const;
    /// Largest rise of short-term (3 s) loudness within 1 s [LU]; both ends above -70 LUFS.
    /// Before the music lies silence of -70, so that a sudden start is not counted as a rise.
    [[nodiscard]] std::optional<double> startle_lu() const;
    /// What integrated_lufs() and range_lu() say of blocks: those of several meters may be added, or halved where one
    /// channel was pushed as two.
    [[nodiscard]] static std::optional<double> integrated_of(const std::vector<double>& blocks);
    [[nodiscard]] static std::optional<double> range_of(const std::vector<double>& blocks);
    /// K-weighted power of each whole 100 ms (weighted sum over channels).
    [[nodiscard]] const std::vector<double>& blocks() const noexcept { return blocks_; }

private:
    explicit LoudnessMeter(int rate_hz);
    void close_block();

    typedef double Double2 __attribute__((vector_size(16)));
    std::array<double, 5> b_{}, a_{};  ///< both stages as one filter of order 4
    std::array<Double2, 4> z_{};       ///< its state, left and right
    Double2 sum_{};
    Double2 weight_{1.0, 1.0};
    std::size_t block_frames_, in_block_ = 0;
    double block_remainder_ = 0.0, exact_block_;
    std::vector<double> blocks_;
};

}  // namespace attune::signal
