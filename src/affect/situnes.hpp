// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads the field studies of SiTunes: plays with felt valence and arousal before and after, and a wristband.
///
/// In       the folder situnes as published (SiTunes/Stage2, SiTunes/Stage3 if it is there, music_metadata)
/// Out      one SitunesPlay a row, in the order of time within a person
/// Errors   kNotFound if no stage is there; kCorrupt names file, line and value
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "flow/affect.hpp"

namespace attune::affect {

struct SitunesPlay {
    std::string person;            ///< "7"
    int stage = 2;
    std::int64_t unix_s = 0;
    double seconds = 0.0;          ///< heard; the track's length where it was not recorded
    flow::Va before, after;
    flow::Va expressed;            ///< 2 x - 1 of the published song valence and energy
    double liking = 0.0;           ///< (rating - 3) / 2
    /// Of the 30 minutes before: heart rate relative to the person [SD]; empty = moving or not recorded.
    std::array<std::optional<double>, 30> heart;
};

struct SitunesData {
    std::vector<SitunesPlay> plays;
    std::vector<std::filesystem::path> files;   ///< that were read, for the data's hash
};

[[nodiscard]] Result<SitunesData> read_situnes(const std::filesystem::path& folder);

}  // namespace attune::affect
