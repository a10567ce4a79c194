// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The scan that a page started: one at a time, in a thread of its own, with progress and cancel.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "library/scanner.hpp"
#include "session/space.hpp"

namespace attune::serve {

struct ScanState {
    bool running = false;
    std::size_t done = 0, total = 0;
    std::optional<double> left_s;
    library::ScanReport report;  ///< of the last scan that ended
    std::string error;           ///< why it ended early; empty = it did not
    bool any = false;            ///< a scan was started since the server began
};

/// Threads: any.
class ScanJob {
public:
    /// The folders that were scanned are remembered in data_dir/music_folders.
    explicit ScanJob(std::filesystem::path data_dir);
    ~ScanJob();
    /// Empty = the remembered ones. kBusy if one runs, kNotFound for a folder that is not there,
    /// kBadArgument if no folder is known.
    [[nodiscard]] Result<void> start(std::vector<std::string> folders,
                                     std::unique_ptr<store::Connection> db);
    /// Composes the starter library, if there is no music at all, and scans it. kBusy as above.
    [[nodiscard]] Result<void> start_starter(std::unique_ptr<session::Space> space);
    void cancel() { cancel_token()->cancel(); }
    [[nodiscard]] ScanState state() const;
    [[nodiscard]] std::vector<std::string> folders() const;

private:
    using Work = std::function<Result<library::ScanReport>(const core::CancelToken&)>;
    void begin(Work work);
    void run(const Work& work);
    void progress(std::size_t done, std::size_t total);
    [[nodiscard]] std::shared_ptr<core::CancelToken> cancel_token() const;

    const std::filesystem::path data_dir_;
    mutable std::mutex mutex_;  ///< guards all below
    ScanState state_;
    std::vector<std::string> folders_;
    std::chrono::steady_clock::time_point begun_;
    std::shared_ptr<core::CancelToken> cancel_ =
        std::make_shared<core::CancelToken>();  ///< shared with the thread
    std::thread thread_;
};

}  // namespace attune::serve
