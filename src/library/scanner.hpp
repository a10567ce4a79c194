// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Brings the catalogue up to date with what lies in some folders.
///
/// (1) walk the folders; (2) tags of new and changed files, in batches; (3) analysis on all cores
/// at nice 10, each track committed on its own: `kill -9` loses the tracks in hand, the next scan
/// goes on. A file with the size and time that it had is not opened. A moved or re-tagged file is
/// recognised by its content key and keeps analysis and edits. Files that are gone from these
/// folders are forgotten; edits never are.
///
/// Threads  scan() owns the catalogue's connection for its time; workers only read files
/// Errors   a file that fails is an entry in the report, not an error; those of find_music and the
/// store end it
#include <functional>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "library/catalogue.hpp"
#include "library/track_models.hpp"
#include "library/walk.hpp"

namespace attune::library {

struct ScanOptions {
    unsigned jobs = 0;          ///< 0 = one a core
    bool tags_only = false;     ///< stop after (2)
    bool retry_failed = false;  ///< look again at unchanged files that failed before
    const core::CancelToken* cancel = nullptr;
    std::function<void(const char* what, std::size_t done, std::size_t total)> progress;
};

struct ScanReport {
    std::size_t found = 0;  ///< music files by name = analysed + unchanged + skipped + failed
    std::size_t analysed = 0;
    std::size_t unchanged = 0;       ///< not read again, or recognised as moved or re-tagged
    std::size_t recognised = 0;      ///< of these: under a new path or with new tags
    std::size_t skipped = 0;         ///< left for another time (tags only, cancelled)
    std::size_t other = 0;           ///< files that are not music by name
    std::size_t forgotten = 0;       ///< files that are gone
    std::size_t duplicates = 0;      ///< tracks that share a recording with another
    std::vector<Unreadable> failed;  ///< path and reason; also unchanged files that failed before
    std::vector<Unreadable> warnings;
    bool cancelled = false;
    double audio_s = 0.0, cpu_s = 0.0, wall_s = 0.0, peak_rss_mb = 0.0;
};

[[nodiscard]] Result<ScanReport> scan(store::Connection& connection,
                                      const std::vector<std::string>& roots,
                                      const TrackModels& models, const ScanOptions& options);

}  // namespace attune::library
