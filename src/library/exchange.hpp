// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Tracks out of and into files of other programs: CSV, JSON, ARFF (values), M3U8, JSPF (lists).
///
/// A table's rows are found by "track" (content key), else "path". On import its columns that can
/// be edited become edits where they differ from what is known; empty cells change nothing. Errors
/// kBadArgument: unknown format (names the five); kCorrupt names line or field
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "library/catalogue.hpp"

namespace attune::library {

/// By the end of a file's name; "csv" if it has none.
[[nodiscard]] std::string format_of(std::string_view file);

[[nodiscard]] Result<std::string> export_tracks(Catalogue& catalogue,
                                                const std::vector<const TrackRow*>& rows,
                                                std::string_view format);

struct ImportReport {
    std::size_t entries = 0, matched = 0, edited = 0;
    std::vector<std::string> unmatched;  ///< UTF-8
    std::vector<ContentKey> tracks;      ///< in the file's order
};
[[nodiscard]] Result<ImportReport> import_tracks(Catalogue& catalogue, std::string_view bytes,
                                                 std::string_view format, const std::string& file,
                                                 std::string_view actor, std::int64_t now_ns);

/// Paths of an M3U8 list (comments left out, relative ones below `folder`), and locations of a JSPF
/// list.
[[nodiscard]] std::vector<std::string> parse_m3u8(std::string_view text, const std::string& folder);
[[nodiscard]] Result<std::vector<std::string>> parse_jspf(std::string_view text,
                                                          const std::string& folder);

}  // namespace attune::library
