// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/heart_rate_measurement.hpp"

namespace attune::sense {
namespace {

constexpr unsigned kWide = 1U << 0, kContactSeen = 1U << 1, kContactKnown = 1U << 2, kEnergy = 1U << 3, kIntervals = 1U << 4;
constexpr float kTickMs = 1000.0F / 1024.0F;

}  // namespace

std::optional<HeartRateMeasurement> parse_heart_rate_measurement(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return std::nullopt;
    const unsigned flags = bytes[0];
    const std::size_t rate_bytes = (flags & kWide) != 0 ? 2 : 1;
    const std::size_t energy_bytes = (flags & kEnergy) != 0 ? 2 : 0;
    std::size_t at = 1 + rate_bytes + energy_bytes;
    if (bytes.size() < at) return std::nullopt;
    HeartRateMeasurement out;
    out.bpm = bytes[1] + (rate_bytes == 2 ? 256 * bytes[2] : 0);
    if ((flags & kContactKnown) != 0) out.contact = (flags & kContactSeen) != 0;
    if ((flags & kIntervals) == 0) return out;
    for (; at + 1 < bytes.size(); at += 2) {
        out.rr_ms.push_back(static_cast<float>(bytes[at] + 256 * bytes[at + 1]) * kTickMs);
    }
    return out;
}

}  // namespace attune::sense
