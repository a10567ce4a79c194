// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Writes a finished stereo piece as FLAC, 24 bit, with tags.
///
/// In       left and right [linear, full scale = 1] at kEngineRate, same size; values beyond ±1 are clipped
/// Out      a file, written beside its target and renamed over it; same input and library, same bytes
/// Threads  any
/// Errors   kIo names the file; kInternal FFmpeg's own words
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "core/result.hpp"

namespace attune::media {

/// Vorbis comment names in upper case ("TITLE", "REPLAYGAIN_TRACK_GAIN") to UTF-8 values.
using FlacTags = std::map<std::string, std::string>;

[[nodiscard]] Result<void> write_flac(const std::filesystem::path& file, std::span<const float> left,
                                      std::span<const float> right, const FlacTags& tags);

}  // namespace attune::media
