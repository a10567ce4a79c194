// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/guard.hpp"

#include <algorithm>
#include <cmath>

namespace attune::play {
namespace {

constexpr double kFast = 0.15;         // a step of 10 ms: 60 ms
constexpr double kSlow = 1.0 / 900.0;  // 9 s: a loud passage is let in at some 1.5 dB/s
constexpr double kSlowest_db = -24.0;  // never turned down further
constexpr double kUp_db = 0.04;        // 4 dB/s back
constexpr double kDown_db = 1.5;       // 150 dB/s: a sudden rise is met within 100 ms
constexpr double kNever_db = 1e6;      // a limit above this is none
constexpr double kFloor = 1e-7;        // mean square below which nothing startles (-70 dB)
constexpr std::int64_t kWarm = 300;    // the fade-in of a session is no startle

double db(double mean_square) { return 10.0 * std::log10(std::max(mean_square, 1e-12)); }

}  // namespace

/// Every 10 ms: where the gain has to go.
void LevelGuard::decide() noexcept {
    const double now = energy_ / (2.0 * kStep);  // of the input
    energy_ = 0.0;
    filled_ = 0;
    ++steps_;
    fast_ += kFast * (now - fast_);
    const double allowed_startle =
        startle_ && steps_ > kWarm ? db(std::max(slow_, kFloor)) + limit_lu_ : 1e9;
    const double allowed = std::min(allowed_startle, ceiling_db_ - 3.01);
    const double wanted = allowed > kNever_db ? 0.0 : std::clamp(allowed - db(fast_), kSlowest_db, 0.0);
    gain_db_ = wanted < gain_db_ ? std::max(wanted, gain_db_ - kDown_db)
                                 : std::min(wanted, gain_db_ + kUp_db);
    const double heard = gain_db_ == 0.0 ? fast_ : fast_ * std::pow(10.0, gain_db_ / 10.0);
    // Silence between two phrases is not what a rise is measured against: the slow level falls
    // slowly.
    slow_ += (heard > slow_ ? kSlow : kSlow / 4.0) * (heard - slow_);
    from_ = to_;
    to_ = gain_db_ == 0.0 ? 1.0F : static_cast<float>(std::pow(10.0, gain_db_ / 20.0));
}

void LevelGuard::process(std::span<float> left, std::span<float> right) noexcept {
    for (std::size_t done = 0; done < left.size();) {
        const std::size_t n = std::min<std::size_t>(left.size() - done, static_cast<std::size_t>(kStep - filled_));
        const auto l = left.subspan(done, n), r = right.subspan(done, n);
        std::array<double, 4> sums{};  // none waits for another
        for (std::size_t i = 0; i < n; ++i) sums[i % 4] += static_cast<double>(l[i] * l[i] + r[i] * r[i]);
        energy_ += (sums[0] + sums[1]) + (sums[2] + sums[3]);
        if (from_ != 1.0F || to_ != 1.0F) {
            for (std::size_t i = 0; i < n; ++i) {
                const float g = from_ + (to_ - from_) * static_cast<float>(filled_ + static_cast<int>(i)) / kStep;
                l[i] *= g;
                r[i] *= g;
            }
        }
        done += n;
        filled_ += static_cast<int>(n);
        if (filled_ == kStep) decide();
    }
}

}  // namespace attune::play
