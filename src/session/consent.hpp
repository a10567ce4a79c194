// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Leave to open a sensor: asked for before any device is opened, and taken back while a session runs.
///
/// Heart straps, wristbands, and streams of MQTT, OSC and LSL count as "heart": body sensors that inform
/// activation. Recordings and simulated listeners are no devices and need no leave.
/// Errors   kRefused naming sensor, rule and what to do; those of care::People
#include <optional>
#include <string>
#include <string_view>

#include "care/people.hpp"
#include "flow/evidence.hpp"
#include "flow/policy.hpp"
#include "sense/spec.hpp"
#include "store/connection.hpp"
#include "store/seal.hpp"

namespace attune::session {

/// "face", "voice", "heart", "eeg": as consent names it.
[[nodiscard]] const char* consent_name(flow::SourceKind kind) noexcept;

/// What a device of this kind would tell; empty = no device: a recording, or simulated.
[[nodiscard]] std::optional<flow::SourceKind> device_kind(sense::SpecKind kind) noexcept;

/// Why nothing is inferred where Attune is used; empty = it may be.
[[nodiscard]] std::string no_inference(flow::Deployment deployment);

/// No device is opened before this said yes.
[[nodiscard]] Result<void> must_be_granted(care::People& people, const Id& person, flow::SourceKind kind,
                                           std::int64_t now_ns, flow::Deployment deployment,
                                           std::string_view purpose = "session");

/// Grants, and tells every session of this person that runs: what was let go of there may be opened again.
[[nodiscard]] Result<int> grant_consent(store::Connection& db, const store::Seal& seal, const care::Grant& grant,
                                        flow::Deployment deployment);

/// Withdraws, and tells every session of this person that runs to let go of such sources. Returns how many
/// sources were told of.
[[nodiscard]] Result<int> withdraw_consent(store::Connection& db, const store::Seal& seal, const Id& person,
                                           const std::string& sensor);

/// Erases the samples that the person's sessions kept of heart and skin ("heart" or "skin": one wearable gives both); of
/// the other sensors none are ever kept. In a session that runs nothing more of them is written. Returns how many seconds
/// there were.
[[nodiscard]] Result<std::int64_t> erase_sensor_samples(store::Connection& db, const Id& person, const std::string& sensor,
                                                        std::int64_t wall_ns);

}  // namespace attune::session
