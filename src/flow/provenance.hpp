// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Where a sample came from; it travels with every sample and the worst one wins.
#include <algorithm>
#include <string>

namespace attune::flow {

/// In order of trust: a result is as good as its worst input.
enum class Origin { kLive, kReplayed, kSimulated };

struct Provenance {
    Origin origin = Origin::kLive;
    std::string device;  ///< "Empatica E4", "persona anxious"; empty = unknown
    std::string driver;  ///< our reader and its version, "csv/1"
    bool operator==(const Provenance&) const = default;
};

[[nodiscard]] inline Origin worst(Origin a, Origin b) { return std::max(a, b); }
/// "live", "replayed", "simulated".
[[nodiscard]] const char* to_string(Origin origin) noexcept;

}  // namespace attune::flow
