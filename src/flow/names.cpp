// SPDX-License-Identifier: GPL-3.0-or-later
// The one spelling of every enumerator that leaves the process (records, JSON, pages).
#include "flow/affect_state.hpp"
#include "flow/command.hpp"
#include "flow/estimate.hpp"
#include "flow/evidence.hpp"
#include "flow/plan.hpp"
#include "flow/policy.hpp"
#include "flow/provenance.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::flow {

const char* to_string(Origin origin) noexcept {
    switch (origin) {
        case Origin::kLive: return "live";
        case Origin::kReplayed: return "replayed";
        case Origin::kSimulated: return "simulated";
    }
    return "simulated";
}

const char* to_string(Channel channel) noexcept {
    switch (channel) {
        case Channel::kEcg: return "ecg";
        case Channel::kPpg: return "ppg";
        case Channel::kRr: return "rr";
        case Channel::kHeartRate: return "heart_rate";
        case Channel::kEda: return "eda";
        case Channel::kSkinTemp: return "skin_temp";
        case Channel::kRespiration: return "respiration";
        case Channel::kAccelX: return "accel_x";
        case Channel::kAccelY: return "accel_y";
        case Channel::kAccelZ: return "accel_z";
        case Channel::kEeg: return "eeg";
        case Channel::kAudio: return "audio";
    }
    return "unknown";
}

const char* to_string(Quality quality) noexcept {
    switch (quality) {
        case Quality::kGood: return "good";
        case Quality::kFewDrops: return "few_drops";
        case Quality::kAlert: return "alert";
        case Quality::kLost: return "lost";
    }
    return "lost";
}

const char* to_string(SourceKind kind) noexcept {
    switch (kind) {
        case SourceKind::kFace: return "face";
        case SourceKind::kVoice: return "voice";
        case SourceKind::kBody: return "body";
        case SourceKind::kHeart: return "heart";
        case SourceKind::kEeg: return "eeg";
    }
    return "unknown";
}

const char* to_string(Abstain reason) noexcept {
    switch (reason) {
        case Abstain::kWarmingUp: return "warming_up";
        case Abstain::kPoorSignal: return "poor_signal";
        case Abstain::kMotion: return "motion";
        case Abstain::kNoFace: return "no_face";
        case Abstain::kSeveralFaces: return "several_faces";
        case Abstain::kTooDark: return "too_dark";
        case Abstain::kTooSmall: return "too_small";
        case Abstain::kFlatPicture: return "flat_picture";
        case Abstain::kNoSpeech: return "no_speech";
        case Abstain::kClipping: return "clipping";
        case Abstain::kOwnMusic: return "own_music";
        case Abstain::kOffBody: return "off_body";
        case Abstain::kNoModel: return "no_model";
        case Abstain::kStale: return "stale";
    }
    return "unknown";
}

const char* to_string(SourceStatus status) noexcept {
    switch (status) {
        case SourceStatus::kOff: return "off";
        case SourceStatus::kWarmingUp: return "warming_up";
        case SourceStatus::kActive: return "active";
        case SourceStatus::kAbstaining: return "abstaining";
        case SourceStatus::kAlert: return "alert";
        case SourceStatus::kLost: return "lost";
        case SourceStatus::kUnavailable: return "unavailable";
    }
    return "off";
}

const char* to_string(CommandKind kind) noexcept {
    switch (kind) {
        case CommandKind::kHold: return "hold";
        case CommandKind::kGoOn: return "go_on";
        case CommandKind::kBack: return "back";
        case CommandKind::kSkip: return "skip";
        case CommandKind::kSofter: return "softer";
        case CommandKind::kSlower: return "slower";
        case CommandKind::kPause: return "pause";
        case CommandKind::kResume: return "resume";
        case CommandKind::kStop: return "stop";
        case CommandKind::kUnsafe: return "unsafe";
        case CommandKind::kWorse: return "worse";
        case CommandKind::kMoreSilence: return "silence";
        case CommandKind::kKeepGoing: return "keep_going";
        case CommandKind::kQuieter: return "quieter";
        case CommandKind::kYes: return "yes";
        case CommandKind::kNo: return "no";
        case CommandKind::kOverrideNext: return "override_next";
        case CommandKind::kOverrideLevel: return "override_level";
        case CommandKind::kOverrideStep: return "override_step";
        case CommandKind::kLockPlan: return "lock_plan";
        case CommandKind::kUnlockPlan: return "unlock_plan";
        case CommandKind::kBlockTrack: return "block_track";
        case CommandKind::kWithdrawSensor: return "withdraw_sensor";
        case CommandKind::kGrantSensor: return "grant_sensor";
    }
    return "unknown";
}

const char* to_string(Role role) noexcept {
    switch (role) {
        case Role::kListener: return "listener";
        case Role::kOwner: return "owner";
        case Role::kTherapist: return "therapist";
        case Role::kResearcher: return "researcher";
        case Role::kSystem: return "system";
    }
    return "system";
}

const char* to_string(ValueOrigin origin) noexcept {
    switch (origin) {
        case ValueOrigin::kSimulated: return "simulated";
        case ValueOrigin::kModel: return "model";
        case ValueOrigin::kMeasured: return "measured";
        case ValueOrigin::kTag: return "tag";
        case ValueOrigin::kEdited: return "edited";
    }
    return "simulated";
}

const char* to_string(Deployment deployment) noexcept {
    switch (deployment) {
        case Deployment::kHome: return "home";
        case Deployment::kClinic: return "clinic";
        case Deployment::kResearch: return "research";
        case Deployment::kWorkplace: return "workplace";
        case Deployment::kEducation: return "education";
    }
    return "workplace";
}

const char* to_string(ItemKind kind) noexcept {
    switch (kind) {
        case ItemKind::kTrack: return "track";
        case ItemKind::kCompose: return "compose";
        case ItemKind::kSilence: return "silence";
    }
    return "silence";
}

const char* to_string(Phase phase) noexcept {
    switch (phase) {
        case Phase::kMatch: return "match";
        case Phase::kMove: return "move";
        case Phase::kHold: return "hold";
        case Phase::kLand: return "land";
        case Phase::kBridge: return "bridge";
    }
    return "move";
}

}  // namespace attune::flow
