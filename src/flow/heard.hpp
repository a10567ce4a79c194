// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// play → affect, dose, report, simulated listeners: what really came out, at 1 Hz and on change.
#include <optional>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "core/units.hpp"
#include "flow/affect.hpp"
#include "flow/plan.hpp"

namespace attune::flow {

struct Heard {
    Time t;
    FramePos frame;                 ///< of the engine's output
    Id item;                        ///< none() = silence or the safe bed
    ItemKind kind = ItemKind::kSilence;
    ContentKey track;               ///< kTrack
    double position_s = 0.0;        ///< in the source
    double tempo_ratio = 1.0;
    double gain_db = 0.0;           ///< all gains together, without the limiter
    double lufs_momentary = -70.0;  ///< of the output; -70 = silence
    bool playing = false;
    bool bed = false;               ///< the safe bed plays because something failed
    // Filled in by session from the profile and the plan; fusion and simulated listeners read them.
    std::optional<Va> expressed;    ///< of the segment heard now; empty = unknown or silence
    std::optional<Va> expressed_sd; ///< of the music model for this track
    std::optional<double> predicted_liking, predicted_liking_sd;  ///< taste's, in [-1, 1]; empty = unknown
};

}  // namespace attune::flow
