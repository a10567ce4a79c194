// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/ecg_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace attune::signal {
namespace {

// After Hamilton 2002; band, threshold and search window chosen on the twelve records of MIT-BIH's
// DS1 that the project may use.
constexpr double kHighPassHz = 5.0, kLowPassHz = 20.0;
constexpr double kWindowS = 0.080;     // of the mean absolute slope
constexpr double kHoldS = 0.200;       // a candidate is the largest within this on both sides
constexpr double kThreshold = 0.30;    // between the noise level and the beat level
constexpr double kTWaveS = 0.360, kTWaveSlope = 0.5;
constexpr double kLookBack = 1.5, kLookBackShare = 0.5;
constexpr double kLearnS = 3.0;
constexpr double kSilenceS = 4.0;      // no beat for so long: learn again
constexpr double kSearchS = 0.080;     // R lies within this of the detection signal's centre
constexpr double kDelayS = 0.012;      // of the low-pass
constexpr double kScale = 0x1p30;      // slopes are summed as whole numbers: no drift, whatever the unit

}  // namespace

template <std::size_t N>
void EcgPeakDetector::Memory<N>::add(double v) {
    values[next] = v;
    next = (next + 1) % N;
    n = std::min(n + 1, N);
}

template <std::size_t N>
double EcgPeakDetector::Memory<N>::median() const {
    if (n == 0) return 0.0;
    std::array<double, N> sorted{};
    for (std::size_t i = 0; i < n; ++i) {  // insertion: N is 8
        std::size_t k = i;
        for (; k > 0 && sorted[k - 1] > values[i]; --k) sorted[k] = sorted[k - 1];
        sorted[k] = values[i];
    }
    return n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

Result<EcgPeakDetector> EcgPeakDetector::create(const EcgPeakConfig& config) {
    if (!(config.rate_hz >= 80.0 && config.rate_hz <= 4000.0))
        return fail(ErrorCode::kBadArgument, "ECG rate " + std::to_string(config.rate_hz) + " Hz; 80..4000 Hz");
    EcgPeakDetector d;
    d.rate_ = config.rate_hz;
    d.high_ = Biquad::high_pass(kHighPassHz, d.rate_, 1.0 / std::sqrt(2.0));
    d.low_ = Biquad::low_pass(kLowPassHz, d.rate_, 1.0 / std::sqrt(2.0));
    d.window_ = static_cast<std::size_t>(std::lround(kWindowS * d.rate_));
    d.hold_ = static_cast<std::size_t>(std::lround(kHoldS * d.rate_));
    d.delay_ = static_cast<std::size_t>(std::lround(kDelayS * d.rate_));
    std::size_t ring = 1;
    while (static_cast<double>(ring) < d.rate_ * 0.5) ring <<= 1;
    d.mask_ = ring - 1;
    d.smooth_.assign(ring, 0.0F);
    d.slope_.assign(ring, 0.0F);
    d.early_.reserve(32);
    d.skipped_.reserve(64);
    d.reset();
    return d;
}

void EcgPeakDetector::reset() {
    high_.reset();
    low_.reset();
    std::fill(smooth_.begin(), smooth_.end(), 0.0F);
    std::fill(slope_.begin(), slope_.end(), 0.0F);
    n_ = 0;
    last_ = before_ = sum_ = top_ = 0.0;
    top_at_ = 0;
    since_top_ = 0;
    beats_.clear();
    noise_.clear();
    intervals_.clear();
    slopes_.clear();
    last_beat_ = -1;
    learning_ = true;
    learning_from_ = 0;
    early_.clear();
    skipped_.clear();
}

void EcgPeakDetector::push(std::span<const float> ecg, std::vector<EcgBeat>& beats) {
    if (n_ == 0 && !ecg.empty()) {
        last_ = std::isfinite(ecg[0]) ? static_cast<double>(ecg[0]) : 0.0;
        low_.settle(last_);
        high_.settle(last_);
    }
    Biquad high = high_, low = low_;
    double last = last_, before = before_, sum = sum_, top = top_;
    std::size_t since = since_top_;
    for (const float sample : ecg) {
        if (std::isfinite(sample)) last = static_cast<double>(sample);
        const double smooth = low.process(last);
        const double y = high.process(smooth);
        const double slope = std::abs(y - before);
        before = y;
        const auto at = static_cast<std::size_t>(n_) & mask_;
        const auto old = (static_cast<std::size_t>(n_) - window_) & mask_;
        // What enters the sum is what leaves it: a float without fraction.
        const double kept = std::floor(static_cast<double>(static_cast<float>(slope * kScale)));
        sum += kept - static_cast<double>(slope_[old]);
        slope_[at] = static_cast<float>(kept);
        smooth_[at] = static_cast<float>(smooth);
        if (sum > top) {
            top = sum;
            top_at_ = n_;
            since = 0;
        } else if (++since >= hold_ && top > 0.0) {
            candidate(locate(top_at_, top), beats);
            top = 0.0;
            since = 0;
        }
        ++n_;
    }
    high_ = high;
    low_ = low;
    last_ = last;
    before_ = before;
    sum_ = sum;
    top_ = top;
    since_top_ = since;
}

/// The R peak is the largest deflection, from the line through its ends' mean, of the low-passed signal under
/// the window whose energy peaked. (After the high-pass the S wave can be larger than the R wave.)
EcgPeakDetector::Candidate EcgPeakDetector::locate(std::int64_t energy_at, double height) const {
    Candidate c;
    c.energy_at = energy_at;
    c.height = height;
    const auto reach = static_cast<std::int64_t>(kSearchS * rate_);
    const std::int64_t centre = energy_at - static_cast<std::int64_t>(window_ / 2);
    const std::int64_t from = std::max<std::int64_t>(0, centre - reach);
    const std::int64_t to = std::min(n_ - 1, centre + reach);
    const auto smooth = [&](std::int64_t i) { return smooth_[static_cast<std::size_t>(i) & mask_]; };
    const float level = 0.5F * (smooth(from) + smooth(to));
    const auto size = [&](std::int64_t i) { return std::abs(smooth(i) - level); };
    std::int64_t best_at = from;
    for (std::int64_t i = from; i <= to; ++i) {
        if (size(i) > size(best_at)) best_at = i;
        c.slope = std::max(c.slope, static_cast<double>(slope_[static_cast<std::size_t>(i) & mask_]));
    }
    c.at = std::max<std::int64_t>(0, best_at - static_cast<std::int64_t>(delay_));
    return c;
}

double EcgPeakDetector::threshold() const {
    const double noise = noise_.median(), beat = beats_.median();
    return noise + kThreshold * std::max(0.0, beat - noise);
}

void EcgPeakDetector::accept(const Candidate& c, std::vector<EcgBeat>& beats) {
    const double bar = threshold();
    beats.push_back({c.at, bar > 0.0 ? static_cast<float>(c.height / bar) : 1.0F});
    if (last_beat_ >= 0) {
        const double rr = static_cast<double>(c.energy_at - last_beat_) / rate_;
        if (rr < 2.5) intervals_.add(rr);
    }
    beats_.add(c.height);
    slopes_.add(c.slope);
    last_beat_ = c.energy_at;
    skipped_.clear();
}

void EcgPeakDetector::judge(const Candidate& c, std::vector<EcgBeat>& beats) {
    const double since = last_beat_ < 0 ? 1e9 : static_cast<double>(c.energy_at - last_beat_) / rate_;
    const bool t_wave = since < kTWaveS && c.slope < kTWaveSlope * slopes_.median();
    if (c.height > threshold() && !t_wave) {
        accept(c, beats);
        return;
    }
    noise_.add(c.height);
    if (!t_wave && skipped_.size() < skipped_.capacity()) skipped_.push_back(c);
}

/// A pause of 1.5 mean intervals: the largest peak in it that is half as high as asked for was a beat.
void EcgPeakDetector::look_back(std::int64_t now, std::vector<EcgBeat>& beats) {
    if (last_beat_ < 0 || intervals_.n == 0) return;
    const double since = static_cast<double>(now - last_beat_) / rate_;
    if (since < kLookBack * intervals_.median() || skipped_.empty()) return;
    const Candidate* best = nullptr;
    for (const auto& c : skipped_)
        if (static_cast<double>(c.energy_at - last_beat_) / rate_ > kTWaveS && (best == nullptr || c.height > best->height))
            best = &c;
    if (best == nullptr || best->height < kLookBackShare * threshold()) return;
    const Candidate found = *best;
    accept(found, beats);
}

void EcgPeakDetector::candidate(const Candidate& c, std::vector<EcgBeat>& beats) {
    if (learning_) {
        early_.push_back(c);
        if (static_cast<double>(n_ - learning_from_) >= kLearnS * rate_ || early_.size() == early_.capacity()) learn(beats);
        return;
    }
    look_back(c.energy_at, beats);
    judge(c, beats);
    if (static_cast<double>(c.energy_at - last_beat_) > kSilenceS * rate_) {
        learning_ = true;
        learning_from_ = n_;
        beats_.clear();
        noise_.clear();
        slopes_.clear();
        skipped_.clear();
    }
}

/// The first seconds: the beat level is the median of the largest peaks of each second.
void EcgPeakDetector::learn(std::vector<EcgBeat>& beats) {
    learning_ = false;
    const auto second = static_cast<std::int64_t>(rate_);
    std::array<double, 16> tops{}, slopes{};
    std::size_t used = 0;
    for (const auto& c : early_) {
        const auto k = std::min<std::size_t>(15, static_cast<std::size_t>(std::max<std::int64_t>(0, c.energy_at - learning_from_) / second));
        if (c.height > tops[k]) tops[k] = c.height, slopes[k] = c.slope;
        used = std::max(used, k + 1);
    }
    for (std::size_t k = 0; k < used; ++k)
        if (tops[k] > 0.0) beats_.add(tops[k]), slopes_.add(slopes[k]);
    for (const auto& c : early_) judge(c, beats);
    early_.clear();
}

void EcgPeakDetector::finish(std::vector<EcgBeat>& beats) {
    if (top_ > 0.0) candidate(locate(top_at_, top_), beats);
    if (learning_ && !early_.empty()) learn(beats);
    reset();
}

Result<std::vector<EcgBeat>> ecg_peaks(std::span<const float> ecg, const EcgPeakConfig& config) {
    ATTUNE_TRY(EcgPeakDetector detector, EcgPeakDetector::create(config));
    std::vector<EcgBeat> beats;
    beats.reserve(ecg.size() / static_cast<std::size_t>(config.rate_hz / 3.0) + 16);
    detector.push(ecg, beats);
    detector.finish(beats);
    return beats;
}

}  // namespace attune::signal
