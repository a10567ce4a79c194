// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the voice network sees of a stretch of speech: log-mel frames, prosody by frame, and 16 numbers for
/// the whole; and how they are set against what is usual for this speaker. One code for trainer and use.
///
/// In       mono speech [-1, 1] at 16 kHz, 0.3..60 s
/// Out      frames every 16 ms; quiet ends (30 dB below the loud frames) are cut off
/// Threads  one owner
/// Errors   analyse(): kBadArgument if it is too short, too long, or not finite; silence gives 0 frames
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/mel.hpp"
#include "signal/voice_pitch.hpp"

namespace attune::signal {

inline constexpr std::size_t kVoiceHop = 256;      ///< 16 ms
inline constexpr std::size_t kVoiceBands = 48;
inline constexpr std::size_t kVoiceTracks = 4;     ///< pitch [st], strength, HNR, loudness [dB]
inline constexpr std::size_t kVoiceFrames = 192;   ///< of one look of the network: 3.07 s

/// Numbers for the whole stretch, in this order.
enum VoiceStat {
    kStatPitch, kStatPitchSd, kStatPitchRange, kStatPitchSlope,   ///< [st re 100 Hz], [st], [st], [st/s]
    kStatVoiced, kStatRuns, kStatRunLength,                       ///< share, voiced runs a second, [s]
    kStatLoudness, kStatLoudnessSd, kStatLoudnessPeak, kStatLoudnessSlope,  ///< [dB], [dB], [dB], [dB/s]
    kStatJitter, kStatShimmer, kStatHnr, kStatTilt, kStatSpeech,  ///< ratio, ratio, [dB], [dB], share
    kVoiceStats
};

struct VoiceView {
    std::size_t frames = 0;
    std::vector<float> mel;                    ///< row-major frames x kVoiceBands, ln of energy
    std::vector<float> tracks;                 ///< row-major frames x kVoiceTracks; pitch NaN where unvoiced
    std::array<float, kVoiceStats> stats{};    ///< NaN = unknown (no voiced frame, too few cycles)
    [[nodiscard]] double seconds() const noexcept { return static_cast<double>(frames) * kVoiceHop / kVoiceRate; }
};

class VoiceFront {
public:
    [[nodiscard]] static Result<VoiceFront> create();
    [[nodiscard]] Result<VoiceView> analyse(std::span<const float> samples);

private:
    VoiceFront(LogMel mel, PitchTracker pitch) : mel_(std::move(mel)), pitch_(std::move(pitch)) {}
    LogMel mel_;
    PitchTracker pitch_;
};

/// What is usual for a speaker: the mean over earlier stretches of theirs, whatever was felt.
struct VoiceBaseline {
    std::array<double, kVoiceBands> mel{};
    std::array<double, kVoiceStats> stats{};
    double n = 0.0;                            ///< stretches
    std::array<double, kVoiceStats> stats_n{};
    void add(const VoiceView& view);
    /// Takes a stretch out again, so that a stretch can be judged against all the others.
    void remove(const VoiceView& view);

private:
    void count(const VoiceView& view, double sign);
};

/// The network's three inputs for frames [first, first + kVoiceFrames); frames outside are silence.
struct VoiceInput {
    std::vector<float> mel;     ///< 1 x 1 x kVoiceFrames x kVoiceBands
    std::vector<float> tracks;  ///< 1 x kVoiceTracks x kVoiceFrames x 1
    std::vector<float> stats;   ///< 1 x (kVoiceStats + 1); the last says whether there was a baseline
};
/// Fewer than kBaselineStretches stretches count as none: then the stretch is its own baseline (mel), and
/// ordinary speech is (stats).
inline constexpr double kBaselineStretches = 3.0;
[[nodiscard]] VoiceInput voice_input(const VoiceView& view, const VoiceBaseline& baseline, std::ptrdiff_t first);
/// Where looks begin that cover the whole stretch, about a second apart; one centred look if it is short.
[[nodiscard]] std::vector<std::ptrdiff_t> voice_looks(std::size_t frames);

}  // namespace attune::signal
