// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Short sound for a simulated track: a pulsing tone of its tempo and loudness. It is not music, and it is tagged SIMULATED.
#include <filesystem>

#include "core/result.hpp"
#include "flow/track_profile.hpp"

namespace attune::library {

/// Writes folder/KEY.flac of `seconds` (5..600), 48 kHz stereo, and makes the profile say so: path, frames, duration,
/// loudness curve and segments end with the file. Errors: kBadArgument; those of media::AudioWriter.
[[nodiscard]] Result<void> write_simulated_audio(flow::TrackProfile& profile, const std::filesystem::path& folder, double seconds);

}  // namespace attune::library
