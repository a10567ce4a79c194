// SPDX-License-Identifier: GPL-3.0-or-later
// I talk to the catalogue through a connection of my own and to nobody else; I never touch a
// session.
#include "serve/scan_job.hpp"

#include <algorithm>

#include "core/paths.hpp"
#include "core/text.hpp"
#include "session/starter.hpp"

namespace attune::serve {
namespace fs = std::filesystem;

ScanJob::ScanJob(fs::path data_dir) : data_dir_(std::move(data_dir)) {
    if (const auto text = core::read_file(data_dir_ / "music_folders", 1U << 20)) {
        for (const std::string_view line : core::split(*text, '\n')) {
            if (!line.empty()) folders_.emplace_back(line);
        }
    }
}

ScanJob::~ScanJob() {
    cancel();
    if (thread_.joinable()) thread_.join();
}

std::shared_ptr<core::CancelToken> ScanJob::cancel_token() const {
    const std::lock_guard lock(mutex_);
    return cancel_;
}

Result<void> ScanJob::start(std::vector<std::string> folders,
                            std::unique_ptr<store::Connection> db) {
    for (const std::string& folder : folders) {
        std::error_code ec;
        if (!fs::is_directory(folder, ec)) {
            return fail(ErrorCode::kNotFound,
                        "there is no folder '" + folder + "' on this machine");
        }
        if (folder.find('\n') != std::string::npos)
            return fail(ErrorCode::kBadArgument, "a folder's name has a line break");
    }
    const std::lock_guard lock(mutex_);
    if (state_.running) return fail(ErrorCode::kBusy, "a scan is running; cancel it first");
    for (const std::string& folder : folders) {
        if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end())
            folders_.push_back(folder);
    }
    if (folders.empty()) folders = folders_;
    if (folders.empty()) return fail(ErrorCode::kBadArgument, "name a folder with music first");
    std::string text;
    for (const std::string& folder : folders_) text += folder + "\n";
    ATTUNE_CHECK(core::write_file_atomically(data_dir_ / "music_folders", text));
    begin([this, folders = std::move(folders), db = std::shared_ptr<store::Connection>(std::move(db))](
              const core::CancelToken& cancelled) {
        library::ScanOptions options;
        options.cancel = &cancelled;
        options.progress = [this](const char*, std::size_t done, std::size_t total) { progress(done, total); };
        return library::scan(*db, folders, library::TrackModels::load(data_dir_), options);
    });
    return {};
}

Result<void> ScanJob::start_starter(std::unique_ptr<session::Space> space) {
    const std::lock_guard lock(mutex_);
    if (state_.running) return fail(ErrorCode::kBusy, "a scan is running; cancel it first");
    begin([this, space = std::shared_ptr<session::Space>(std::move(space))](
              const core::CancelToken& cancelled) -> Result<library::ScanReport> {
        ATTUNE_CHECK(session::ensure_music(*space, cancelled, [this](const char*, std::size_t done, std::size_t total) {
            progress(done, total);
        }));
        ATTUNE_TRY(const auto world, space->world());
        library::ScanReport report;
        report.found = report.analysed = world.view->size();
        return report;
    });
    return {};
}

/// mutex_ is held. The work is shared with a function that is copied.
void ScanJob::begin(Work work) {
    if (thread_.joinable()) thread_.join();
    cancel_ = std::make_shared<core::CancelToken>();
    state_ = {};
    state_.running = state_.any = true;
    begun_ = std::chrono::steady_clock::now();
    thread_ = std::thread([this, work = std::move(work)] { run(work); });
}

void ScanJob::progress(std::size_t done, std::size_t total) {
    const std::lock_guard lock(mutex_);
    state_.done = done;
    state_.total = total;
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    state_.left_s = done > 0 ? std::optional(s * static_cast<double>(total - done) / static_cast<double>(done)) : std::nullopt;
}

void ScanJob::run(const Work& work) {
    Result<library::ScanReport> report = fail(ErrorCode::kInternal, "the scan ended by an exception");
    try {
        const auto token = cancel_token();
        report = work(*token);
    } catch (const std::exception& e) {
        report = fail(ErrorCode::kInternal, std::string("the scan ended by an exception: ") + e.what());
    }
    const std::lock_guard lock(mutex_);
    state_.running = false;
    if (report) {
        state_.report = *std::move(report);
    } else {
        state_.error = report.error().message;
    }
}

ScanState ScanJob::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

std::vector<std::string> ScanJob::folders() const {
    const std::lock_guard lock(mutex_);
    return folders_;
}

}  // namespace attune::serve
