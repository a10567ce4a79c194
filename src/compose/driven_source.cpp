// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: opens the source, then composes ahead. I talk to LiveSource and to the news. I never wait for the engine.
#include "compose/driven_source.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace attune::compose {
namespace {
constexpr auto kEvery = std::chrono::milliseconds(25);
}  // namespace

ComposeNews::Batch ComposeNews::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(batch_, {});
}

struct DrivenSource::Shared {
    struct Wish {
        flow::Va target;
        Controls controls;
        When when = When::kBar;
    };
    Brief brief;
    LiveOptions options;
    std::shared_ptr<ComposeNews> news = std::make_shared<ComposeNews>();
    std::unique_ptr<LiveSource> source;       // worker, until it is published in `open`
    std::atomic<LiveSource*> open{nullptr};
    std::atomic<bool> failed{false}, finish{false};
    std::mutex mutex;                         ///< guards wish, stop: owner and worker, never the engine
    std::condition_variable wake;
    std::optional<Wish> wish;
    bool stop = false;
    std::atomic<bool> may_open{false};

    void open_source() noexcept {
        const auto failing = [&](Error error) {
            const std::lock_guard lock(news->mutex_);
            news->batch_.error = std::move(error);
            failed.store(true, std::memory_order_release);
        };
        try {
            auto made = LiveSource::create(brief, options);
            if (!made) return failing(made.error());
            source = std::move(*made);
            {
                const std::lock_guard lock(news->mutex_);
                news->batch_.head = source->head();
            }
            open.store(source.get(), std::memory_order_release);
        } catch (const std::exception& e) {
            failing({ErrorCode::kInternal, std::string("the composer did not start: ") + e.what(), {}});
        }
    }

    void work() noexcept {
        if (!source) return;
        try {
            {
                const std::lock_guard lock(mutex);
                if (wish) static_cast<void>(source->set(wish->target, wish->controls, wish->when));  // checked by set()
                wish.reset();
            }
            if (finish.load(std::memory_order_acquire)) source->finish();
            static_cast<void>(source->work());
            auto events = source->take_events();
            if (events.empty()) return;
            const std::lock_guard lock(news->mutex_);
            std::move(events.begin(), events.end(), std::back_inserter(news->batch_.events));
        } catch (const std::exception& e) {  // the music that is composed plays on to its end
            const std::lock_guard lock(news->mutex_);
            news->batch_.error = Error{ErrorCode::kInternal, std::string("the composer stopped: ") + e.what(), {}};
        }
    }

    void run() noexcept {
        std::unique_lock lock(mutex);
        // The engine may ask by process(), which cannot wake anybody: so the worker looks.
        while (!stop && !may_open.load(std::memory_order_acquire)) wake.wait_for(lock, kEvery);
        if (stop) return;
        lock.unlock();
        open_source();
        lock.lock();
        while (!stop && !failed.load(std::memory_order_relaxed)) {
            lock.unlock();
            work();
            lock.lock();
            wake.wait_for(lock, kEvery, [&] { return stop || wish.has_value(); });
        }
    }
};

DrivenSource::DrivenSource(std::shared_ptr<Shared> shared, Drive drive) : shared_(std::move(shared)), drive_(drive) {}

std::unique_ptr<DrivenSource> DrivenSource::start(Brief brief, LiveOptions options, Drive drive) {
    if (drive == Drive::kInline) options.patience_s = 0;  // the same every time
    auto shared = std::make_shared<Shared>();
    shared->brief = std::move(brief);
    shared->options = std::move(options);
    std::unique_ptr<DrivenSource> made(new DrivenSource(shared, drive));
    if (drive == Drive::kThread) made->thread_ = std::thread([shared] { shared->run(); });
    return made;
}

DrivenSource::~DrivenSource() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->stop = true;
    }
    shared_->wake.notify_all();
    const bool decoding = shared_->may_open.load() && shared_->open.load() == nullptr && !shared_->failed.load();
    if (decoding) thread_.detach(); else thread_.join();
}

std::shared_ptr<ComposeNews> DrivenSource::news() const noexcept { return shared_->news; }
void DrivenSource::finish() noexcept { shared_->finish.store(true, std::memory_order_release); }

ComposeHandle DrivenSource::handle() const noexcept {
    ComposeHandle handle;
    handle.shared_ = shared_;
    return handle;
}

Result<void> DrivenSource::set(const flow::Va& target, const Controls& controls, When when) { return handle().set(target, controls, when); }

void ComposeHandle::open() noexcept {
    const auto shared = shared_.lock();
    if (!shared) return;
    shared->may_open.store(true, std::memory_order_release);
    shared->wake.notify_all();
}

Result<void> ComposeHandle::set(const flow::Va& target, const Controls& controls, When when) {
    ATTUNE_CHECK(controls.check());
    if (!(std::abs(target.valence) <= 1.0 && std::abs(target.arousal) <= 1.0))
        return fail(ErrorCode::kBadArgument, "target " + core::format_double(target.valence) + "," + core::format_double(target.arousal) +
                                                 "; each is allowed in -1..1");
    const auto shared = shared_.lock();
    if (!shared) return {};
    {
        const std::lock_guard lock(shared->mutex);
        shared->wish = DrivenSource::Shared::Wish{target, controls, when};
    }
    shared->wake.notify_all();
    return {};
}

Result<void> DrivenSource::prepare(int max_block) {
    if (max_block < 1 || max_block > 1 << 20) return fail(ErrorCode::kBadArgument, "max_block " + std::to_string(max_block) + "; 1..1048576 is allowed");
    return {};
}

std::size_t DrivenSource::process(std::span<float> left, std::span<float> right) noexcept {
    if (drive_ == Drive::kInline) {
        if (!shared_->source && !shared_->failed.load(std::memory_order_relaxed)) shared_->open_source();
        shared_->work();
    }
    LiveSource* source = shared_->open.load(std::memory_order_acquire);
    if (source == nullptr) shared_->may_open.store(true, std::memory_order_release);
    return source == nullptr ? 0 : source->process(left, right);
}

bool DrivenSource::finished() const noexcept {
    if (shared_->failed.load(std::memory_order_acquire)) return true;
    const LiveSource* source = shared_->open.load(std::memory_order_acquire);
    return source != nullptr && source->finished();
}

}  // namespace attune::compose
