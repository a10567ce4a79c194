// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A track's profile as bytes (CBOR, with a version) and back. Numbers survive exactly.
///
/// Errors   decode(): kCorrupt for bytes that are no profile, kVersion for a newer one
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "flow/track_profile.hpp"

namespace attune::library {

[[nodiscard]] std::vector<std::uint8_t> encode(const flow::TrackProfile& profile);
[[nodiscard]] Result<flow::TrackProfile> decode(std::span<const std::uint8_t> bytes);

}  // namespace attune::library
