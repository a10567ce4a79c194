// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/body_features.hpp"

#include <algorithm>
#include <cmath>

#include "signal/body_quality.hpp"

namespace attune::affect {
namespace {

constexpr std::int64_t kSettleS = 60;      // electrodes and pulse sensors settle; not part of any baseline
constexpr double kLowConductance = 0.05;   // added before the logarithm [microsiemens]
constexpr double kPpgWindowS = 8.0;

double square_root(double v) { return std::sqrt(std::max(0.0, v)); }

}  // namespace

const char* to_string(BodyFeature feature) noexcept {
    constexpr std::array<const char*, kBodyFeatures> kNames = {
        "eda_20s_120s", "eda_20s_300s", "eda_60s_1200s", "scr_20s_200s", "scr_60s_1200s", "scr_log_40s_600s",
        "heart_20s_300s", "heart_20s_600s", "heart_60s_1800s", "temp_60s_600s", "motion_20s_300s", "motion_60s_1800s"};
    return kNames[static_cast<std::size_t>(feature)];
}

const char* motion_feature_name(std::size_t i) noexcept {
    constexpr std::array<const char*, kMotionFeatures> kNames = {"log_sd_20s", "log_sd_60s", "log_step_60s",
                                                                 "log_sd_min_60s", "posture_change_60s"};
    return kNames[i];
}

BodyFeatures::Running::Running(double tau_s) : keep(std::exp(-1.0 / tau_s)) {}

void BodyFeatures::Running::add(double v) {
    sum *= keep;
    weight *= keep;
    if (std::isnan(v)) return;
    sum += v;
    weight += 1.0;
}

double BodyFeatures::Running::mean() const { return weight > 1e-9 ? sum / weight : kUnknown; }

double BodyFeatures::Recent::mean(std::size_t seconds) const {
    double sum = 0.0, known = 0.0;
    for (std::size_t i = 0; i < std::min({seconds, n, values.size()}); ++i) {
        const double v = values[(n - 1 - i) % values.size()];
        if (!std::isnan(v)) sum += v, known += 1.0;
    }
    return known > 0.0 ? sum / known : kUnknown;
}

void BodyFeatures::Series::add(double v, bool settled) {
    recent.add(v);
    const double kept = settled ? v : kUnknown;
    for (Running* r : {&m120, &m200, &m300, &m600, &m1200, &m1800}) r->add(kept);
    square.add(kept * kept);
}

double BodyFeatures::Series::contrast(std::size_t seconds, const Running& past) const {
    const double mean = m1800.mean();
    const double sd = square_root(square.mean() - mean * mean);
    return (recent.mean(seconds) - past.mean()) / (sd + floor);
}

BodyFeatures::BodyFeatures() { ppg_.reserve(1024); }

void BodyFeatures::push(const flow::SensorFrame& frame) {
    for (std::size_t i = 0; i < frame.samples.size(); ++i) {
        if (!std::isfinite(frame.samples[i])) continue;
        const std::int64_t t_ns = frame.rate_hz > 0.0
                                      ? frame.t.ns + static_cast<std::int64_t>(static_cast<double>(i) / frame.rate_hz * 1e9)
                                      : i < frame.times.size() ? frame.times[i].ns : frame.t.ns;
        const std::int64_t second = t_ns >= 0 ? t_ns / 1'000'000'000 : -1;
        if (!second_) second_ = second;
        if (frame.channel == flow::Channel::kPpg) {
            if (frame.gap_ns > 0 && i == 0) ppg_.clear();
            ppg_seen_ = true;
            ppg_rate_ = frame.rate_hz;
            ppg_.push_back(frame.samples[i]);
            const auto most = static_cast<std::size_t>(kPpgWindowS * std::max(1.0, ppg_rate_));
            if (ppg_.size() > 2 * most) ppg_.erase(ppg_.begin(), ppg_.end() - static_cast<std::ptrdiff_t>(most));
        } else if (second > *second_) {
            waiting_.push_back({second, {frame.channel, frame.samples[i]}});
        } else {
            add_sample(frame.channel, static_cast<double>(frame.samples[i]));
        }
    }
}

void BodyFeatures::add_sample(flow::Channel channel, double value) {
    using flow::Channel;
    const auto axis = [&](std::size_t k) {
        Axis& a = open_.accel[k];
        a.sum += value;
        a.square += value * value;
        if (!std::isnan(a.last)) a.steps += std::abs(value - a.last);
        a.last = value;
        ++a.n;
    };
    switch (channel) {
        case Channel::kEda:
            eda_seen_ = true;
            eda_ring_[n_eda_ring_++ % eda_ring_.size()] = value;
            if (value < 0.0 || value > 100.0) return;
            open_.eda += value;
            ++open_.n_eda;
            return;
        case Channel::kHeartRate:
            heart_direct_ = true;
            if (value < 30.0 || value > 230.0) return;
            open_.heart += value;
            ++open_.n_heart;
            return;
        case Channel::kRr:
            if (heart_direct_ || value < 260.0 || value > 2000.0) return;
            open_.heart += 60000.0 / value;
            ++open_.n_heart;
            return;
        case Channel::kSkinTemp:
            if (value < 15.0 || value > 45.0) return;
            open_.temp += value;
            ++open_.n_temp;
            return;
        case Channel::kAccelX: axis(0); return;
        case Channel::kAccelY: axis(1); return;
        case Channel::kAccelZ: axis(2); return;
        default: return;
    }
}

std::optional<BodySecond> BodyFeatures::advance(Time now) {
    std::optional<BodySecond> last;
    while (second_ && (*second_ + 1) * 1'000'000'000 <= now.ns) {
        last = close();
        last->second = *second_;
        ++*second_;
        const std::int64_t open = *second_;
        // Samples of this second that came early move in, in the order in which they came.
        const auto mine = [open](const auto& w) { return w.first <= open; };
        for (const auto& w : waiting_)
            if (mine(w)) add_sample(w.second.first, static_cast<double>(w.second.second));
        std::erase_if(waiting_, mine);
    }
    return last;
}

void BodyFeatures::close_motion(BodySecond& out) {
    double variance = 0.0, steps = 0.0, moved = 0.0;
    bool known = true;
    for (std::size_t k = 0; k < 3; ++k) {
        Axis& a = open_.accel[k];
        if (a.n < 2) {
            known = false;
            continue;
        }
        const double mean = a.sum / a.n;
        variance += std::max(0.0, a.square / a.n - mean * mean);
        steps += a.steps / a.n;
        if (!std::isnan(posture_[k])) moved += (mean - posture_[k]) * (mean - posture_[k]);
        posture_[k] = mean;
    }
    const double log_sd = known ? std::log(std::sqrt(variance) + 0.005) : kUnknown;
    motion_.add(log_sd, seen_ >= kSettleS);
    accel_sd_.add(log_sd);
    accel_step_.add(known ? std::log(steps + 0.001) : kUnknown);
    posture_move_.add(known ? std::sqrt(moved) : kUnknown);
    double least = kUnknown;
    for (std::size_t i = 0; i < std::min<std::size_t>(60, accel_sd_.n); ++i) {
        // Lowest mean of ten seconds: pedalling never pauses, a gesture does.
        if (i % 10 != 9) continue;
        double sum = 0.0;
        for (std::size_t k = i - 9; k <= i; ++k) sum += accel_sd_.values[(accel_sd_.n - 1 - k) % 64];
        if (!std::isnan(sum) && !(least < sum / 10.0)) least = sum / 10.0;
    }
    out.motion = {accel_sd_.mean(20), accel_sd_.mean(60), accel_step_.mean(60), least, posture_move_.mean(60)};
}

/// A person makes conductance that moves slowly and a pulse; a table, noise and mains do not.
bool BodyFeatures::ghost() {
    const std::size_t n = std::min(n_eda_ring_, eda_ring_.size());
    std::array<float, 32> eda{};
    for (std::size_t i = 0; i < n; ++i) eda[i] = static_cast<float>(eda_ring_[(n_eda_ring_ - n + i) % eda_ring_.size()]);
    const auto skin = signal::eda_quality(std::span(eda).first(n));
    const bool skin_good = eda_seen_ && skin == signal::BodyQuality::kGood && open_.n_eda > 0;
    bool pulse_good = false;
    if (ppg_seen_) {
        const auto most = static_cast<std::size_t>(kPpgWindowS * std::max(1.0, ppg_rate_));
        const auto recent = std::span<const float>(ppg_).last(std::min(most, ppg_.size()));
        pulse_good = signal::ppg_quality(recent, ppg_rate_) == signal::BodyQuality::kGood;
    } else {
        pulse_good = heart_age_ < 10;
    }
    if (eda_seen_ && skin == signal::BodyQuality::kNoise) return true;  // no sensor on skin gives white noise or hum
    return !skin_good && !pulse_good;
}

BodySecond BodyFeatures::close() {
    BodySecond out;
    const bool settled = seen_ >= kSettleS;
    const double eda = open_.n_eda > 0 ? open_.eda / open_.n_eda : kUnknown;
    const double log_eda = std::log(eda + kLowConductance);
    eda_.add(log_eda, settled);
    rise_.add(std::clamp(eda - eda_before_, 0.0, 1.0));
    rise_log_.add(std::clamp(log_eda - log_eda_before_, 0.0, 0.3));
    const bool rising_known = !std::isnan(eda);
    scr_.add(rising_known ? std::log(0.001 + rise_.mean()) : kUnknown, settled);
    scr_log_.add(rising_known ? std::log1p(100.0 * rise_log_.mean()) : kUnknown, settled);
    eda_before_ = eda;
    log_eda_before_ = log_eda;
    skin_age_ = std::isnan(eda) ? skin_age_ + 1 : 0;

    if (open_.n_heart > 0) heart_held_ = std::log(std::clamp(open_.heart / open_.n_heart, 35.0, 220.0));
    heart_age_ = open_.n_heart > 0 ? 0 : heart_age_ + 1;
    heart_.add(heart_age_ < 5 ? heart_held_ : kUnknown, settled);
    temp_.add(open_.n_temp > 0 ? open_.temp / open_.n_temp : kUnknown, settled);
    close_motion(out);

    out.has_heart = heart_age_ < 10;
    out.has_skin = skin_age_ < 10;
    ghost_for_ = ghost() ? ghost_for_ + 1 : 0;
    out.off_body = ghost_for_ >= 2 || (!out.has_heart && !out.has_skin);
    if (out.has_heart || out.has_skin) ++seen_;
    out.seconds_seen = static_cast<double>(seen_);
    out.x = {eda_.contrast(20, eda_.m120),         eda_.contrast(20, eda_.m300),     eda_.contrast(60, eda_.m1200),
             scr_.contrast(20, scr_.m200),         scr_.contrast(60, scr_.m1200),    scr_log_.contrast(40, scr_log_.m600),
             heart_.contrast(20, heart_.m300),     heart_.contrast(20, heart_.m600), heart_.contrast(60, heart_.m1800),
             temp_.contrast(60, temp_.m600),       motion_.contrast(20, motion_.m300), motion_.contrast(60, motion_.m1800)};
    out.heart_level = heart_.recent.mean(20);
    out.skin_level = eda_.recent.mean(20);
    out.scr_level = scr_.recent.mean(20);
    Open fresh;
    for (std::size_t k = 0; k < 3; ++k) fresh.accel[k].last = open_.accel[k].last;
    open_ = fresh;
    return out;
}

}  // namespace attune::affect
