// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A LiveSource that looks after itself: opened, composed ahead and closed by its own worker, so that whoever plays it sees an
/// AudioSource and nothing else.
///
/// Out      as LiveSource; until the soundfont is loaded process() says "not there yet" (0 frames, not finished)
/// Drive    kThread: a compose worker of its own opens the source and works every 25 ms. kInline: for files and tests,
///          faster than time and the same every time: process() opens and composes itself (not RT-SAFE then)
/// Threads  start(), set(), finish(): one thread. news(): any. process(): the engine's; with kThread it is RT-SAFE
///          as far as LiveSource is. The destructor joins: not for a real-time thread
/// Errors   none at start: what fails later is in the news, and the source is finished
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "compose/live_source.hpp"

namespace attune::compose {

enum class Drive { kThread, kInline };

/// What the record wants to know; may outlive the source.
class ComposeNews {
public:
    struct Batch {
        std::vector<LiveEvent> events;
        std::optional<Error> error;   ///< the source could not be opened
    };
    /// Everything since the last call.
    [[nodiscard]] Batch take();

private:
    friend class DrivenSource;
    std::mutex mutex_;  ///< guards batch_
    Batch batch_;
};

class DrivenSource final : public flow::AudioSource {
public:
    [[nodiscard]] static std::unique_ptr<DrivenSource> start(Brief brief, LiveOptions options, Drive drive);
    ~DrivenSource() override;
    DrivenSource(const DrivenSource&) = delete;
    DrivenSource& operator=(const DrivenSource&) = delete;

    /// As LiveSource::set(); before the source is open the newest call is kept for then.
    [[nodiscard]] Result<void> set(const flow::Va& target, const Controls& controls, When when);
    void finish() noexcept { finish_.store(true, std::memory_order_release); }
    [[nodiscard]] std::shared_ptr<ComposeNews> news() const noexcept { return news_; }

    [[nodiscard]] Result<void> prepare(int max_block) override;
    [[nodiscard]] std::size_t process(std::span<float> left, std::span<float> right) noexcept override;
    [[nodiscard]] bool finished() const noexcept override;
    [[nodiscard]] FrameCount latency() const noexcept override { return {0}; }

private:
    struct Wish {
        flow::Va target;
        Controls controls;
        When when = When::kBar;
    };
    DrivenSource(Brief brief, LiveOptions options, Drive drive);
    void run() noexcept;
    void open() noexcept;
    void work() noexcept;

    Brief brief_;
    LiveOptions options_;
    Drive drive_;
    std::shared_ptr<ComposeNews> news_ = std::make_shared<ComposeNews>();
    std::unique_ptr<LiveSource> source_;           // worker, until it is published in open_
    std::atomic<LiveSource*> open_{nullptr};
    std::atomic<bool> failed_{false}, stop_{false}, finish_{false};
    std::mutex mutex_;                             ///< guards wish_: set() and the worker, never the engine
    std::optional<Wish> wish_;
    std::thread thread_;
};

}  // namespace attune::compose
