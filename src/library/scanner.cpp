// SPDX-License-Identifier: GPL-3.0-or-later
// The scan's threads: workers read files and describe them (nice 10, no database); the caller's
// thread alone writes the catalogue. They talk through a queue of finished tracks, bounded so that
// memory is.
#include "library/scanner.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "core/log.hpp"
#include "core/text.hpp"
#include "core/usage.hpp"
#include "library/describe_track.hpp"
#include "library/fingerprint.hpp"
#include "library/tags.hpp"
#include "media/content_key.hpp"
#include "store/connection.hpp"

namespace attune::library {
namespace {

constexpr int kNice = 10;
constexpr std::size_t kTagBatch = 500;
constexpr std::size_t kQueue = 8;

/// What a worker made of a file.
struct Outcome {
    std::size_t job = 0;
    std::optional<DescribedTrack> track;  ///< empty: recognised by its key alone, or failed
    ContentKey key;                       ///< set if recognised
    flow::Tags tags;
    std::optional<Error> error;
};

/// Bounded queue of outcomes. mutex_ guards all fields.
class Outbox {
public:
    void put(Outcome outcome) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return queue_.size() < kQueue; });
        queue_.push_back(std::move(outcome));
        there_.notify_one();
    }
    void worker_done() {
        const std::lock_guard lock(mutex_);
        --workers_;
        there_.notify_one();
    }
    /// nullopt when all workers are done and all is taken.
    std::optional<Outcome> take() {
        std::unique_lock lock(mutex_);
        there_.wait(lock, [&] { return !queue_.empty() || workers_ == 0; });
        if (queue_.empty()) return std::nullopt;
        Outcome outcome = std::move(queue_.front());
        queue_.pop_front();
        room_.notify_one();
        return outcome;
    }
    explicit Outbox(std::size_t workers) : workers_(workers) {}

private:
    std::mutex mutex_;
    std::condition_variable room_, there_;
    std::deque<Outcome> queue_;
    std::size_t workers_;
};

class Scan {
public:
    Scan(store::Connection& connection, const TrackModels& models, const ScanOptions& options)
        : db_(&connection), catalogue_(connection), models_(&models), options_(&options),
          analyser_(std::string(kAnalyser) + "+" + models.version()) {}

    Result<ScanReport> run(const std::vector<std::string>& roots);

private:
    Result<void> compare(const std::vector<std::string>& roots, const Found& found);
    Result<void> tag_new_files();
    Result<void> analyse();
    Result<void> store(const Outcome& outcome);
    Result<void> store_track(const FoundFile& file, const Outcome& outcome);
    Result<void> find_duplicates();
    void work(Outbox& outbox);
    Outcome describe(std::size_t job) const;
    void fail_file(const std::string& path, const std::string& reason) {
        report_.failed.push_back({path, reason});
    }
    [[nodiscard]] bool cancelled() const {
        return options_->cancel != nullptr && options_->cancel->cancelled();
    }
    void progress(const char* what, std::size_t done, std::size_t total) const {
        if (options_->progress) options_->progress(what, done, total);
    }

    store::Connection* db_;
    Catalogue catalogue_;
    const TrackModels* models_;
    const ScanOptions* options_;
    std::string analyser_;
    ScanReport report_;
    std::vector<FoundFile> jobs_;   ///< new, changed or not yet analysed
    std::vector<bool> needs_tags_;  ///< per job
    std::unordered_map<ContentKey, bool>
        known_;  ///< analysed by this analyser; read by workers, not written after they start
    std::atomic<std::size_t> next_{0};
};

bool below(const std::string& path, const std::vector<std::string>& roots) {
    return std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
        return path == root ||
               (path.starts_with(root) && (root.back() == '/' || path[root.size()] == '/'));
    });
}

Result<void> Scan::compare(const std::vector<std::string>& roots, const Found& found) {
    ATTUNE_TRY(const auto before, catalogue_.files());
    std::unordered_map<std::string_view, const FileRecord*> by_path;
    for (const FileRecord& f : before) {
        by_path.emplace(f.path, &f);
        if (f.status == FileStatus::kAnalysed && f.analyser == analyser_) known_[f.key] = true;
    }
    for (const FoundFile& f : found.files) {
        const auto at = by_path.find(f.path);
        const FileRecord* old = at == by_path.end() ? nullptr : at->second;
        const bool same = old != nullptr && old->size == f.size && old->mtime_ns == f.mtime_ns;
        if (same && old->analyser == analyser_ && old->status == FileStatus::kAnalysed) {
            ++report_.unchanged;
        } else if (same && old->analyser == analyser_ && old->status == FileStatus::kFailed &&
                   !options_->retry_failed) {
            fail_file(f.path, old->reason);
        } else {
            jobs_.push_back(f);
            needs_tags_.push_back(!same);
        }
    }
    ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
    for (const FileRecord& f : before) {
        const auto at =
            std::lower_bound(found.files.begin(), found.files.end(), f.path,
                             [](const FoundFile& a, const std::string& b) { return a.path < b; });
        if ((at != found.files.end() && at->path == f.path) || !below(f.path, roots)) continue;
        const bool hidden =
            std::any_of(found.failed.begin(), found.failed.end(),
                        [&](const Unreadable& u) { return f.path.starts_with(u.path); });
        if (hidden) continue;  // an unreadable folder does not mean that its music is gone
        ATTUNE_CHECK(catalogue_.remove_file(f.path));
        ++report_.forgotten;
    }
    return transaction.commit();
}

Result<void> Scan::tag_new_files() {
    std::size_t done = 0;
    for (std::size_t first = 0; first < jobs_.size() && !cancelled(); first += kTagBatch) {
        const std::size_t end = std::min(jobs_.size(), first + kTagBatch);
        std::vector<flow::Tags> tags(end - first);
        for (std::size_t i = first; i < end; ++i) {
            if (!needs_tags_[i]) continue;
            if (auto read = read_tags(jobs_[i].path)) tags[i - first] = *std::move(read);
        }
        ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
        for (std::size_t i = first; i < end; ++i) {
            if (!needs_tags_[i]) continue;
            const FoundFile& f = jobs_[i];
            flow::TrackProfile profile;
            profile.path = f.path;
            profile.tags = std::move(tags[i - first]);
            profile.key = provisional_key(f.path, f.size, f.mtime_ns);
            profile.vocals_reason = "not-analysed";
            ATTUNE_CHECK(catalogue_.put_file(
                {f.path, f.size, f.mtime_ns, profile.key, FileStatus::kPending, {}, {}}));
            ATTUNE_CHECK(catalogue_.put(profile, false));
        }
        ATTUNE_CHECK(transaction.commit());
        progress("tags", done = end, jobs_.size());
    }
    return {};
}

Outcome Scan::describe(std::size_t job) const {
    Outcome out;
    out.job = job;
    const FoundFile& f = jobs_[job];
    try {
        if (f.size == 0) {
            out.error = Error{ErrorCode::kCorrupt, "the file is empty (0 bytes)", {}};
            return out;
        }
        // The key costs a few milliseconds; it may save the analysis.
        if (const auto key = media::content_key(f.path, options_->cancel);
            key && known_.contains(*key)) {
            out.key = *key;
            if (auto tags = read_tags(f.path)) out.tags = *std::move(tags);
            return out;
        }
        auto track = describe_track(f.path, *models_, options_->cancel);
        if (track)
            out.track = *std::move(track);
        else
            out.error = std::move(track).error();
    } catch (const std::exception& e) {
        out.error = Error{ErrorCode::kInternal, e.what(), {}};
    }
    return out;
}

void Scan::work(Outbox& outbox) {
    // Linux: the nice value belongs to the thread.
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
    while (!cancelled()) {
        const std::size_t job = next_.fetch_add(1);
        if (job >= jobs_.size()) break;
        outbox.put(describe(job));
    }
    outbox.worker_done();
}

Result<void> Scan::store_track(const FoundFile& file, const Outcome& outcome) {
    ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
    const ContentKey provisional = provisional_key(file.path, file.size, file.mtime_ns);
    if (outcome.track) {
        ATTUNE_CHECK(catalogue_.put(outcome.track->profile, true, outcome.track->fingerprint));
    } else {
        ATTUNE_CHECK(catalogue_.move_track(outcome.key, file.path, outcome.tags));
    }
    const ContentKey key = outcome.track ? outcome.track->profile.key : outcome.key;
    ATTUNE_CHECK(catalogue_.adopt_edits(provisional, key));
    ATTUNE_CHECK(catalogue_.put_file(
        {file.path, file.size, file.mtime_ns, key, FileStatus::kAnalysed, {}, analyser_}));
    ATTUNE_CHECK(catalogue_.remove_track(provisional));
    return transaction.commit();
}

Result<void> Scan::store(const Outcome& outcome) {
    const FoundFile& file = jobs_[outcome.job];
    if (outcome.error) {
        if (outcome.error->code == ErrorCode::kCancelled) return {};
        const std::string reason = outcome.error->message;
        fail_file(file.path, reason);
        const ContentKey provisional = provisional_key(file.path, file.size, file.mtime_ns);
        ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
        ATTUNE_CHECK(catalogue_.put_file({file.path, file.size, file.mtime_ns, provisional,
                                          FileStatus::kFailed, reason, analyser_}));
        ATTUNE_CHECK(catalogue_.remove_track(provisional));
        return transaction.commit();
    }
    ATTUNE_CHECK(store_track(file, outcome));
    if (outcome.track) {
        ++report_.analysed;
        report_.audio_s += outcome.track->profile.duration_s;
        if (!outcome.track->warning.empty())
            report_.warnings.push_back({file.path, outcome.track->warning});
    } else {
        ++report_.unchanged;
        ++report_.recognised;
    }
    return {};
}

Result<void> Scan::analyse() {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t count = std::min<std::size_t>(options_->jobs == 0 ? cores : options_->jobs,
                                                    std::max<std::size_t>(1, jobs_.size()));
    Outbox outbox(count);
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back([&] { work(outbox); });
    Result<void> status;
    std::size_t done = 0;
    while (auto outcome =
               outbox.take()) {  // taken to the end even after an error, so that workers end
        if (status) status = store(*outcome);
        if (!status) next_.store(jobs_.size());
        progress("scan", ++done, jobs_.size());
    }
    return status;
}

Result<void> Scan::find_duplicates() {
    ATTUNE_TRY(const auto prints, catalogue_.fingerprints());
    const auto groups = recording_groups(prints);
    report_.duplicates = groups.size();
    ATTUNE_TRY(const auto rows, catalogue_.rows());
    ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
    for (const TrackRow& row : rows) {
        if (row.simulated) continue;
        const auto at = groups.find(row.key);
        const std::string now = at == groups.end() ? std::string{} : at->second;
        if (now != row.recording_group) ATTUNE_CHECK(catalogue_.set_recording_group(row.key, now));
    }
    return transaction.commit();
}

Result<ScanReport> Scan::run(const std::vector<std::string>& roots) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu_start = core::cpu_seconds();
    ATTUNE_TRY(const auto found, find_music(roots, options_->cancel));
    std::vector<std::string> absolute;
    for (const std::string& root : roots) {
        if (const std::unique_ptr<char, void (*)(void*)> whole(realpath(root.c_str(), nullptr),
                                                               std::free);
            whole)
            absolute.emplace_back(whole.get());
    }
    report_.found = found.files.size() + found.failed.size();
    report_.other = found.other;
    report_.failed = found.failed;
    ATTUNE_CHECK(compare(absolute, found));
    ATTUNE_CHECK(tag_new_files());
    if (!options_->tags_only && !jobs_.empty() && !cancelled()) ATTUNE_CHECK(analyse());
    if (report_.forgotten > 0 || report_.analysed > 0 || report_.recognised > 0) {
        ATTUNE_TRY(const auto orphans, catalogue_.remove_orphans());
        static_cast<void>(orphans);
    }
    if (report_.analysed > 0 && !cancelled()) ATTUNE_CHECK(find_duplicates());
    report_.cancelled = cancelled();
    report_.skipped = report_.found - report_.analysed - report_.unchanged - report_.failed.size();
    report_.wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    report_.cpu_s = core::cpu_seconds() - cpu_start;
    report_.peak_rss_mb = core::peak_rss_mib();
    return std::move(report_);
}

}  // namespace

Result<ScanReport> scan(store::Connection& connection, const std::vector<std::string>& roots,
                        const TrackModels& models, const ScanOptions& options) {
    return Scan(connection, models, options).run(roots);
}

}  // namespace attune::library
