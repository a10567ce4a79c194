// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Tracks and scans as JSON, for `--json`, the web app and exports. Schema "attune.track/1",
/// "attune.scan/1".
#include <string>
#include <vector>

#include "flow/track_profile.hpp"
#include "library/catalogue.hpp"
#include "library/scanner.hpp"

namespace attune::library {

/// Everything of a track; unknown = null with the key present.
[[nodiscard]] std::string track_json(const flow::TrackProfile& profile,
                                     const std::vector<Edit>& edits, int indent = -1);
[[nodiscard]] std::string scan_json(const ScanReport& report);
/// A page of rows: {schema, total, rows: [...]}.
[[nodiscard]] std::string rows_json(const std::vector<const TrackRow*>& rows, std::size_t total);
/// "C", "C#" ... "B".
[[nodiscard]] const char* pitch_name(int pitch_class);

}  // namespace attune::library
