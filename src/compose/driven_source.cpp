// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: opens the source, then composes ahead. I talk to LiveSource and to the news. I never wait for the engine.
#include "compose/driven_source.hpp"

#include <chrono>
#include <cmath>
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

DrivenSource::DrivenSource(Brief brief, LiveOptions options, Drive drive) : brief_(std::move(brief)), options_(std::move(options)), drive_(drive) {}

std::unique_ptr<DrivenSource> DrivenSource::start(Brief brief, LiveOptions options, Drive drive) {
    if (drive == Drive::kInline) options.patience_s = 0;  // the same every time
    std::unique_ptr<DrivenSource> made(new DrivenSource(std::move(brief), std::move(options), drive));
    if (drive == Drive::kThread) made->thread_ = std::thread([self = made.get()] { self->run(); });
    return made;
}

DrivenSource::~DrivenSource() {
    stop_.store(true, std::memory_order_release);
    if (thread_.joinable()) thread_.join();
}

void DrivenSource::run() noexcept {
    open();
    while (!stop_.load(std::memory_order_acquire) && !failed_.load(std::memory_order_relaxed)) {
        work();
        std::this_thread::sleep_for(kEvery);
    }
}

void DrivenSource::open() noexcept {
    const auto failed = [&](Error error) {
        const std::lock_guard lock(news_->mutex_);
        news_->batch_.error = std::move(error);
        failed_.store(true, std::memory_order_release);
    };
    try {
        auto source = LiveSource::create(brief_, options_);
        if (!source) return failed(source.error());
        source_ = std::move(*source);
        open_.store(source_.get(), std::memory_order_release);
    } catch (const std::exception& e) {
        failed({ErrorCode::kInternal, std::string("the composer did not start: ") + e.what(), {}});
    }
}

void DrivenSource::work() noexcept {
    if (!source_) return;
    try {
        {
            const std::lock_guard lock(mutex_);
            if (wish_) static_cast<void>(source_->set(wish_->target, wish_->controls, wish_->when));  // checked by set()
            wish_.reset();
        }
        if (finish_.load(std::memory_order_acquire)) source_->finish();
        static_cast<void>(source_->work());
        auto events = source_->take_events();
        if (events.empty()) return;
        const std::lock_guard lock(news_->mutex_);
        std::move(events.begin(), events.end(), std::back_inserter(news_->batch_.events));
    } catch (const std::exception& e) {  // the music that is composed plays on to its end
        const std::lock_guard lock(news_->mutex_);
        news_->batch_.error = Error{ErrorCode::kInternal, std::string("the composer stopped: ") + e.what(), {}};
    }
}

Result<void> DrivenSource::set(const flow::Va& target, const Controls& controls, When when) {
    ATTUNE_CHECK(controls.check());
    if (!(std::abs(target.valence) <= 1.0 && std::abs(target.arousal) <= 1.0))
        return fail(ErrorCode::kBadArgument, "target " + core::format_double(target.valence) + "," + core::format_double(target.arousal) +
                                                 "; each is allowed in -1..1");
    const std::lock_guard lock(mutex_);
    wish_ = Wish{target, controls, when};
    return {};
}

Result<void> DrivenSource::prepare(int max_block) {
    if (max_block < 1 || max_block > 1 << 20) return fail(ErrorCode::kBadArgument, "max_block " + std::to_string(max_block) + "; 1..1048576 is allowed");
    return {};
}

std::size_t DrivenSource::process(std::span<float> left, std::span<float> right) noexcept {
    if (drive_ == Drive::kInline) {
        if (!source_ && !failed_.load(std::memory_order_relaxed)) open();
        work();
    }
    LiveSource* source = open_.load(std::memory_order_acquire);
    return source == nullptr ? 0 : source->process(left, right);
}

bool DrivenSource::finished() const noexcept {
    if (failed_.load(std::memory_order_acquire)) return true;
    const LiveSource* source = open_.load(std::memory_order_acquire);
    return source != nullptr && source->finished();
}

}  // namespace attune::compose
