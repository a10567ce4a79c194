// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/control.hpp"

namespace attune::play {

const char* to_string(JoinKind kind) noexcept {
    switch (kind) {
    case JoinKind::kStart: return "start";
    case JoinKind::kGapless: return "gapless";
    case JoinKind::kCrossfade: return "crossfade";
    case JoinKind::kCut: return "cut";
    case JoinKind::kSkip: return "skip";
    case JoinKind::kSeek: return "seek";
    case JoinKind::kBack: return "back";
    case JoinKind::kRepeat: return "repeat";
    case JoinKind::kAfterFailure: return "after_failure";
    case JoinKind::kEnd: return "end";
    }
    return "end";
}

const char* to_string(EventKind kind) noexcept {
    switch (kind) {
    case EventKind::kItemStarted: return "item_started";
    case EventKind::kItemEnded: return "item_ended";
    case EventKind::kItemFailed: return "item_failed";
    case EventKind::kBedStarted: return "bed_started";
    case EventKind::kBedEnded: return "bed_ended";
    case EventKind::kEnded: return "ended";
    case EventKind::kQueueEmpty: return "queue_empty";
    case EventKind::kDoseLow: return "dose_low";
    case EventKind::kSinkLost: return "sink_lost";
    case EventKind::kSinkBack: return "sink_back";
    case EventKind::kNanFromSource: return "nan_from_source";
    }
    return "ended";
}

}  // namespace attune::play
