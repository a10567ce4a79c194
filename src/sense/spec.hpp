// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The text that names a sensor on the command line: "simulated:anxious?seed=7&family=iso-true".
///
/// In       SCHEME:PLACE[?KEY=VALUE&...], UTF-8; %XX in values is decoded
/// Out      its parts, checked against the table of schemes below
/// Errors   kBadArgument: unknown scheme, place or key (names the nearest one), a value out of its range
///
///     face:camera:0   face:video:FILE   voice:mic[:N]   voice:wav:FILE   replay:DIR
///     simulated:PERSONA?seed=N&family=F   mqtt://HOST[:PORT]/TOPIC   osc://[HOST]:PORT[/PREFIX]   lsl:NAME
///     ble:hr[:ADDRESS]
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::sense {

enum class SpecKind {
    kFaceCamera, kFaceVideo, kVoiceMic, kVoiceWav, kReplay, kSimulated, kMqtt, kOsc, kLsl, kBleHeartRate
};
/// "face:camera", "simulated", ...
[[nodiscard]] const char* to_string(SpecKind kind) noexcept;

struct Spec {
    SpecKind kind = SpecKind::kSimulated;
    std::string text;                           ///< as it was written
    std::string place;                          ///< device number, file, folder, persona, URL rest, name
    std::map<std::string, std::string> params;  ///< only keys that the kind knows

    /// params[key] as a number; `fallback` where it is absent.
    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t fallback) const;
    [[nodiscard]] double number(const std::string& key, double fallback) const;
    [[nodiscard]] std::string string(const std::string& key, std::string_view fallback) const;
    /// Short id for the frames of this source: "face", "simulated", "wrist" (?id=wrist).
    [[nodiscard]] std::string source_id() const;
};

[[nodiscard]] Result<Spec> parse_spec(std::string_view text);

/// One line a kind, for --help and errors: "replay:DIR  a folder with CSV, Empatica E4 or EDF+ files".
[[nodiscard]] std::vector<std::string> spec_help();

}  // namespace attune::sense
