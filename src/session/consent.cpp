// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/consent.hpp"

#include <set>

#include "session/mailbox.hpp"
#include "session/record.hpp"
#include "session/sensing.hpp"

namespace attune::session {

const char* consent_name(flow::SourceKind kind) noexcept {
    switch (kind) {
        case flow::SourceKind::kFace: return "face";
        case flow::SourceKind::kVoice: return "voice";
        case flow::SourceKind::kEeg: return "eeg";
        default: return "heart";
    }
}

std::optional<flow::SourceKind> device_kind(sense::SpecKind kind) noexcept {
    using S = sense::SpecKind;
    switch (kind) {
        case S::kFaceCamera: return flow::SourceKind::kFace;
        case S::kVoiceMic: return flow::SourceKind::kVoice;
        case S::kMqtt:
        case S::kOsc:
        case S::kLsl:
        case S::kBleHeartRate: return flow::SourceKind::kHeart;
        default: return std::nullopt;
    }
}

std::string no_inference(flow::Deployment deployment) {
    if (care::inference_allowed(deployment)) return {};
    return std::string("in deployment ") + flow::to_string(deployment) + " nothing is inferred from face, voice or body";
}

Result<void> must_be_granted(care::People& people, const Id& person, flow::SourceKind kind, std::int64_t now_ns,
                             flow::Deployment deployment, std::string_view purpose) {
    const std::string sensor = consent_name(kind);
    const auto grant = people.granted(person, sensor, purpose, now_ns, deployment);
    if (grant) return {};
    Error error = grant.error();
    if (error.code == ErrorCode::kRefused && care::inference_allowed(deployment)) {
        error.message += "; the listener gives it with: attune person consent grant " + sensor +
                         (purpose == "session" ? "" : " --purpose " + std::string(purpose));
    }
    return tl::unexpected(std::move(error));
}

namespace {

/// To every source of this sensor in every session of this person that runs.
Result<int> tell_sources(store::Connection& db, const store::Seal& seal, const Id& person, const std::string& sensor,
                         flow::CommandKind what) {
    int told = 0;
    ATTUNE_TRY(const auto sessions, list_sessions(db, person));
    for (const SessionRow& row : sessions) {
        if (row.status != SessionStatus::kRunning) continue;
        ATTUNE_TRY(const auto events, read_events(db, row.id));
        const auto* start = events.empty() ? nullptr : std::get_if<Start>(&events.front().payload);
        if (start == nullptr) continue;
        for (const auto& [id, kind] : start->sources) {
            if (consent_name(kind) != sensor) continue;
            flow::Command command;
            command.id = core::IdSource().next();
            command.kind = what;
            command.args["source"] = id;
            ATTUNE_CHECK(tell(db, row, command, "local", seal));
            ++told;
        }
    }
    return told;
}

}  // namespace

Result<int> grant_consent(store::Connection& db, const store::Seal& seal, const care::Grant& grant, flow::Deployment deployment) {
    ATTUNE_CHECK(care::People(db, seal).grant(grant, deployment));
    if (grant.purpose != "session") return 0;
    return tell_sources(db, seal, grant.person, grant.sensor, flow::CommandKind::kGrantSensor);
}

Result<int> withdraw_consent(store::Connection& db, const store::Seal& seal, const Id& person, const std::string& sensor) {
    ATTUNE_CHECK(care::People(db, seal).withdraw(person, sensor));
    return tell_sources(db, seal, person, sensor, flow::CommandKind::kWithdrawSensor);
}

namespace {

/// Sources whose samples a session keeps, or may keep yet.
Result<std::set<std::string>> sources_with_samples(store::Connection& db, const SessionRow& row) {
    std::set<std::string> sources;
    ATTUNE_TRY(const auto kept, kept_samples(db, row.id));
    for (const KeptSamples& of : kept) sources.insert(of.source);
    if (row.status != SessionStatus::kRunning) return sources;
    ATTUNE_TRY(const auto events, read_events(db, row.id));
    const auto* start = events.empty() ? nullptr : std::get_if<Start>(&events.front().payload);
    if (start == nullptr) return sources;
    for (const auto& [id, kind] : start->sources)
        if (is_body(kind)) sources.insert(id);
    return sources;
}

}  // namespace

Result<std::int64_t> erase_sensor_samples(store::Connection& db, const Id& person, const std::string& sensor, std::int64_t wall_ns) {
    if (sensor != "heart" && sensor != "skin") return 0;
    std::int64_t seconds = 0;
    ATTUNE_TRY(const auto sessions, list_sessions(db, person));
    for (const SessionRow& row : sessions) {
        ATTUNE_TRY(const auto sources, sources_with_samples(db, row));
        for (const std::string& source : sources) {
            ATTUNE_TRY(const auto erased, erase_samples(db, row.id, source, wall_ns));
            seconds += erased;
        }
    }
    return seconds;
}

}  // namespace attune::session
