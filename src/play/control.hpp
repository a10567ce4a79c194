// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the engine is told, and what it tells.
#include <cstdint>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/units.hpp"
#include "flow/heard.hpp"

namespace attune::play {

enum class ControlKind : std::uint8_t {
    kPause,
    kResume,
    kSkip,  ///< to the next item, crossfade of config.skip_fade_s
    kBack,  ///< to the start of this item; within its first 3 s, to the item before
    kSeek,  ///< value: seconds in the source of the current item
    kHold,  ///< the current item repeats until kGoOn
    kGoOn,
    kLevel,        ///< value: gain over the normalised level [dB], at most config.ceiling_gain_db
    kSofter,       ///< value: change of that gain [dB], e.g. -3
    kTempo,        ///< value: ratio .85..1.15 on top of the items' curves; ramp_s 0 = unnoticed
    kSoften,       ///< value: 0..1
    kFinish,       ///< end with the long fade (config.end_fade_s) from here
    kStop,         ///< silence within config.stop_fade_s, then the end
    kUnstop,       ///< a new start after kStop: the queue goes on from its next item
    kDoseGain,     ///< value: extra attenuation [dB] because the allowance runs out
    kStartleGuard  ///< value: most rise [LU]; 0 = off
};

/// Trivially copyable. `at` < 0 = as soon as it is seen; else exactly at that engine frame.
struct Control {
    ControlKind kind = ControlKind::kStop;
    double value = 0.0;
    double ramp_s = 0.0;  ///< 0 = the default of the kind
    std::int64_t at = -1;
};

struct Item;

/// A whole queue in the place of the one before. Trivially copyable.
struct Adoption {
    const Item* first = nullptr;  ///< and what is linked behind it; null = nothing
    std::int64_t at = -1;         ///< < 0 = as soon as it is seen; else exactly at that engine frame
    bool cut = false;             ///< what plays then is left for it, crossfade of config.skip_fade_s
};

enum class JoinKind : std::uint8_t {
    kStart,
    kGapless,
    kCrossfade,
    kCut,
    kSkip,
    kSeek,
    kBack,
    kRepeat,
    kAfterFailure,
    kEnd
};
[[nodiscard]] const char* to_string(JoinKind kind) noexcept;

/// Where one item took over from another: equal in every mode of running, to the frame.
struct Join {
    FramePos frame;  ///< first engine frame in which `to` sounds
    Id from, to;     ///< none() = silence
    JoinKind kind = JoinKind::kStart;
    std::int64_t fade_frames = 0;
    double from_position_s = 0.0;  ///< in the source, at that frame
    double to_position_s = 0.0;
    bool beat_aligned = false;
    bool operator==(const Join&) const = default;
};

enum class EventKind : std::uint8_t {
    kItemStarted,
    kItemEnded,
    kItemFailed,  ///< could not be opened or decoded: left out; `code` says why
    kBedStarted,
    kBedEnded,    ///< the safe bed plays because decoding is late (`code` kTimeout) or failed
    kEnded,       ///< nothing left and finish was asked, or stopped
    kQueueEmpty,  ///< the last item ends within 10 s and nothing follows
    kDoseLow,     ///< turned down: the allowance is nearly used up
    kSinkLost,
    kSinkBack,
    kNanFromSource  ///< a source gave something that is no number: muted
};
[[nodiscard]] const char* to_string(EventKind kind) noexcept;

/// Trivially copyable: crosses the ring from the engine thread.
struct Event {
    EventKind kind = EventKind::kItemStarted;
    FramePos frame;
    Id item;
    ErrorCode code = ErrorCode::kInternal;
};

}  // namespace attune::play
