// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// recogniser → fusion: what one source says about the listener now. Recorded; replay starts here.
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "flow/provenance.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::flow {

/// The kinds of source that fusion knows; each has its own row of validity in affect_tables.
enum class SourceKind { kFace, kVoice, kBody, kHeart, kEeg };
[[nodiscard]] const char* to_string(SourceKind kind) noexcept;

/// Why a recogniser says nothing. Abstaining is not the same as neutral.
enum class Abstain {
    kWarmingUp,     ///< baseline shorter than its minimum
    kPoorSignal,    ///< quality below the threshold
    kMotion,        ///< the listener moves or exercises
    kNoFace, kSeveralFaces, kTooDark, kTooSmall, kFlatPicture,
    kNoSpeech, kClipping, kOwnMusic,
    kOffBody,       ///< sensor is not worn, flat line, mains hum
    kNoModel,       ///< the model is not installed
    kStale,         ///< nothing new within the window
};
[[nodiscard]] const char* to_string(Abstain reason) noexcept;

/// One scalar per dimension, in the recogniser's own scale; fusion sees it against the person's past mean.
struct Index {
    double x = 0.0;       ///< value, in SD of the recogniser's training population
    double r_rec = 0.0;   ///< correlation with the display it measures, 0..1, from its card
    double r_dom = 1.0;   ///< .7 outside the domain it was validated in, else 1
};

/// What was displayed, for the source's own tile: never a part of the listener's state.
struct Display {
    std::vector<std::string> labels;
    std::vector<double> probabilities;  ///< same length, sums to 1
    std::string smoothed;               ///< label after hysteresis; empty = none yet
};

struct Evidence {
    std::string source;
    SourceKind kind = SourceKind::kBody;
    Time t;                     ///< end of the window
    double window_s = 0.0;
    double dt_frame_s = 0.0;    ///< time since the evidence before; fusion inflates R by it
    std::optional<Index> valence;
    std::optional<Index> arousal;
    std::optional<Display> display;
    std::optional<double> activation;  ///< against this person's baseline, in SD
    std::optional<double> stress;      ///< calibrated probability; shown only once anchored to ratings
    Quality quality = Quality::kGood;
    std::optional<Abstain> abstained;  ///< then valence, arousal, stress are empty
    std::string model;                 ///< id@version of what computed it
    Origin origin = Origin::kLive;
};

}  // namespace attune::flow
