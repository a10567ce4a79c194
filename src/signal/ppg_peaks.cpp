// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/ppg_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace attune::signal {
namespace {

constexpr double kLowHz = 0.5, kHighHz = 8.0;
constexpr double kShortS = 0.111, kLongS = 0.667, kOffsetShare = 0.02;  // after Elgendi 2013
constexpr double kRefractoryS = 0.30, kHalfShapeS = 0.30;

}  // namespace

Result<PpgPeakDetector> PpgPeakDetector::create(double rate_hz) {
    if (!(rate_hz >= 20.0 && rate_hz <= 1000.0))
        return fail(ErrorCode::kBadArgument, "PPG rate " + std::to_string(rate_hz) + " Hz; 20..1000 Hz");
    PpgPeakDetector d;
    d.rate_ = rate_hz;
    d.band_ = BiquadChain::band_pass(2, kLowHz, std::min(kHighHz, 0.4 * rate_hz), rate_hz);
    d.short_n_ = static_cast<std::size_t>(std::max(1.0, std::round(kShortS * rate_hz)));
    d.long_n_ = static_cast<std::size_t>(std::round(kLongS * rate_hz));
    d.delay_ = static_cast<std::size_t>(std::lround(0.02 * rate_hz));
    std::size_t ring = 1;
    while (static_cast<double>(ring) < 4.0 * rate_hz) ring <<= 1;
    d.mask_ = ring - 1;
    d.filtered_.assign(ring, 0.0F);
    d.square_.assign(ring, 0.0F);
    return d;
}

void PpgPeakDetector::reset() { *this = *create(rate_); }

void PpgPeakDetector::push(std::span<const float> ppg, std::vector<PpgPulse>& pulses) {
    for (const float sample : ppg) {
        if (std::isfinite(sample)) last_ = static_cast<double>(sample);
        if (n_ == 0) band_.settle(last_);
        const auto at = static_cast<std::size_t>(n_) & mask_;
        const double y = band_.process(last_);
        filtered_[at] = static_cast<float>(y);
        square_[at] = static_cast<float>(y > 0.0 ? y * y : 0.0);
        // Both means are summed anew from the ring: no drift, and the same for any block.
        short_sum_ = long_sum_ = 0.0;
        for (std::size_t k = 0; k < long_n_; ++k) {
            const double v = static_cast<double>(square_[(static_cast<std::size_t>(n_) - k) & mask_]);
            long_sum_ += v;
            if (k < short_n_) short_sum_ += v;
        }
        level_ += (static_cast<double>(square_[at]) - level_) / (std::min(static_cast<double>(n_ + 1), 10.0 * rate_));
        const bool inside = short_sum_ / static_cast<double>(short_n_) > long_sum_ / static_cast<double>(long_n_) + kOffsetShare * level_;
        if (inside) {
            if (block_++ == 0) top_ = -1.0;
            if (y > top_) top_ = y, top_at_ = n_;
        } else if (block_ > 0) {
            if (block_ >= short_n_) pending_ = true;
            block_ = 0;
        }
        // The wave after the peak is needed for its quality.
        if (pending_ && n_ - top_at_ >= static_cast<std::int64_t>(kHalfShapeS * rate_) + 1) close_block(pulses);
        ++n_;
    }
}

void PpgPeakDetector::close_block(std::vector<PpgPulse>& pulses) {
    pending_ = false;
    if (last_peak_ >= 0 && static_cast<double>(top_at_ - last_peak_) < kRefractoryS * rate_) return;
    last_peak_ = top_at_;
    pulses.push_back({std::max<std::int64_t>(0, top_at_ - static_cast<std::int64_t>(delay_)), quality_at(top_at_)});
}

/// Correlation of this wave with the mean of those before; the mean follows with a memory of eight.
float PpgPeakDetector::quality_at(std::int64_t frame) {
    std::array<double, kShape> wave{};
    double mean = 0.0;
    for (std::size_t k = 0; k < kShape; ++k) {
        const double offset = (2.0 * static_cast<double>(k) / (kShape - 1) - 1.0) * kHalfShapeS * rate_;
        wave[k] = static_cast<double>(filtered_[static_cast<std::size_t>(frame + std::llround(offset)) & mask_]);
        mean += wave[k] / kShape;
    }
    double norm = 0.0, product = 0.0, old = 0.0;
    for (double& v : wave) v -= mean, norm += v * v;
    if (!(norm > 0.0)) return 0.0F;
    for (double& v : wave) v /= std::sqrt(norm);
    for (std::size_t k = 0; k < kShape; ++k) product += wave[k] * mean_[k], old += mean_[k] * mean_[k];
    const double r = old > 0.0 ? product / std::sqrt(old) : 0.0;
    shapes_ = std::min(shapes_ + 1, 8);
    for (std::size_t k = 0; k < kShape; ++k) mean_[k] += (wave[k] - mean_[k]) / shapes_;
    return static_cast<float>(std::clamp(r, 0.0, 1.0));
}

Result<std::vector<PpgPulse>> ppg_peaks(std::span<const float> ppg, double rate_hz) {
    ATTUNE_TRY(PpgPeakDetector detector, PpgPeakDetector::create(rate_hz));
    std::vector<PpgPulse> pulses;
    detector.push(ppg, pulses);
    return pulses;
}

}  // namespace attune::signal
