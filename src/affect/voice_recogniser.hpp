// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Voice: a spoken check-in of ten seconds in, what emotion it sounds like and the arousal index out; or why nothing
/// can be said.
///
/// In       mono voice at 16 kHz (Channel::kAudio of its own source); a gap or a break begins a new stretch
/// Out      one Evidence for each ten seconds that hold speech: probabilities on the tile (calm counts as neutral)
///          and arousal.x = (expected arousal - mean) / SD over the labels' places. Never valence: an arousal
///          display is what a voice gives away, and the specification starts it at that
/// Speech   Silero VAD where its part is installed: less than a tenth of a check-in spoken is no speech. Without it runs
///          and pauses of the level decide, and the log says so once
/// Abstains every 2 s while it listens for the first three check-ins (kWarmingUp); kNoSpeech (quiet, or without the runs and pauses of speech),
///          kClipping (over 1 % of the samples at the rails), kOwnMusic (music plays and nobody is heard to speak, or the
///          voice does not stand out of it), kPoorSignal (unlike anything that was trained on). The first kFewest check-ins of a session give
///          no index: the card's figure holds against the same speaker's other stretches only
/// Threads  as Recogniser
/// Errors   create: kUnavailable without the model
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "affect/recogniser.hpp"
#include "core/result.hpp"

namespace attune::affect {

inline constexpr double kCheckInS = 10.0;
inline constexpr int kFewestCheckIns = 3;

enum class SpeechBy { kNetworkIfInstalled, kLevelAlone };
[[nodiscard]] Result<std::unique_ptr<Recogniser>> make_voice_recogniser(const std::string& source,
                                                                        const std::filesystem::path& data_dir,
                                                                        SpeechBy by = SpeechBy::kNetworkIfInstalled);

/// What the specification of speech asks of ten seconds, apart from the model: testable without one.
struct SpeechCheck {
    double loud_dbfs = -120.0;   ///< level that a tenth of the frames exceeds
    double range_db = 0.0;       ///< from the level that nine tenths exceed to that
    double clipped = 0.0;        ///< share of samples at the rails
};
[[nodiscard]] SpeechCheck check_speech(std::span<const float> samples);

}  // namespace attune::affect
