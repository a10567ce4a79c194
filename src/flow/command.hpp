// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A person → session: buttons, keys and the therapist's hand.
#include <map>
#include <string>

#include "core/ids.hpp"
#include "core/time.hpp"

namespace attune::flow {

enum class CommandKind {
    kHold, kGoOn, kBack, kSkip, kSofter, kSlower, kPause, kResume, kStop,
    kUnsafe,        ///< "I don't feel safe"
    kWorse,         ///< "it gets harder": the worsening rule without waiting for a rating
    kMoreSilence,
    kKeepGoing, kQuieter,  ///< answers to the worsening question
    kYes, kNo,      ///< answers to "would you like to hear it?"; args: track (may be left out)
    kOverrideNext,  ///< args: track, or a hand-made list of them separated by commas
    kOverrideLevel, ///< args: gain_db
    kOverrideStep,  ///< args: max_valence_step, max_arousal_step
    kLockPlan, kUnlockPlan,
    kBlockTrack,    ///< args: track, or artist
    kWithdrawSensor,///< args: source
    kGrantSensor    ///< args: source; consent was given (again)
};
[[nodiscard]] const char* to_string(CommandKind kind) noexcept;

enum class Role { kListener, kOwner, kTherapist, kResearcher, kSystem };
[[nodiscard]] const char* to_string(Role role) noexcept;

struct Command {
    Id id;
    std::string actor = "local";
    Role role = Role::kListener;
    Time t;
    CommandKind kind = CommandKind::kStop;
    std::map<std::string, std::string> args;
};

}  // namespace attune::flow
