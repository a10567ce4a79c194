// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The engine: the timeline, and, when it renders, the voices that follow it.
///
/// In       items and controls by a ring from one other thread
/// Out      step(): nothing but the timeline (fast run without samples); render(): stereo at 48
/// kHz.
///          Joins, events, Heard and exposure leave by rings, the same in both
/// Threads  post(), take_*(): the control side, one thread at a time. step(), render(): the engine
///          side. render() is RT-SAFE: it allocates, locks, logs and opens nothing
/// Failure  a late reader fades to the safe bed and back; a failed one is left out; NaN mutes its
/// voice
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "core/spsc_ring.hpp"
#include "play/bed.hpp"
#include "play/control.hpp"
#include "play/dose.hpp"
#include "play/guard.hpp"
#include "play/meter.hpp"
#include "play/timeline.hpp"
#include "play/voice.hpp"

namespace attune::play {

struct EngineConfig {
    TimelineConfig timeline;
    OutputProfile output;
    bool samples = true;  ///< false: step() only, no reader is opened
    bool startle_guard = false;
    double startle_lu = 6.0;
    double ceiling_dba = 65.0;  ///< enforced on the sound only where output.calibrated
    double read_ahead_s = 6.0;  ///< >= 5
};

/// What crosses to the engine.
struct Message {
    enum class Kind : std::uint8_t { kItem, kAdopt, kControl };
    Kind kind = Kind::kControl;
    const Item* item = nullptr;
    Control control = {};
    Adoption adoption = {};
};

class Engine {
public:
    [[nodiscard]] static Result<std::unique_ptr<Engine>> create(const EngineConfig& config);
    ~Engine();

    // control side
    [[nodiscard]] bool post(const Message& message) noexcept { return inbox_.push(message); }
    [[nodiscard]] bool take(flow::Heard& heard) noexcept { return heard_.pop(heard); }
    [[nodiscard]] bool take(Event& event) noexcept { return events_.pop(event); }
    [[nodiscard]] bool take(Join& join) noexcept { return joins_.pop(join); }
    [[nodiscard]] bool take(Exposure& exposure) noexcept { return exposures_.pop(exposure); }

    // engine side
    void step(std::int64_t frames) noexcept;
    void render(std::span<float> left, std::span<float> right) noexcept;
    /// render() of `frames` would not have to wait: every voice has its samples, the next item is
    /// open. For runs that are faster than the clock.
    [[nodiscard]] bool ready(std::int64_t frames) noexcept;
    [[nodiscard]] std::int64_t frame() const noexcept { return timeline_.frame(); }
    /// The same, from any thread.
    [[nodiscard]] std::int64_t heard_frame() const noexcept {
        return frame_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_relaxed); }
    /// Smallest number of seconds that lies decoded ahead of a sounding voice.
    [[nodiscard]] double buffered_s() const noexcept {
        return buffered_s_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t lost_messages() const noexcept {
        return lost_.load(std::memory_order_relaxed);
    }

private:
    explicit Engine(const EngineConfig& config);
    static constexpr int kReaders = 8;
    void take_messages() noexcept;
    void follow(const Segment& s) noexcept;
    void follow_voice(Voice& v, const VoiceSegment& s) noexcept;
    [[nodiscard]] Timeline::Expected unheard() const noexcept;
    void preload() noexcept;
    void news_of_readers() noexcept;
    void watch_supply(const Segment& s) noexcept;
    void report() noexcept;
    void say_heard() noexcept;
    [[nodiscard]] std::int64_t to_next_tick() const noexcept;
    void exposure_of_second() noexcept;
    [[nodiscard]] Reader* reader_for(const Item* item, std::int64_t first) noexcept;
    [[nodiscard]] bool in_use(const Reader* r) const noexcept;
    [[nodiscard]] Voice* voice_of(std::uint32_t play) noexcept;
    EngineConfig config_;
    Timeline timeline_;
    Meter meter_;
    Bed bed_;
    LevelGuard guard_;
    std::vector<std::unique_ptr<Voice>> voices_;    ///< kVoices
    std::vector<std::unique_ptr<Reader>> readers_;  ///< kReaders
    core::SpscRing<Message> inbox_{1024};
    core::SpscRing<flow::Heard> heard_{4096};
    core::SpscRing<Event> events_{1024};
    core::SpscRing<Join> joins_{1024};
    core::SpscRing<Exposure> exposures_{4096};
    flow::Heard last_;
    bool reported_ = false;
    double second_energy_ = 0.0;
    std::int64_t second_frames_ = 0;
    std::atomic<bool> ended_{false};
    std::atomic<std::int64_t> frame_{0};
    std::atomic<double> buffered_s_{0.0};
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace attune::play
