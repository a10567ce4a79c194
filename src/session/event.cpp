// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/event.hpp"

#include <array>

namespace attune::session {
namespace {

// In the order of Payload's alternatives.
constexpr std::array kKinds = {
    EventKind::kStart,  EventKind::kTick,       EventKind::kRating,         EventKind::kCommand,
    EventKind::kEvidence, EventKind::kHeard,    EventKind::kSource,         EventKind::kPlanResult,
    EventKind::kDeadlineMissed, EventKind::kItemEnded, EventKind::kFault,   EventKind::kPolicy,
    EventKind::kComposed, EventKind::kConductance, EventKind::kSound, EventKind::kBreath,
    EventKind::kState,  EventKind::kDecision,   EventKind::kEnd};
static_assert(kKinds.size() == std::variant_size_v<Payload>);

}  // namespace

EventKind SessionEvent::kind() const { return kKinds[payload.index()]; }

const char* to_string(EventKind kind) noexcept {
    switch (kind) {
        case EventKind::kStart: return "start";
        case EventKind::kTick: return "tick";
        case EventKind::kRating: return "rating";
        case EventKind::kCommand: return "command";
        case EventKind::kEvidence: return "evidence";
        case EventKind::kHeard: return "heard";
        case EventKind::kSource: return "source";
        case EventKind::kPlanResult: return "plan_result";
        case EventKind::kDeadlineMissed: return "deadline_missed";
        case EventKind::kItemEnded: return "item_ended";
        case EventKind::kFault: return "fault";
        case EventKind::kPolicy: return "policy";
        case EventKind::kComposed: return "composed";
        case EventKind::kConductance: return "conductance";
        case EventKind::kSound: return "sound";
        case EventKind::kBreath: return "breath";
        case EventKind::kState: return "state";
        case EventKind::kDecision: return "decision";
        case EventKind::kEnd: return "end";
    }
    return "unknown";
}

}  // namespace attune::session
