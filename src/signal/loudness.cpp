// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace attune::signal {
namespace {

constexpr double kFloorLufs = -70.0;
constexpr double kBlockSeconds = 0.1;
constexpr double kLeastShelf_hz = 4000.0;

double to_lufs(double power) { return -0.691 + 10.0 * std::log10(power); }
double to_power(double lufs) { return std::pow(10.0, (lufs + 0.691) / 10.0); }
const double kFloorPower = to_power(kFloorLufs);

using Poly = std::array<double, 3>;

/// The two stages of K weighting by bilinear transform, for any rate (constants as in libebur128).
void k_weighting(double rate, std::array<double, 5>& b, std::array<double, 5>& a) {
    double k = std::tan(std::numbers::pi * 1681.974450955533 / rate);
    double q = 0.7071752369554196;
    const double vh = std::pow(10.0, 3.999843853973347 / 20.0),
                 vb = std::pow(vh, 0.4996667741545416);
    const double a0 = 1.0 + k / q + k * k;
    Poly shelf_b{(vh + vb * k / q + k * k) / a0, 2.0 * (k * k - vh) / a0,
                       (vh - vb * k / q + k * k) / a0};
    Poly shelf_a{1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0};
    // Where its corner lies near or above half the rate there is nothing to lift, and the formula is unstable.
    if (rate < kLeastShelf_hz) shelf_b = shelf_a = {1.0, 0.0, 0.0};
    k = std::tan(std::numbers::pi * 38.13547087602444 / rate);
    q = 0.5003270373238773;
    const double d = 1.0 + k / q + k * k;
    const Poly high_b{1.0, -2.0, 1.0},
        high_a{1.0, 2.0 * (k * k - 1.0) / d, (1.0 - k / q + k * k) / d};
    b.fill(0.0);
    a.fill(0.0);
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            b[i + j] += shelf_b[i] * high_b[j];
            a[i + j] += shelf_a[i] * high_a[j];
        }
    }
}

/// Value at a share of a sorted list, as EBU Tech 3342's reference code picks it.
double at_share(const std::vector<double>& sorted, double share) {
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(std::lround(last * share))];
}

std::vector<double> sliding(const std::vector<double>& blocks, std::size_t n, std::size_t step) {
    std::vector<double> out;
    if (blocks.size() < n) return out;
    for (std::size_t first = 0; first + n <= blocks.size(); first += step) {
        double sum = 0.0;
        for (std::size_t i = 0; i < n; ++i) sum += blocks[first + i];
        out.push_back(sum / static_cast<double>(n));
    }
    return out;
}

}  // namespace

LoudnessMeter::LoudnessMeter(int rate_hz)
    : block_frames_(0), exact_block_(rate_hz * kBlockSeconds) {
    k_weighting(rate_hz, b_, a_);
    block_frames_ = static_cast<std::size_t>(std::lround(exact_block_));
}

Result<LoudnessMeter> LoudnessMeter::create(int rate_hz) {
    if (rate_hz < 1000 || rate_hz > 384000) {
        return fail(ErrorCode::kBadArgument,
                    "sample rate " + std::to_string(rate_hz) + " Hz is not in 1000..384000");
    }
    return LoudnessMeter(rate_hz);
}

Result<LoudnessMeter> LoudnessMeter::create(int rate_hz, double left_weight, double right_weight) {
    ATTUNE_TRY(auto meter, create(rate_hz));
    meter.weight_ = Double2{left_weight, right_weight};
    return meter;
}

void LoudnessMeter::close_block() {
    blocks_.push_back((weight_[0] * sum_[0] + weight_[1] * sum_[1]) / static_cast<double>(block_frames_));
    sum_ = Double2{0.0, 0.0};
    in_block_ = 0;
    // Rates that are no multiple of 10 Hz: blocks alternate so that the grid stays at 100 ms.
    block_remainder_ += exact_block_ - static_cast<double>(block_frames_);
    block_frames_ = static_cast<std::size_t>(std::lround(exact_block_ + block_remainder_));
}

void LoudnessMeter::push(std::span<const float> left, std::span<const float> right) {
    auto [z0, z1, z2, z3] = z_;
    const auto [b0, b1, b2, b3, b4] = b_;
    const auto [a0, a1, a2, a3, a4] = a_;
    static_cast<void>(a0);
    const std::size_t n = std::min(left.size(), right.size());
    std::size_t i = 0;
    while (i < n) {
        const std::size_t end = std::min(n, i + block_frames_ - in_block_);
        in_block_ += end - i;
        Double2 sum = sum_;
        for (; i < end;
             ++i) {  // transposed direct form II: the shortest chain from sample to sample
            const Double2 x = {static_cast<double>(left[i]), static_cast<double>(right[i])};
            const Double2 y = b0 * x + z0;
            z0 = (b1 * x + z1) - a1 * y;
            z1 = (b2 * x + z2) - a2 * y;
            z2 = (b3 * x + z3) - a3 * y;
            z3 = b4 * x - a4 * y;
            sum += y * y;
        }
        sum_ = sum;
        if (in_block_ == block_frames_) close_block();
    }
    // Decaying tails would end in denormal numbers, which are slow.
    for (Double2* z : {&z0, &z1, &z2, &z3}) {
        for (int c = 0; c < 2; ++c) {
            if (std::abs((*z)[c]) < 1e-30) (*z)[c] = 0.0;
        }
    }
    z_ = {z0, z1, z2, z3};
}

std::optional<double> LoudnessMeter::integrated_lufs() const { return integrated_of(blocks_); }
std::optional<double> LoudnessMeter::range_lu() const { return range_of(blocks_); }

std::optional<double> LoudnessMeter::integrated_of(const std::vector<double>& blocks) {
    const auto gate = [](const std::vector<double>& powers,
                         double threshold) -> std::optional<double> {
        double sum = 0.0;
        std::size_t count = 0;
        for (const double p : powers) {
            if (p >= threshold) sum += p, ++count;
        }
        if (count == 0) return std::nullopt;
        return sum / static_cast<double>(count);
    };
    const auto powers = sliding(blocks, 4, 1);
    const auto above_floor = gate(powers, kFloorPower);
    if (!above_floor) return std::nullopt;
    const auto relative = gate(powers, std::max(kFloorPower, *above_floor * 0.1));  // -10 LU
    return relative ? std::optional(to_lufs(*relative)) : std::nullopt;
}

std::optional<double> LoudnessMeter::range_of(const std::vector<double>& blocks) {
    auto powers = sliding(blocks, 30, 10);
    std::erase_if(powers, [](double p) { return p < kFloorPower; });
    if (powers.empty()) return std::nullopt;
    double mean = 0.0;
    for (const double p : powers) mean += p;
    mean /= static_cast<double>(powers.size());
    std::erase_if(powers, [&](double p) { return p < mean * 0.01; });  // -20 LU
    if (powers.empty()) return std::nullopt;
    std::sort(powers.begin(), powers.end());
    return to_lufs(at_share(powers, 0.95)) - to_lufs(at_share(powers, 0.10));
}

std::optional<double> LoudnessMeter::between_lufs(double from_s, double to_s) const {
    const auto block = [&](double s) {
        return std::min(blocks_.size(),
                        static_cast<std::size_t>(std::max(0.0, std::round(s / kBlockSeconds))));
    };
    const std::size_t from = block(from_s), to = block(to_s);
    double sum = 0.0;
    for (std::size_t i = from; i < to; ++i) sum += blocks_[i];
    if (to <= from || sum / static_cast<double>(to - from) < kFloorPower) return std::nullopt;
    return to_lufs(sum / static_cast<double>(to - from));
}

std::vector<float> LoudnessMeter::curve_1hz() const {
    std::vector<float> out;
    for (std::size_t end = 10; end <= blocks_.size(); end += 10) {
        double sum = 0.0;
        for (std::size_t i = end - 4; i < end; ++i) sum += blocks_[i];
        out.push_back(
            static_cast<float>(std::max(kFloorLufs, to_lufs(std::max(sum / 4.0, 1e-30)))));
    }
    return out;
}

std::optional<double> LoudnessMeter::startle_lu() const {
    const auto powers = sliding(blocks_, 30, 1);
    std::optional<double> largest;
    for (std::size_t i = 0; i + 10 < powers.size(); ++i) {
        if (powers[i] < kFloorPower || powers[i + 10] < kFloorPower) continue;
        const double rise = to_lufs(powers[i + 10]) - to_lufs(powers[i]);
        largest = std::max(largest.value_or(0.0), rise);
    }
    return largest;
}

}  // namespace attune::signal
