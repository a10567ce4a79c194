// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A LiveSource that looks after itself: opened, composed ahead and closed by its own worker, so that whoever plays it sees an
/// AudioSource and nothing else.
///
/// Out      as LiveSource; until the soundfont is loaded process() says "not there yet" (0 frames, not finished)
/// Drive    kThread: a compose worker of its own opens the source and works every 25 ms. kInline: for files and tests,
///          faster than time and the same every time: process() opens and composes itself (not RT-SAFE then)
/// Opening  with kThread nothing is opened before handle().open() or the first process(): items that wait their turn cost nothing
/// Threads  start(), set(), finish(): one thread. news(): any. process(): the engine's; with kThread it is RT-SAFE
///          as far as LiveSource is. The destructor waits for nothing that takes long: a worker that is still decoding
///          the soundfont is left to end by itself
/// Errors   none at start: what fails later is in the news, and the source is finished
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
        std::optional<Score> head;    ///< once, when the source is open: style, key, seed; no notes
        std::vector<LiveEvent> events;
        std::optional<Error> error;   ///< the source could not be opened
    };
    /// Everything since the last call.
    [[nodiscard]] Batch take();

private:
    friend class DrivenSource;  // writes
    std::mutex mutex_;  ///< guards batch_
    Batch batch_;
};

class ComposeHandle;

class DrivenSource final : public flow::AudioSource {
public:
    [[nodiscard]] static std::unique_ptr<DrivenSource> start(Brief brief, LiveOptions options, Drive drive);
    ~DrivenSource() override;
    DrivenSource(const DrivenSource&) = delete;
    DrivenSource& operator=(const DrivenSource&) = delete;

    /// As LiveSource::set(); before the source is open the newest call is kept for then.
    [[nodiscard]] Result<void> set(const flow::Va& target, const Controls& controls, When when);
    void finish() noexcept;
    [[nodiscard]] std::shared_ptr<ComposeNews> news() const noexcept;
    [[nodiscard]] ComposeHandle handle() const noexcept;

    [[nodiscard]] Result<void> prepare(int max_block) override;
    [[nodiscard]] std::size_t process(std::span<float> left, std::span<float> right) noexcept override;
    [[nodiscard]] bool finished() const noexcept override;
    [[nodiscard]] FrameCount latency() const noexcept override { return {0}; }

private:
    friend class ComposeHandle;
    struct Shared;
    DrivenSource(std::shared_ptr<Shared> shared, Drive drive);

    std::shared_ptr<Shared> shared_;  // with the worker, which may outlive us by the time of a decoding
    Drive drive_;
    std::thread thread_;
};

/// Opens and steers a DrivenSource that somebody else owns; may outlive it, and then does nothing.
class ComposeHandle {
public:
    ComposeHandle() = default;
    void open() noexcept;
    /// As DrivenSource::set().
    [[nodiscard]] Result<void> set(const flow::Va& target, const Controls& controls, When when);

private:
    friend class DrivenSource;
    std::weak_ptr<DrivenSource::Shared> shared_;
};

}  // namespace attune::compose
