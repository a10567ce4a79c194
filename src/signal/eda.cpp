// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/eda.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/assert.hpp"

namespace attune::signal {
namespace {

constexpr double kTonicHz = 0.05, kCleanHz = 3.0;
constexpr double kJumpPerS = 10.0, kDry = 0.02, kMost = 100.0;
constexpr double kCreepPerS = 0.2;        // share of the smallest response
constexpr double kLeastRiseS = 0.2, kMostRiseS = 6.0;

}  // namespace

Result<EdaSplitter> EdaSplitter::create(const EdaConfig& config) {
    if (!(config.rate_hz >= 4.0 && config.rate_hz <= 256.0))
        return fail(ErrorCode::kBadArgument, "EDA rate " + std::to_string(config.rate_hz) + " Hz; 4..256 Hz");
    if (!(config.least_microsiemens >= 0.005 && config.least_microsiemens <= 5.0))
        return fail(ErrorCode::kBadArgument,
                    "smallest response " + std::to_string(config.least_microsiemens) + " microsiemens; .005..5");
    EdaSplitter s;
    s.config_ = config;
    s.low_ = BiquadChain::butterworth_low_pass(4, std::min(kCleanHz, 0.4 * config.rate_hz), config.rate_hz);
    s.high_ = BiquadChain::butterworth_high_pass(2, kTonicHz, config.rate_hz);
    return s;
}

void EdaSplitter::reset() {
    low_.reset();
    high_.reset();
    n_ = 0;
    last_ = before_ = trough_ = top_ = 0.0;
    trough_at_ = top_at_ = 0;
    rising_ = false;
}

void EdaSplitter::push(std::span<const float> in, std::span<EdaSample> out, std::vector<EdaResponse>& responses) {
    ATTUNE_ASSERT(out.size() >= in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
        const double raw = static_cast<double>(in[i]);
        const double x = std::isfinite(raw) ? std::clamp(raw, 0.0, kMost) : last_;
        if (n_ == 0) {
            last_ = x;
            low_.settle(x);
            high_.settle(x);
        }
        const double clean = low_.process(x), phasic = high_.process(clean);
        out[i].clean = static_cast<float>(clean);
        out[i].phasic = static_cast<float>(phasic);
        out[i].tonic = static_cast<float>(clean - phasic);
        out[i].artefact = !(raw >= kDry && raw <= kMost) || std::abs(x - last_) * config_.rate_hz > kJumpPerS;
        last_ = x;
        follow(clean, responses);
        ++n_;
    }
}

void EdaSplitter::follow(double clean, std::vector<EdaResponse>& responses) {
    const double slope = (clean - before_) * config_.rate_hz;
    before_ = clean;
    // The onset moves along while the signal falls or only creeps up, as it does after every response.
    if (n_ == 0 || (!rising_ && (clean < trough_ || slope < kCreepPerS * config_.least_microsiemens))) {
        trough_ = clean;
        trough_at_ = n_;
        return;
    }
    if (!rising_) {
        if (clean - trough_ < config_.least_microsiemens) return;
        rising_ = true;
        top_ = clean;
        top_at_ = n_;
    }
    if (clean >= top_) {
        top_ = clean;
        top_at_ = n_;
        return;
    }
    const double fallen = top_ - clean;
    if (fallen < 0.5 * (top_ - trough_) && fallen < config_.least_microsiemens) return;
    const double rise_s = static_cast<double>(top_at_ - trough_at_) / config_.rate_hz;
    if (rise_s >= kLeastRiseS && rise_s <= kMostRiseS) responses.push_back({trough_at_, top_at_, top_ - trough_, rise_s});
    rising_ = false;
    trough_ = clean;
    trough_at_ = n_;
}

Result<EdaFeatures> eda_features(std::span<const EdaSample> window, std::int64_t from, std::span<const EdaResponse> responses,
                                 double rate_hz) {
    const auto n = static_cast<double>(window.size());
    const double seconds = rate_hz > 0.0 ? n / rate_hz : 0.0;
    if (!(seconds >= 10.0)) return fail(ErrorCode::kBadArgument, std::to_string(seconds) + " s of EDA; at least 10 s");
    EdaFeatures f;
    double phasic_mean = 0.0, ty = 0.0, tt = 0.0;
    for (const auto& s : window) {
        f.tonic_mean += static_cast<double>(s.tonic) / n;
        phasic_mean += static_cast<double>(s.phasic) / n;
        f.phasic_area += std::max(0.0, static_cast<double>(s.phasic)) / rate_hz;
        f.artefact_share += s.artefact ? 1.0 / n : 0.0;
    }
    for (std::size_t i = 0; i < window.size(); ++i) {
        const double t = (static_cast<double>(i) - 0.5 * (n - 1.0)) / rate_hz / 60.0;
        const double p = static_cast<double>(window[i].phasic) - phasic_mean;
        ty += t * (static_cast<double>(window[i].tonic) - f.tonic_mean);
        tt += t * t;
        f.phasic_sd += p * p / n;
    }
    f.phasic_sd = std::sqrt(f.phasic_sd);
    f.tonic_slope_per_min = ty / tt;
    double count = 0.0;
    for (const auto& r : responses) {
        if (r.peak < from || r.peak >= from + static_cast<std::int64_t>(window.size())) continue;
        count += 1.0;
        f.mean_amplitude += r.amplitude;
        f.mean_rise_s += r.rise_s;
        f.largest_amplitude = std::max(f.largest_amplitude, r.amplitude);
    }
    f.responses_per_min = count / seconds * 60.0;
    if (count > 0.0) {
        f.mean_amplitude /= count;
        f.mean_rise_s /= count;
    }
    return f;
}

}  // namespace attune::signal
