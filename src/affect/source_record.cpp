// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/source_record.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "affect/tables.hpp"

namespace attune::affect {
namespace {

constexpr double kRMax = .95;  // keeps Fisher's z finite
constexpr double kSdFloor = .2;

/// Exponentially forgetting second moments of (residual, index), with a prior of kPriorRatings.
class Correlation {
public:
    explicit Correlation(double start) : z0_(std::atanh(std::clamp(start, 0.0, kRMax))) {}

    void add(double e, double u) {
        const double keep = std::exp2(-1.0 / k::kHalfLifeRatings);
        n_ = keep * n_ + 1.0;
        see_ = keep * see_ + e * e;
        suu_ = keep * suu_ + u * u;
        seu_ = keep * seu_ + e * u;
    }
    [[nodiscard]] double mean() const { return std::tanh(posterior_z()); }
    [[nodiscard]] double quantile20() const {
        return std::tanh(posterior_z() + k::kQuantileZ / std::sqrt(k::kPriorRatings + n_));
    }
    /// Variance of a residual, shrunk to 1.
    [[nodiscard]] double residual_variance() const {
        return (k::kPriorRatings + see_) / (k::kPriorRatings + n_);
    }
    [[nodiscard]] double index_variance() const {
        return (k::kPriorRatings + suu_) / (k::kPriorRatings + n_);
    }

private:
    [[nodiscard]] double posterior_z() const {
        const double r = see_ > 0.0 && suu_ > 0.0 ? seu_ / std::sqrt(see_ * suu_) : 0.0;
        // Two points always correlate perfectly: the first three carry no weight.
        const double n = std::max(0.0, n_ - 3.0);
        return (k::kPriorRatings * z0_ + n * std::atanh(std::clamp(r, -kRMax, kRMax))) /
               (k::kPriorRatings + n);
    }
    double z0_;
    double n_ = 0.0, see_ = 0.0, suu_ = 0.0, seu_ = 0.0;
};

double log_normal(double e, double mean, double variance) {
    return -.5 * (std::log(variance) + (e - mean) * (e - mean) / variance);
}

/// Sum over the ratings of log p(residual | index, past) - log p(residual | past).
double prequential_gain(const std::vector<double>& e, const std::vector<double>& u, double start) {
    Correlation seen(start);
    double gain = 0.0;
    for (std::size_t i = 0; i < e.size(); ++i) {
        const double variance = seen.residual_variance();
        const double r = seen.mean();
        const double predicted = r * std::sqrt(variance / seen.index_variance()) * u[i];
        gain += log_normal(e[i], predicted, variance * (1.0 - r * r)) - log_normal(e[i], 0.0, variance);
        seen.add(e[i], u[i]);
    }
    return gain;
}

/// SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195) as a fixed table that need not be stored.
std::uint64_t fixed_word(std::uint64_t i) {
    std::uint64_t z = (i + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/// The sessions' blocks of indices in another order, laid over the ratings as they came.
std::vector<double> permuted(const std::vector<std::vector<double>>& blocks, std::uint64_t number) {
    std::vector<std::size_t> order(blocks.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[fixed_word(number * 4096 + i) % i]);
    }
    std::vector<double> out;
    for (const std::size_t b : order) out.insert(out.end(), blocks[b].begin(), blocks[b].end());
    return out;
}

double shuffled_quantile95(const std::vector<EarningPoint>& points, const std::vector<double>& e,
                           double start) {
    std::vector<std::vector<double>> blocks;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (i == 0 || points[i].session != points[i - 1].session) blocks.emplace_back();
        blocks.back().push_back(points[i].index);
    }
    std::vector<double> gains;
    for (int k = 0; k < k::kEarnShuffles; ++k) {
        gains.push_back(prequential_gain(e, permuted(blocks, static_cast<std::uint64_t>(k)), start));
    }
    std::sort(gains.begin(), gains.end());
    return gains[gains.size() * 95 / 100];
}

}  // namespace

void Baseline::add(double x, double dt_s) {
    if (dt_s <= 0.0) return;
    seconds_ += dt_s;
    const double delta = x - mean_;
    mean_ += delta * dt_s / seconds_;
    m2_ += dt_s * delta * (x - mean_);
}

void Baseline::merge(const Baseline& other) {
    if (other.seconds_ <= 0.0) return;
    const double total = seconds_ + other.seconds_;
    const double delta = other.mean_ - mean_;
    m2_ += other.m2_ + delta * delta * seconds_ * other.seconds_ / total;
    mean_ += delta * other.seconds_ / total;
    seconds_ = total;
    if (seconds_ > k::kBaselineMemoryS) {
        m2_ *= k::kBaselineMemoryS / seconds_;
        seconds_ = k::kBaselineMemoryS;
    }
}

bool Baseline::ready() const noexcept { return seconds_ >= k::kBaselineMinS - 1e-6; }

double Baseline::sd() const noexcept {
    const double variance = (k::kBaselineMinS + m2_) / (k::kBaselineMinS + seconds_);
    return std::max(kSdFloor, std::sqrt(variance));
}

Earning judge(const std::vector<EarningPoint>& points, double start, double cap) {
    Earning out;
    Correlation seen(start);
    std::set<std::int64_t> days;
    std::vector<double> e, u;
    for (const EarningPoint& point : points) {
        seen.add(point.residual, point.index);
        days.insert(point.day);
        e.push_back(point.residual);
        u.push_back(point.index);
    }
    out.n = static_cast<int>(points.size());
    out.days = static_cast<int>(days.size());
    out.posterior_mean = seen.mean();
    out.posterior_q20 = seen.quantile20();
    out.gain_nats = prequential_gain(e, u, start);
    out.r = std::clamp(std::min(start, out.posterior_mean), 0.0, cap);
    if (out.n < k::kEarnRatings || out.days < k::kEarnDays || out.gain_nats <= k::kEarnNats) return out;
    if (out.posterior_mean <= start) return out;   // a reversed sensor predicts too: it is not believed for that
    out.shuffled_q95 = shuffled_quantile95(points, e, start);
    out.earned = out.gain_nats > out.shuffled_q95;
    if (out.earned) out.r = std::clamp(std::max(out.r, out.posterior_q20), 0.0, cap);
    return out;
}

}  // namespace attune::affect
