// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/simulated_body.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace attune::sense {
namespace {

constexpr double kHeartLagS = 20.0, kSkinLagS = 4.0;
constexpr double kHeartNoiseBpm = 4.0, kSkinNoise = .12;   // SD of the slow noise; chosen
constexpr double kSlowTauS = 60.0;
constexpr double kArousalSd = .3;                          // that heart_r and eda_r are meant for
constexpr double kBreathArrhythmiaBpm = 2.5;
constexpr int kEdaHz = 4, kBreathHz = 8, kAccelHz = 32;
enum StreamIndex : std::size_t { kRr, kEda, kTemp, kBreath, kX, kY, kZ };

double draw(const Range& range, std::uint64_t seed, const char* name) {
    if (range.low == range.high) return range.low;
    core::Random random(seed, std::string("sense/persona/body/") + name);
    return random.uniform(range.low, range.high);
}

/// Slope that gives correlation r against noise of SD `noise` when arousal has SD kArousalSd.
double slope_of(double r, double noise) { return r / std::sqrt(1.0 - r * r) * noise / kArousalSd; }

/// Shape of one skin conductance response, peak 1 at about 2 s (biexponential).
double response(double age_s) {
    if (age_s <= 0.0 || age_s > 30.0) return 0.0;
    return 1.95 * (std::exp(-age_s / 4.0) - std::exp(-age_s / .9));
}

}  // namespace

SimulatedBody::SimulatedBody(const Persona& p, std::uint64_t seed, double arousal)
    : noise_(seed, "sense/body"),
      event_noise_(seed, "sense/body-events"),
      provenance_{flow::Origin::kSimulated, "persona " + p.name, "simulated/1"},
      heart_rate_(draw(p.heart_rate_bpm, seed, "heart_rate_bpm")),
      heart_gain_(slope_of(draw(p.heart_r, seed, "heart_r"), kHeartNoiseBpm)),
      settling_bpm_(draw(p.settling_bpm, seed, "settling_bpm")),
      settling_tau_s_(draw(p.settling_tau_s, seed, "settling_tau_s")),
      eda_(draw(p.eda_us, seed, "eda_us")),
      eda_gain_(slope_of(draw(p.eda_r, seed, "eda_r"), kSkinNoise)),
      eda_drift_(draw(p.eda_drift_per_h, seed, "eda_drift_per_h")),
      scr_rate_(draw(p.scr_per_min, seed, "scr_per_min")),
      temperature_(draw(p.skin_temp_c, seed, "skin_temp_c")),
      breath_hz_(draw(p.respiration_per_min, seed, "respiration_per_min") / 60.0),
      dropouts_(draw(p.dropouts_per_h, seed, "dropouts_per_h")),
      off_body_(draw(p.off_body_per_h, seed, "off_body_per_h")),
      motion_rate_(draw(p.motion_per_h, seed, "motion_per_h")),
      contact_(draw(p.contact_noise, seed, "contact_noise")),
      streams_{Stream{flow::Channel::kRr},       Stream{flow::Channel::kEda},
               Stream{flow::Channel::kSkinTemp}, Stream{flow::Channel::kRespiration},
               Stream{flow::Channel::kAccelX},   Stream{flow::Channel::kAccelY},
               Stream{flow::Channel::kAccelZ}} {
    arousal_.assign(static_cast<std::size_t>(kHeartLagS) + 1, arousal);
}

void SimulatedBody::live_one_second(std::int64_t second, double arousal) {
    arousal_.pop_front();
    arousal_.push_back(arousal);
    const double keep = std::exp(-1.0 / kSlowTauS);
    const double fresh = std::sqrt(1.0 - keep * keep);
    slow_heart_ = keep * slow_heart_ + fresh * kHeartNoiseBpm * noise_.normal();
    slow_eda_ = keep * slow_eda_ + fresh * kSkinNoise * noise_.normal();
    events(static_cast<double>(second));
    heart(second);
    skin(second);
    breath_and_motion(second);
}

void SimulatedBody::events(double now_s) {
    // Five draws a second whatever happens, so that one event never shifts another.
    const double start_motion = event_noise_.uniform();
    const double start_drop = event_noise_.uniform();
    const double start_off = event_noise_.uniform();
    const double start_scr = event_noise_.uniform();
    const double length = event_noise_.uniform();
    if (start_motion < motion_rate_ / 3600.0) moving_until_s_ = now_s + 3.0 + 12.0 * length;
    if (start_drop < dropouts_ / 3600.0) dropped_until_s_ = now_s + 1.0 + 9.0 * length;
    if (start_off < off_body_ / 3600.0) off_until_s_ = now_s + 20.0 + 60.0 * length;
    if (start_scr < scr_rate_ / 60.0) {
        scr_.push_back(now_s - 1.0 + length);
        scr_size_.push_back(.05 + .4 * length);
    }
    if (!scr_.empty() && now_s - scr_.front() > 30.0) {
        scr_.erase(scr_.begin());
        scr_size_.erase(scr_size_.begin());
    }
}

void SimulatedBody::emit(Stream& stream, std::int64_t t_ns, double rate_hz, std::vector<float> samples,
                         std::vector<Time> times) {
    const double t_s = static_cast<double>(t_ns) * 1e-9;
    if (t_s < dropped_until_s_) {
        ++stream.seq;
        stream.gap_ns += 1'000'000'000;
        return;
    }
    if (samples.empty()) return;
    flow::SensorFrame frame;
    frame.source = "simulated";
    frame.channel = stream.channel;
    frame.seq = stream.seq++;
    frame.t = times.empty() ? Time{t_ns} : times.front();
    frame.rate_hz = rate_hz;
    frame.gap_ns = stream.gap_ns;
    frame.quality = stream.gap_ns > 0 ? flow::Quality::kFewDrops : flow::Quality::kGood;
    frame.provenance = provenance_;
    frame.samples = std::move(samples);
    frame.times = std::move(times);
    stream.gap_ns = 0;
    frames_.push_back(std::move(frame));
}

void SimulatedBody::next_interval(bool moving) {
    const double settling = settling_bpm_ * -std::expm1(-next_beat_s_ / settling_tau_s_);
    const double breath = kBreathArrhythmiaBpm * std::sin(2.0 * M_PI * breath_hz_ * next_beat_s_);
    const double bpm = heart_rate_ + heart_gain_ * arousal_.front() + settling + slow_heart_ + breath +
                       (moving ? 8.0 : 0.0) + .8 * noise_.normal();
    interval_s_ = 60.0 / std::clamp(bpm, 35.0, 190.0);
    next_beat_s_ += interval_s_;
}

void SimulatedBody::heart(std::int64_t second) {
    const double end_s = static_cast<double>(second);
    std::vector<float> rr;
    std::vector<Time> times;
    const bool off = end_s <= off_until_s_;
    if (interval_s_ == 0.0) next_interval(false);
    while (next_beat_s_ < end_s) {
        double seen_s = interval_s_;
        const double spoilt = noise_.uniform();
        if (contact_ > 1.0 && spoilt < .03 * contact_) seen_s *= spoilt < .015 * contact_ ? 2.0 : .55;  // missed, extra
        if (!off) {
            rr.push_back(static_cast<float>(seen_s * 1000.0));
            times.push_back({static_cast<std::int64_t>(next_beat_s_ * 1e9)});
        }
        next_interval(end_s <= moving_until_s_);
    }
    emit(streams_[kRr], (second - 1) * 1'000'000'000, 0.0, std::move(rr), std::move(times));
}

void SimulatedBody::skin(std::int64_t second) {
    const double start_s = static_cast<double>(second - 1);
    const bool off = start_s < off_until_s_;
    const double felt = arousal_[arousal_.size() - 1 - static_cast<std::size_t>(kSkinLagS)];
    const double level = eda_ * std::exp(eda_drift_ * start_s / 3600.0) * (1.0 + eda_gain_ * felt + slow_eda_);
    std::vector<float> eda;
    for (int i = 0; i < kEdaHz; ++i) {
        const double t = start_s + static_cast<double>(i) / kEdaHz;
        double x = std::max(.02, level);
        for (std::size_t k = 0; k < scr_.size(); ++k) x += scr_size_[k] * response(t - scr_[k]);
        x += .004 * contact_ * noise_.normal();
        eda.push_back(static_cast<float>(off ? 0.0 : std::max(0.0, x)));
    }
    emit(streams_[kEda], (second - 1) * 1'000'000'000, kEdaHz, std::move(eda));
    drift_t_ += .003 * noise_.normal();
    const double temperature = off ? 23.0 : temperature_ + drift_t_;
    emit(streams_[kTemp], (second - 1) * 1'000'000'000, 1.0, {static_cast<float>(temperature)});
}

void SimulatedBody::breath_and_motion(std::int64_t second) {
    const bool off = static_cast<double>(second - 1) < off_until_s_;
    const bool moving = static_cast<double>(second - 1) < moving_until_s_;
    std::vector<float> breath;
    for (int i = 0; i < kBreathHz; ++i) {
        breath_phase_ += 2.0 * M_PI * breath_hz_ / kBreathHz;
        breath.push_back(off ? 0.0F : static_cast<float>(std::sin(breath_phase_) + .05 * contact_ * noise_.normal()));
    }
    emit(streams_[kBreath], (second - 1) * 1'000'000'000, kBreathHz, std::move(breath));
    const double shake = off ? .0005 : moving ? .15 : .006;
    constexpr std::array<double, 3> kGravity{.12, -.25, .96};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        std::vector<float> g(kAccelHz);
        double state = 0.0;
        for (float& x : g) {
            state = .6 * state + shake * (noise_.uniform() - .5) * 2.8;   // coloured, SD near `shake`
            x = static_cast<float>(kGravity[axis] + state);
        }
        emit(streams_[kX + axis], (second - 1) * 1'000'000'000, kAccelHz, std::move(g));
    }
}

void SimulatedBody::take_frames(std::vector<flow::SensorFrame>& out) {
    out.insert(out.end(), std::make_move_iterator(frames_.begin()), std::make_move_iterator(frames_.end()));
    frames_.clear();
}

}  // namespace attune::sense
