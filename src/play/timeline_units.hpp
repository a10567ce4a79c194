// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the parts of the timeline share: its smallest numbers, gains, ratios and lengths.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/units.hpp"

namespace attune::play {

constexpr double kEps = 1e-6;                // frames
constexpr double kTiny = 1e-9;               // a gain that has begun to rise: time flows
constexpr double kStarveFadeFrames = 4800;   // 100 ms of the 200 ms that are left
constexpr double kSlowestRatio = 0.85, kFastestRatio = 1.15;

inline double db_gain(double db) { return db <= -120.0 ? 0.0 : std::pow(10.0, db / 20.0); }

/// db_gain(), worked out anew only when the level has moved: it is asked for several times a segment.
class GainOf {
public:
    [[nodiscard]] double operator()(double db) const {
        if (db != db_) {
            db_ = db;
            gain_ = db_gain(db);
        }
        return gain_;
    }

private:
    mutable double db_ = 0.0, gain_ = 1.0;
};

/// In steps of 2^-24, so that positions are sums without rounding, whatever the block sizes, for three
/// hours without a gap; over 30 minutes the step is 2 frames.
inline double usable_ratio(double r) {
    constexpr double kSteps = 16777216.0;
    if (!std::isfinite(r)) return 1.0;
    return std::round(std::clamp(r, kSlowestRatio, kFastestRatio) * kSteps) / kSteps;
}

/// ceil(frames * 48000 / rate), without rounding errors.
inline std::int64_t stream_frames(std::int64_t source_frames, int rate) {
    return (source_frames * kEngineRate.hz + rate - 1) / rate;
}

/// Value of a curve, linear between its points; 1 without any.
template <typename Curve>
double curve_at(const Curve& curve, double t_s) {
    if (curve.empty()) return 1.0;
    if (t_s <= curve.front().t_s) return curve.front().value;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const auto& a = curve[i - 1];
        const auto& b = curve[i];
        if (t_s > b.t_s) continue;
        const double span = b.t_s - a.t_s;
        return span <= 0.0 ? b.value : a.value + (b.value - a.value) * (t_s - a.t_s) / span;
    }
    return curve.back().value;
}

}  // namespace attune::play
