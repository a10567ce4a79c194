// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/voice_front.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace attune::signal {
namespace {

constexpr std::size_t kMelWindow = 512;
constexpr double kHopS = static_cast<double>(kVoiceHop) / kVoiceRate;
constexpr double kMinSeconds = 0.3, kMaxSeconds = 60.0;
constexpr float kQuietDb = 30.0F;     // below the loud frames: a pause
constexpr float kSilentDb = -70.0F;
constexpr float kMelScale = 2.5F;     // [ln energy] about one SD of speech
constexpr float kPadding = -2.0F;     // what silence looks like to the network
constexpr float kClip = 4.0F;
constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

/// Ordinary speech and its spread: medians and SDs over the recordings of the two sets trained and tried on.
/// Only a scale; the network's own first layer sets the rest.
constexpr std::array<float, kVoiceStats> kUsual = {12.0F, 3.5F, 9.0F, 25.0F, 0.55F, 2.5F, 0.22F, -38.0F,
                                                   8.0F,  7.0F, 60.0F, 0.02F, 0.12F, 9.0F, -10.0F, 0.75F};
constexpr std::array<float, kVoiceStats> kSpread = {5.5F, 1.5F, 4.5F, 12.0F, 0.15F, 1.0F, 0.1F, 9.0F,
                                                    2.0F, 2.5F, 20.0F, 0.01F, 0.05F, 3.0F, 6.0F, 0.15F};

float decibel(double square) { return static_cast<float>(10.0 * std::log10(std::max(square, 1e-10))); }

double percentile(std::vector<float> x, double p) {
    if (x.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::ranges::sort(x);
    return static_cast<double>(x[static_cast<std::size_t>(p * static_cast<double>(x.size() - 1) + 0.5)]);
}

struct Moments { double mean = std::numeric_limits<double>::quiet_NaN(); double sd = mean; };
Moments moments(const std::vector<float>& x) {
    if (x.empty()) return {};
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    double square = 0.0;
    for (const float v : x) square += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    return {mean, std::sqrt(square / static_cast<double>(x.size()))};
}

float track(const VoiceView& v, std::size_t frame, std::size_t which) { return v.tracks[frame * kVoiceTracks + which]; }

void pitch_stats(VoiceView& v) {
    std::vector<float> pitch, hnr;
    double slope = 0.0;
    int steps = 0, runs = 0;
    for (std::size_t k = 0; k < v.frames; ++k) {
        const float p = track(v, k, 0);
        if (std::isnan(p)) continue;
        pitch.push_back(p);
        hnr.push_back(track(v, k, 2));
        if (k > 0 && !std::isnan(track(v, k - 1, 0))) {
            slope += std::abs(static_cast<double>(p - track(v, k - 1, 0)));
            ++steps;
        } else {
            ++runs;
        }
    }
    const double seconds = v.seconds();
    auto& s = v.stats;
    s[kStatVoiced] = static_cast<float>(static_cast<double>(pitch.size()) / static_cast<double>(v.frames));
    s[kStatRuns] = static_cast<float>(runs / seconds);
    if (pitch.size() < 5) return;
    s[kStatPitch] = static_cast<float>(percentile(pitch, 0.5));
    s[kStatPitchSd] = static_cast<float>(moments(pitch).sd);
    s[kStatPitchRange] = static_cast<float>(percentile(pitch, 0.9) - percentile(pitch, 0.1));
    s[kStatPitchSlope] = steps > 0 ? static_cast<float>(slope / (steps * kHopS)) : kNone;
    s[kStatRunLength] = static_cast<float>(static_cast<double>(pitch.size()) * kHopS / std::max(1, runs));
    s[kStatHnr] = static_cast<float>(moments(hnr).mean);
}

void loudness_stats(VoiceView& v) {
    std::vector<float> all;
    for (std::size_t k = 0; k < v.frames; ++k) all.push_back(track(v, k, 3));
    const auto loud = static_cast<float>(percentile(all, 0.95));
    std::vector<float> speech;
    double slope = 0.0;
    for (std::size_t k = 0; k < all.size(); ++k) {
        if (all[k] > loud - kQuietDb) speech.push_back(all[k]);
        if (k > 0) slope += std::abs(static_cast<double>(all[k] - all[k - 1]));
    }
    const Moments m = moments(speech);
    auto& s = v.stats;
    s[kStatLoudness] = static_cast<float>(m.mean);
    s[kStatLoudnessSd] = static_cast<float>(m.sd);
    s[kStatLoudnessPeak] = static_cast<float>(static_cast<double>(loud) - percentile(speech, 0.5));
    s[kStatLoudnessSlope] = static_cast<float>(slope / v.seconds());
    s[kStatSpeech] = static_cast<float>(static_cast<double>(speech.size()) / static_cast<double>(all.size()));
}

void tilt_stat(VoiceView& v, const std::vector<std::size_t>& low_high) {
    double low = 0.0, high = 0.0;
    for (std::size_t k = 0; k < v.frames; ++k) {
        for (std::size_t b = 0; b < kVoiceBands; ++b) {
            const double e = std::exp(static_cast<double>(v.mel[k * kVoiceBands + b]));
            (b < low_high[0] ? low : high) += e;
        }
    }
    v.stats[kStatTilt] = static_cast<float>(10.0 * std::log10((high + 1e-9) / (low + 1e-9)));
}

/// A pitch that jumps away for one frame is replaced by the middle of its neighbours' and its own.
void smooth_pitch(VoiceView& v) {
    for (std::size_t k = 1; k + 1 < v.frames; ++k) {
        std::array<float, 3> p = {track(v, k - 1, 0), track(v, k, 0), track(v, k + 1, 0)};
        if (std::ranges::any_of(p, [](float x) { return std::isnan(x); })) continue;
        std::ranges::sort(p);
        v.tracks[k * kVoiceTracks] = p[1];
    }
}

}  // namespace

Result<VoiceFront> VoiceFront::create() {
    MelConfig config;
    config.rate_hz = kVoiceRate;
    config.stft = {kMelWindow, kVoiceHop, kMelWindow, Window::kHann};
    config.bands = kVoiceBands;
    config.fmin_hz = 60.0;
    config.fmax_hz = 7600.0;
    config.scale = MelScale::kHtk;
    config.norm = MelNorm::kNone;
    config.floor = 1e-7F;
    ATTUNE_TRY(LogMel mel, LogMel::create(config));
    ATTUNE_TRY(PitchTracker pitch, PitchTracker::create());
    return VoiceFront(std::move(mel), std::move(pitch));
}

Result<VoiceView> VoiceFront::analyse(std::span<const float> samples) {
    const double seconds = static_cast<double>(samples.size()) / kVoiceRate;
    if (seconds < kMinSeconds || seconds > kMaxSeconds) {
        return fail(ErrorCode::kBadArgument, "the recording lasts " + std::to_string(seconds) +
                                                 " s; 0.3..60 s of speech are read");
    }
    if (!std::ranges::all_of(samples, [](float s) { return std::isfinite(s); })) {
        return fail(ErrorCode::kBadArgument, "the recording holds a sample that is not finite");
    }
    const std::size_t all = (samples.size() - kPitchWindow) / kVoiceHop + 1;
    std::vector<float> loudness(all);
    for (std::size_t k = 0; k < all; ++k) {
        double square = 0.0;
        for (const float s : samples.subspan(k * kVoiceHop, kPitchWindow)) square += static_cast<double>(s) * static_cast<double>(s);
        loudness[k] = decibel(square / kPitchWindow);
    }
    const auto loud = static_cast<float>(percentile(loudness, 0.95));
    VoiceView v;
    v.stats.fill(kNone);
    if (loud < kSilentDb) return v;
    const auto speaks = [&](float db) { return db > loud - kQuietDb; };
    const auto begin = std::ranges::find_if(loudness, speaks) - loudness.begin();
    const auto end = loudness.rend() - std::find_if(loudness.rbegin(), loudness.rend(), speaks);
    v.frames = static_cast<std::size_t>(end - begin);
    v.mel.resize(v.frames * kVoiceBands);
    v.tracks.resize(v.frames * kVoiceTracks);
    std::vector<float> f0(v.frames);
    for (std::size_t k = 0; k < v.frames; ++k) {
        const std::size_t at = (k + static_cast<std::size_t>(begin)) * kVoiceHop;
        mel_.frame(samples.subspan(at + (kPitchWindow - kMelWindow) / 2, kMelWindow),
                   std::span(v.mel).subspan(k * kVoiceBands, kVoiceBands));
        const PitchFrame p = pitch_.frame(samples.subspan(at, kPitchWindow));
        f0[k] = p.f0_hz;
        float* t = v.tracks.data() + k * kVoiceTracks;
        t[0] = std::isnan(p.f0_hz) ? kNone : 12.0F * std::log2(p.f0_hz / 100.0F);
        t[1] = p.strength;
        t[2] = p.hnr_db;
        t[3] = loudness[k + static_cast<std::size_t>(begin)];
    }
    smooth_pitch(v);
    pitch_stats(v);
    loudness_stats(v);
    tilt_stat(v, {16});
    const Perturbation wobble = voice_perturbation(
        samples.subspan(static_cast<std::size_t>(begin) * kVoiceHop), f0, kVoiceHop);
    v.stats[kStatJitter] = static_cast<float>(wobble.jitter);
    v.stats[kStatShimmer] = static_cast<float>(wobble.shimmer);
    return v;
}

void VoiceBaseline::count(const VoiceView& view, double sign) {
    if (view.frames == 0) return;
    for (std::size_t b = 0; b < kVoiceBands; ++b) {
        double sum = 0.0;
        for (std::size_t k = 0; k < view.frames; ++k) sum += static_cast<double>(view.mel[k * kVoiceBands + b]);
        mel[b] += sign * sum / static_cast<double>(view.frames);
    }
    n += sign;
    for (std::size_t i = 0; i < kVoiceStats; ++i) {
        if (std::isnan(view.stats[i])) continue;
        stats[i] += sign * static_cast<double>(view.stats[i]);
        stats_n[i] += sign;
    }
}
void VoiceBaseline::add(const VoiceView& view) { count(view, 1.0); }
void VoiceBaseline::remove(const VoiceView& view) { count(view, -1.0); }

VoiceInput voice_input(const VoiceView& view, const VoiceBaseline& baseline, std::ptrdiff_t first) {
    const bool known = baseline.n >= kBaselineStretches;
    VoiceBaseline own;
    if (!known) own.add(view);
    const VoiceBaseline& usual = known ? baseline : own;
    VoiceInput in;
    in.mel.assign(kVoiceFrames * kVoiceBands, kPadding);
    in.tracks.assign(kVoiceTracks * kVoiceFrames, 0.0F);
    in.stats.assign(kVoiceStats + 1, 0.0F);
    std::array<float, kVoiceStats> centre = kUsual;
    for (std::size_t i = 0; i < kVoiceStats; ++i) {
        if (known && baseline.stats_n[i] > 0.5) centre[i] = static_cast<float>(baseline.stats[i] / baseline.stats_n[i]);
    }
    const auto relative = [&](float value, VoiceStat stat, float spread) {
        return std::isnan(value) ? 0.0F : std::clamp((value - centre[stat]) / spread, -kClip, kClip);
    };
    // The pitch of a stranger is set against the stretch's own middle.
    const float pitch_centre = known ? centre[kStatPitch] : view.stats[kStatPitch];
    for (std::size_t f = 0; f < kVoiceFrames; ++f) {
        const std::ptrdiff_t at = first + static_cast<std::ptrdiff_t>(f);
        if (at < 0 || at >= static_cast<std::ptrdiff_t>(view.frames)) {
            in.tracks[3 * kVoiceFrames + f] = -kClip;
            continue;
        }
        const auto k = static_cast<std::size_t>(at);
        for (std::size_t b = 0; b < kVoiceBands; ++b) {
            const auto mean = static_cast<float>(usual.mel[b] / std::max(usual.n, 1.0));
            in.mel[f * kVoiceBands + b] =
                std::clamp((view.mel[k * kVoiceBands + b] - mean) / kMelScale, -kClip, kClip);
        }
        const float pitch = track(view, k, 0);
        if (!std::isnan(pitch) && !std::isnan(pitch_centre)) {
            in.tracks[f] = std::clamp((pitch - pitch_centre) / 5.0F, -kClip, kClip);
        }
        in.tracks[kVoiceFrames + f] = track(view, k, 1);
        in.tracks[2 * kVoiceFrames + f] = track(view, k, 2) / 10.0F;
        in.tracks[3 * kVoiceFrames + f] =
            relative(track(view, k, 3), kStatLoudness, 10.0F);
    }
    for (std::size_t i = 0; i < kVoiceStats; ++i) {
        in.stats[i] = relative(view.stats[i], static_cast<VoiceStat>(i), kSpread[i]);
    }
    in.stats[kVoiceStats] = known ? 1.0F : 0.0F;
    return in;
}

std::vector<std::ptrdiff_t> voice_looks(std::size_t frames) {
    const auto n = static_cast<std::ptrdiff_t>(frames);
    const auto size = static_cast<std::ptrdiff_t>(kVoiceFrames);
    if (n <= size) return {-(size - n) / 2};
    std::vector<std::ptrdiff_t> looks;
    constexpr std::ptrdiff_t kStep = 63;
    for (std::ptrdiff_t at = 0; at + size < n; at += kStep) looks.push_back(at);
    looks.push_back(n - size);
    return looks;
}

}  // namespace attune::signal
