// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/body_features.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "signal/body_quality.hpp"

namespace attune::affect {
namespace {

constexpr std::int64_t kSettleS = 60;      // electrodes and pulse sensors settle; not part of any baseline
constexpr double kLowConductance = 0.05;   // added before the logarithm [microsiemens]
constexpr double kPpgWindowS = 8.0;
constexpr double kShortestBeatS = 0.3, kLongestBeatS = 1.6;
constexpr double kBeatJump = 0.2;          // an interval further from the median of the last nine is no beat
constexpr float kBeatQuality = 0.6F;       // likeness of the wave to the eight before
constexpr double kQuietSeconds = 20.0, kQuietFallS = 60.0, kQuietRiseS = 2400.0;
constexpr double kWaveLowHz = 0.6, kWaveHighHz = 4.0, kWaveFloor = 1e-3;
constexpr int kEcgAgeS = 3;                // a judgement on an ECG holds this long
constexpr double kMotionFloor = 0.005;     // added before the logarithm [g]
constexpr double kStillG = 0.03;           // SD of acceleration above which a pulse wave's height is that of the movement
constexpr std::int64_t kClockStepNs = 100'000'000;

std::int64_t second_of(std::int64_t t_ns) { return t_ns >= 0 ? t_ns / 1'000'000'000 : -1; }
double square_root(double v) { return std::sqrt(std::max(0.0, v)); }

}  // namespace

const char* to_string(BodyFeature feature) noexcept {
    constexpr std::array<const char*, kBodyFeatures> kNames = {
        "eda_20s_120s", "eda_20s_300s", "eda_60s_1200s", "scr_20s_200s", "scr_60s_1200s", "scr_60s_300s", "scr_log_40s_600s",
        "heart_20s_300s", "heart_20s_600s", "heart_60s_1800s", "pulse_20s_600s", "pulse_60s_1200s", "temp_60s_600s", "motion_20s_300s", "motion_60s_1800s",
        "pulse_120s_600s", "eda_60s_quiet", "eda_slope_60s_1200s", "beat_variation_60s_120s",
        "pulse_60s_quiet", "scr_60s_quiet", "eda_slope_60s_quiet", "eda_slope_60s_120s_before", "pulse_wave_60s_quiet"};
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

double BodyFeatures::Recent::mean(std::size_t seconds, std::size_t ago) const {
    double sum = 0.0, known = 0.0;
    for (std::size_t i = ago; i < std::min({ago + seconds, n, values.size()}); ++i) {
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
    if (settled) quiet.add(recent.mean(static_cast<std::size_t>(kQuietSeconds)));
}

double BodyFeatures::Series::sd() const {
    const double mean = m1800.mean();
    return square_root(square.mean() - mean * mean) + floor;
}

double BodyFeatures::Series::contrast(std::size_t seconds, const Running& past) const {
    return (recent.mean(seconds) - past.mean()) / sd();
}

double BodyFeatures::Series::above_quiet() const { return (recent.mean(60) - quiet.level) / sd(); }

void BodyFeatures::Quiet::add(double v) {
    if (std::isnan(v)) return;
    if (std::isnan(level)) level = v;
    level += (v - level) / (v < level ? kQuietFallS : kQuietRiseS);
}

std::optional<double> BodyFeatures::Beats::add(std::int64_t t_ns, float quality) {
    const auto before = std::exchange(before_ns_, t_ns);
    const float worse = std::min(quality, std::exchange(before_quality_, quality));
    if (!before) return std::nullopt;
    const double interval_s = static_cast<double>(t_ns - *before) * 1e-9;
    if (interval_s < kShortestBeatS || interval_s > kLongestBeatS) return std::nullopt;
    intervals_[n_++ % intervals_.size()] = interval_s;
    auto sorted = intervals_;
    const std::size_t n = std::min(n_, sorted.size());
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n / 2), sorted.begin() + static_cast<std::ptrdiff_t>(n));
    if (worse < kBeatQuality || std::abs(interval_s / sorted[n / 2] - 1.0) > kBeatJump) return std::nullopt;
    return interval_s;
}

BodyFeatures::BodyFeatures() { ppg_.reserve(1024); }

void BodyFeatures::add_at(std::int64_t second, flow::Channel channel, float value) {
    if (second > *second_) waiting_.push_back({second, {channel, value}});
    else add_sample(channel, static_cast<double>(value));
}

void BodyFeatures::add_interval(std::optional<double> interval_s) {
    const auto before = std::exchange(interval_before_s_, interval_s);
    if (!interval_s) return;
    open_.pulse += std::log(60.0 / *interval_s);
    ++open_.n_pulse;
    if (!before) return;
    open_.beat_step += (*interval_s - *before) * (*interval_s - *before);
    ++open_.n_beat_step;
}

/// The wave of the last seconds, for its quality, and the beats in it, for the rate.
void BodyFeatures::push_pulse_wave(const flow::SensorFrame& frame) {
    ppg_seen_ = true;
    const double ns_a_frame = 1e9 / frame.rate_hz;
    const auto expected_ns = detector_start_ns_ + std::llround(static_cast<double>(detector_frames_) * ns_a_frame);
    if (!detector_ || frame.gap_ns > 0 || frame.rate_hz != ppg_rate_ || std::abs(frame.t.ns - expected_ns) > kClockStepNs) {
        ppg_.clear();
        ppg_rate_ = frame.rate_hz;
        auto made = signal::PpgPeakDetector::create(frame.rate_hz);
        detector_.reset();
        if (made) detector_ = std::move(*made);
        detector_start_ns_ = frame.t.ns;
        detector_frames_ = 0;
        beats_.restart();
        wave_band_.reset();
        height_ = {};
    }
    std::copy_if(frame.samples.begin(), frame.samples.end(), std::back_inserter(ppg_), [](float v) { return std::isfinite(v); });
    const auto most = static_cast<std::size_t>(kPpgWindowS * std::max(1.0, ppg_rate_));
    if (ppg_.size() > 2 * most) ppg_.erase(ppg_.begin(), ppg_.end() - static_cast<std::ptrdiff_t>(most));
    if (detector_) push_wave_height(frame);
    detector_frames_ += static_cast<std::int64_t>(frame.samples.size());
    if (!detector_) return;
    found_.clear();
    detector_->push(frame.samples, found_);
    for (const auto& pulse : found_) {
        const std::int64_t t_ns = detector_start_ns_ + std::llround(static_cast<double>(pulse.frame) * ns_a_frame);
        const auto interval_s = beats_.add(t_ns, pulse.quality);
        const std::int64_t sure_ns = t_ns + std::llround(detector_->latency_s() * 1e9);
        add_at(sure_ns / 1'000'000'000, flow::Channel::kPpg, static_cast<float>(interval_s.value_or(kUnknown)));
    }
}

void BodyFeatures::push_wave_height(const flow::SensorFrame& frame) {
    std::int64_t index = detector_frames_;
    for (const float v : frame.samples) {
        const std::int64_t t_ns = detector_start_ns_ + std::llround(static_cast<double>(index++) * 1e9 / ppg_rate_);
        if (!std::isfinite(v)) continue;
        if (!wave_band_) {
            wave_band_ = signal::BiquadChain::band_pass(2, kWaveLowHz, kWaveHighHz, ppg_rate_);
            wave_band_->settle(static_cast<double>(v));
        }
        const double y = wave_band_->process(static_cast<double>(v));
        const std::int64_t second = second_of(t_ns);
        if (second != height_.second) {
            if (height_.n > 0.0) heights_.push_back(height_);
            height_ = {second, 0.0, 0.0};
        }
        height_.square += y * y;
        height_.n += 1.0;
    }
}

double BodyFeatures::close_wave_height() {
    Height whole;
    const auto ripe = [this](const Height& h) { return h.second < *second_; };
    for (const Height& h : heights_)
        if (ripe(h)) whole.square += h.square, whole.n += h.n;
    std::erase_if(heights_, ripe);
    const bool moves = std::exp(accel_sd_.mean(20)) > kStillG + kMotionFloor;  // false without an accelerometer
    return whole.n > 0.0 && !moves ? std::log(std::sqrt(whole.square / whole.n) + kWaveFloor) : kUnknown;
}

void BodyFeatures::judge_ecg(Time end, bool good) {
    const std::int64_t second = second_of(end.ns - 1);
    if (!second_) second_ = second;
    add_at(second, flow::Channel::kEcg, good ? 1.0F : 0.0F);
}

void BodyFeatures::push(const flow::SensorFrame& frame) {
    if (frame.samples.empty() || frame.channel == flow::Channel::kEcg) return;
    if (!second_) second_ = second_of(frame.t.ns);
    if (frame.channel == flow::Channel::kPpg) {
        if (frame.rate_hz > 0.0) push_pulse_wave(frame);
        return;
    }
    for (std::size_t i = 0; i < frame.samples.size(); ++i) {
        if (!std::isfinite(frame.samples[i])) continue;
        const std::int64_t t_ns = frame.rate_hz > 0.0
                                      ? frame.t.ns + static_cast<std::int64_t>(static_cast<double>(i) / frame.rate_hz * 1e9)
                                      : i < frame.times.size() ? frame.times[i].ns : frame.t.ns;
        add_at(second_of(t_ns), frame.channel, frame.samples[i]);
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
        case Channel::kPpg:  // an interval of the pulse wave; NaN = one that is not believed
            add_interval(std::isnan(value) ? std::nullopt : std::optional(value));
            return;
        case Channel::kRr:
            if (value < 260.0 || value > 2000.0) {
                if (!ppg_seen_) add_interval(std::nullopt);
                return;
            }
            rr_seen_ = true;
            if (!ppg_seen_) add_interval(value / 1000.0);
            if (heart_direct_) return;
            open_.heart += 60000.0 / value;
            ++open_.n_heart;
            return;
        case Channel::kSkinTemp:
            if (value < 15.0 || value > 45.0) return;
            open_.temp += value;
            ++open_.n_temp;
            return;
        case Channel::kEcg:  // judge_ecg
            ecg_seen_ = true;
            ecg_good_ = value > 0.0;
            ecg_age_ = 0;
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

std::optional<BodySecond> BodyFeatures::preview() const {
    if (!second_ || n_before_ == 0) return std::nullopt;
    BodyFeatures copy = *this;
    BodySecond open = copy.close();
    open.second = *second_;
    return open;
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
    const double log_sd = known ? std::log(std::sqrt(variance) + kMotionFloor) : kUnknown;
    motion_.add(log_sd, seen_ >= kSettleS);
    accel_sd_.add(log_sd);
    accel_step_.add(known ? std::log(steps + 0.001) : kUnknown);
    posture_move_.add(known ? std::sqrt(moved) : kUnknown);
    double least = kUnknown;
    for (std::size_t i = 0; i < std::min<std::size_t>(60, accel_sd_.n); ++i) {
        // Lowest mean of ten seconds: pedalling never pauses, a gesture does.
        if (i % 10 != 9) continue;
        double sum = 0.0;
        for (std::size_t k = i - 9; k <= i; ++k) sum += accel_sd_.ago(k);
        if (!std::isnan(sum) && !(least < sum / 10.0)) least = sum / 10.0;
    }
    out.motion = {accel_sd_.mean(20), accel_sd_.mean(60), accel_step_.mean(60), least, posture_move_.mean(60)};
}

bool BodyFeatures::pulse_wave_good() const {
    const auto most = static_cast<std::size_t>(kPpgWindowS * std::max(1.0, ppg_rate_));
    const auto recent = std::span<const float>(ppg_).last(std::min(most, ppg_.size()));
    return signal::ppg_quality(recent, ppg_rate_) == signal::BodyQuality::kGood;
}

/// A person makes conductance that moves slowly and a pulse; a table, noise and mains do not.
bool BodyFeatures::ghost(bool pulse_good) const {
    const std::size_t n = std::min(n_eda_ring_, eda_ring_.size());
    std::array<float, 32> eda{};
    for (std::size_t i = 0; i < n; ++i) eda[i] = static_cast<float>(eda_ring_[(n_eda_ring_ - n + i) % eda_ring_.size()]);
    const auto skin = signal::eda_quality(std::span(eda).first(n));
    const bool skin_good = eda_seen_ && skin == signal::BodyQuality::kGood && open_.n_eda > 0;
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
    change_log_.add(std::clamp(log_eda - log_eda_before_, -0.3, 0.3));
    slope_.add(100.0 * change_log_.mean(), settled);
    const bool rising_known = !std::isnan(eda);
    scr_.add(rising_known ? std::log(0.001 + rise_.mean()) : kUnknown, settled);
    scr_log_.add(rising_known ? std::log1p(100.0 * rise_log_.mean()) : kUnknown, settled);
    eda_before_ = eda;
    log_eda_before_ = log_eda;
    skin_age_ = std::isnan(eda) ? skin_age_ + 1 : 0;

    if (open_.n_heart > 0) heart_held_ = std::log(std::clamp(open_.heart / open_.n_heart, 35.0, 220.0));
    heart_age_ = open_.n_heart > 0 ? 0 : heart_age_ + 1;
    // With a pulse wave the wave says whether there is a pulse: a printed rate without one behind it is made up.
    const bool pulse_good = ppg_seen_ ? pulse_wave_good() : ecg_seen_ ? ecg_good_ && ecg_age_ < kEcgAgeS : heart_age_ < 10;
    ++ecg_age_;
    heart_.add(heart_age_ < 5 && pulse_good ? heart_held_ : kUnknown, settled);
    const bool beat_by_beat = ppg_seen_ || rr_seen_;
    pulse_.add(open_.n_pulse > 0 ? open_.pulse / open_.n_pulse : !beat_by_beat && heart_age_ < 5 ? heart_held_ : kUnknown, settled);
    beat_steps_.add(open_.n_beat_step > 0 ? open_.beat_step / open_.n_beat_step : kUnknown);
    variation_.add(0.5 * std::log(1e-5 + beat_steps_.mean()), settled);
    temp_.add(open_.n_temp > 0 ? open_.temp / open_.n_temp : kUnknown, settled);
    close_motion(out);
    wave_.add(close_wave_height(), settled);

    out.has_heart = heart_age_ < 10;
    out.has_skin = skin_age_ < 10;
    ghost_for_ = ghost(pulse_good) ? ghost_for_ + 1 : 0;
    out.off_body = ghost_for_ >= 2 || (!out.has_heart && !out.has_skin);
    if (out.has_heart || out.has_skin) ++seen_;
    out.seconds_seen = static_cast<double>(seen_);
    out.x = {eda_.contrast(20, eda_.m120),         eda_.contrast(20, eda_.m300),     eda_.contrast(60, eda_.m1200),
             scr_.contrast(20, scr_.m200),         scr_.contrast(60, scr_.m1200),    scr_.contrast(60, scr_.m300), scr_log_.contrast(40, scr_log_.m600),
             heart_.contrast(20, heart_.m300),     heart_.contrast(20, heart_.m600), heart_.contrast(60, heart_.m1800),
             pulse_.contrast(20, pulse_.m600),     pulse_.contrast(60, pulse_.m1200),
             temp_.contrast(60, temp_.m600),       motion_.contrast(20, motion_.m300), motion_.contrast(60, motion_.m1800),
             pulse_.contrast(120, pulse_.m600),    eda_.above_quiet(),
             slope_.contrast(60, slope_.m1200),    variation_.contrast(60, variation_.m120),
             pulse_.above_quiet(), scr_.above_quiet(), slope_.above_quiet(),
             (slope_.recent.mean(60) - slope_.recent.mean(60, 120)) / slope_.sd(), wave_.above_quiet()};
    const auto now = out.x;
    if (n_before_ >= before_.size()) {
        const auto& ago = before_[n_before_ % before_.size()];
        for (std::size_t k = 0; k < kBodyFeatures; ++k)
            if (!std::isnan(ago[k])) out.x[k] = std::isnan(now[k]) ? ago[k] : 0.5 * (now[k] + ago[k]);
    }
    before_[n_before_++ % before_.size()] = now;
    out.heart_level = heart_.recent.mean(20);
    out.skin_level = eda_.recent.mean(20);
    out.scr_level = scr_.recent.mean(20);
    Open fresh;
    for (std::size_t k = 0; k < 3; ++k) fresh.accel[k].last = open_.accel[k].last;
    open_ = fresh;
    return out;
}

}  // namespace attune::affect
