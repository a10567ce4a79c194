// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The last gain stage, in the sink's callback: stop, silence without a click, true-peak limiter.
///
/// In       the ring that the engine thread fills; Out  what the ears get
/// Stop     stop() from any thread: silence fade_s later, whatever the engine, decoders or store do
/// Dry      when the ring runs low the last frames in it are faded out; it comes back with a fade
/// Threads  pull(): the sink's thread, RT-SAFE.  stop(), unstop(), counters: any
#include <atomic>
#include <cstdint>
#include <span>

#include "core/spsc_ring.hpp"
#include "play/limiter.hpp"
#include "play/reader.hpp"

namespace attune::play {

class OutputStage {
public:
    explicit OutputStage(core::SpscRing<Frame>& ring, double stop_fade_s = 0.35);
    /// Fills both spans; returns the frames that came from the ring.
    std::size_t pull(std::span<float> left, std::span<float> right) noexcept;
    /// True if pull() of so many frames would fade out for want of them. The sink's thread.
    [[nodiscard]] bool dry_for(std::size_t frames) const noexcept;
    void stop() noexcept { stopping_.store(true, std::memory_order_release); }
    void unstop() noexcept { stopping_.store(false, std::memory_order_release); }
    /// The engine will give no more: running dry is no underrun.
    void expect_end(bool on) noexcept { end_expected_.store(on, std::memory_order_relaxed); }
    [[nodiscard]] bool silent() const noexcept { return silent_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t underruns() const noexcept {
        return underruns_.load(std::memory_order_relaxed);
    }
    /// Smallest limiter gain so far [dB, <= 0].
    [[nodiscard]] double limited_db() const noexcept;
    /// Engine frame of the next frame that pull() gives (before the limiter's delay).
    [[nodiscard]] std::int64_t taken() const noexcept {
        return taken_.load(std::memory_order_acquire);
    }

private:
    static constexpr std::size_t kBlock = 512;
    void block(std::span<float> left, std::span<float> right) noexcept;
    core::SpscRing<Frame>& ring_;
    TruePeakLimiter limiter_;
    float stop_step_;
    float stop_gain_ = 1.0F;
    float dry_gain_ = 0.0F, dry_step_ = 0.0F;
    bool running_ = false;
    bool ever_ = false;
    std::array<Frame, kBlock> frames_{};
    std::atomic<bool> stopping_{false}, end_expected_{false}, silent_{true};
    std::atomic<std::uint64_t> underruns_{0};
    std::atomic<float> lowest_{1.0F};
    std::atomic<std::int64_t> taken_{0};
};

}  // namespace attune::play
