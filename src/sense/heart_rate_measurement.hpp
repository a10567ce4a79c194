// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The Bluetooth characteristic 0x2A37 (Heart Rate Service 1.0, section 3.1): what a strap sends.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace attune::sense {

struct HeartRateMeasurement {
    int bpm = 0;
    std::optional<bool> contact;     ///< empty = the strap cannot tell
    std::vector<float> rr_ms;        ///< oldest first
};

/// Empty if the bytes end before what their flags promise.
[[nodiscard]] std::optional<HeartRateMeasurement> parse_heart_rate_measurement(std::span<const std::uint8_t> bytes);

}  // namespace attune::sense
