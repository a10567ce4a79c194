// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The types of flow and of the record as JSON, and events as CBOR (RFC 8949) payloads.
///
/// JSON     snake_case, times in seconds (`t_s`) where people read it; the record keeps nanoseconds
///          (`t_ns`) and every bit of a double. Unknown is null with the key present.
/// Errors   decode: kCorrupt with the name of the field that is missing or of the wrong type.
#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "session/event.hpp"

namespace attune::session {

/// Version of the payload shapes that encode() writes. A new shape is a new number, and decode() keeps
/// reading the old ones.
/// 2: Start has `fixed` and `locked`; 3: and `compose`; 4: Decision has `at_frame`; 5: Start has `listening` and `samples_kept`;
/// 6: Plan has `suggestion`, Policy `askable`, and there are the commands yes and no
inline constexpr int kPayloadVersion = 6;

[[nodiscard]] std::vector<std::uint8_t> encode(const Payload& payload);
[[nodiscard]] Result<Payload> decode(EventKind kind, int version, std::span<const std::uint8_t> bytes);

/// An event as the live page, `session show` and the report read it.
[[nodiscard]] nlohmann::json to_json(const SessionEvent& event);

[[nodiscard]] nlohmann::json to_json(const flow::Va& va);
[[nodiscard]] nlohmann::json to_json(const flow::AffectState& state);
[[nodiscard]] nlohmann::json to_json(const flow::Plan& plan);
[[nodiscard]] nlohmann::json to_json(const flow::Heard& heard);
[[nodiscard]] nlohmann::json to_json(const flow::Policy& policy);

}  // namespace attune::session
