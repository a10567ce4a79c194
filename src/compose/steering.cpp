// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/steering.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace attune::compose {
namespace {

constexpr double kSmooth_s = 1.5;    ///< over what is left of the estimate's noise; the filter has smoothed already
constexpr double kGain = 3.0;        ///< lead slows down within δ/kGain of the goal
constexpr double kPast = .20;        ///< the music goes at most this far past the goal

}  // namespace

Controls mirrored(const Controls& start, double rise) noexcept {
    // Tempo: at most 10 %; loudness from intensity and brightness together: at most 3 LU (measured). The notes stay the
    // same, so that nothing but the listener's own rise is heard; their onsets come faster with the tempo.
    const double tempo = std::log(Steering::kMirrorTempo - .002) / std::log(165.0 / 50.0);
    Controls c = start;
    const auto raise = [&](Control control, double most) { c[control] = std::clamp(start[control] + most * std::clamp(rise, 0.0, 1.0), 0.0, 1.0); };
    raise(Control::kTempo, tempo);
    raise(Control::kIntensity, .05);
    raise(Control::kTimbre, .10);
    return c;
}

Steering::Steering(const SteerConfig& config) : config_(config), music_(config.start.arousal) {}

Result<Steering> Steering::create(const SteerConfig& config, const flow::Policy& policy) {
    if (!(config.delta >= .05 && config.delta <= .25))
        return fail(ErrorCode::kBadArgument, "delta " + core::format_double(config.delta) + "; .05...25 is allowed");
    if (config.mode == SteerMode::kMirror) {
        if (policy.flagged) return fail(ErrorCode::kRefused, "biofeedback by mirroring is not offered to listeners with a safety flag");
        if (!policy.allow_mirror || !policy.infer_from_body) return fail(ErrorCode::kRefused, "the policy does not allow biofeedback by mirroring");
        if (!config.mirror_enabled) return fail(ErrorCode::kRefused, "biofeedback by mirroring is off until a person switches it on");
    }
    return Steering(config);
}

SteerOutput Steering::output() const {
    SteerOutput out;
    out.music = {config_.goal.valence, music_};
    out.hold = out.ask = hold_;
    if (config_.mode == SteerMode::kMirror) {
        out.music = config_.start;
        out.controls = mirrored(controls_for(config_.start), rise_);
        out.music.arousal = std::min(1.0, config_.start.arousal + .25 * rise_);
        out.biofeedback = true;
    } else {
        out.controls = controls_for(out.music);
    }
    return out;
}

SteerOutput Steering::lead(double t_s, std::optional<double> arousal) {
    const double dt = last_t_ ? std::max(0.0, t_s - *last_t_) : 0.0;
    last_t_ = t_s;
    if (!arousal || !std::isfinite(*arousal)) return output();
    smooth_ = smooth_ ? *smooth_ + (1.0 - std::exp(-dt / kSmooth_s)) * (*arousal - *smooth_) : *arousal;
    lowest_ = std::min(lowest_.value_or(*smooth_), *smooth_);
    if (*smooth_ - *lowest_ >= kRiseThatHolds) {
        if (!rising_since_) rising_since_ = t_s;
        if (t_s - *rising_since_ >= kRiseSeconds) hold_ = true;
    } else {
        rising_since_.reset();
    }
    if (hold_) return output();
    const double goal = config_.goal.arousal, x = *smooth_;
    const bool down = goal <= config_.start.arousal;
    if (down) {
        const double ahead = std::clamp(kGain * (x - goal), -config_.delta, config_.delta);
        const double wish = std::max(x - ahead, goal - kPast);
        // Downwards as the listener settles; upwards only back to the goal after going past it.
        if (wish < music_ || x < goal) music_ = std::min({wish, std::max(music_, goal), config_.start.arousal});
    }
    return output();
}

SteerOutput Steering::mirror(double t_s, std::optional<double> conductance) {
    if (!mirror_from_) mirror_from_ = t_s;
    if (t_s - *mirror_from_ > kMirrorSeconds) {
        auto out = output();
        out.ended = true;
        return out;
    }
    if (conductance && *conductance > .01 && *conductance < 100.0) {
        if (!baseline_) baseline_ = *conductance;
        // Conductance is read on a logarithmic scale: fourfold the baseline is the full rise.
        rise_ = std::clamp(std::log(*conductance / *baseline_) / std::log(4.0), 0.0, 1.0);
    }
    return output();
}

void Steering::go_on() noexcept {
    hold_ = false;
    lowest_ = smooth_;
    rising_since_.reset();
}

}  // namespace attune::compose
