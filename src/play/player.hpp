// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The player that session holds: one engine, run in one of three ways, with one face.
///
/// Modes    kTimeline  no samples: advance_to() steps the engine in virtual time (fast, null sink)
///          kOffline   advance_to() renders as fast as the decoders give, into the writer (fast,
///          file) kLive      an engine thread keeps ahead_ms in front of the sink (deeper where the machine pauses); advance_to()
///          does nothing
/// Order    joins, gains and tempo are of the timeline, so the three agree to the frame
/// Time     the engine's frame 0 is `start` of session time in the fast modes; live, it is when the
///          sink's first frame leaves it, and Heard is given out when its frame is in the air
/// Threads  stop(): any thread, wait-free.  Everything else: one thread at a time (the conductor's)
/// Dose     exposure is counted here, second by second, and given out to be kept; near the end of
///          the allowance the player turns down by itself
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "media/encoder.hpp"
#include "play/engine.hpp"
#include "play/sink.hpp"

namespace attune::play {

enum class RunMode { kTimeline, kOffline, kLive };

struct PlayerConfig {
    RunMode mode = RunMode::kTimeline;
    EngineConfig engine;              ///< engine.samples is set by the mode
    Time start{};                     ///< session time of frame 0 in the fast modes
    std::int64_t utc_at_start_s = 0;  ///< for the dose: UTC seconds at session time 0
    DoseLedger dose;                  ///< the person's last 7 days, from all rooms
    int ahead_ms = 120;               ///< live: 20..400
    int most_ahead_ms = 150;          ///< live: how deep it gets by itself where the machine pauses; ahead_ms..400
    std::string file;  ///< kOffline: .flac or .wav to write; empty = render and forget
    media::FileTags file_tags;
};

/// Counted since the start; shown to whoever runs a session and in `attune doctor`.
struct Telemetry {
    std::string sink;
    std::uint64_t underruns = 0;  ///< ring ran dry in the callback
    std::uint64_t callbacks = 0;
    double worst_callback_us = 0.0;  ///< time spent in our part of it
    double worst_gap_ms = 0.0;       ///< longest time between two callbacks
    double worst_block_ms = 0.0;     ///< longest render of one block by the engine thread
    std::uint64_t late_calls = 0;    ///< callbacks more than 30 ms late: the sink's thread slept, or the whole machine
    double worst_pause_ms = 0.0;     ///< longest time that the engine thread or the sink was late by
    double ahead_ms = 0.0;           ///< how deep it plays ahead by now
    double buffer_ms = 0.0;          ///< rendered ahead of the callback
    double lowest_buffer_ms = 0.0;
    double decoded_ahead_s = 0.0;  ///< least of the sounding voices
    double clock_drift_ppm = 0.0;  ///< of the sink against the steady clock, from 10 s on
    double sink_latency_s = 0.0;   ///< from the sink to the ear, as the sink knows it
    double limiter_db = 0.0;       ///< strongest limiting so far
    double dose_share = 0.0;       ///< of the weekly allowance
    bool output_calibrated = false;
    std::int64_t frame = 0;           ///< engine
    std::uint64_t lost_messages = 0;  ///< news that nobody fetched in time
};

/// What happened since the last poll(), each in order.
struct News {
    std::vector<flow::Heard> heard;
    std::vector<Join> joins;
    std::vector<Event> events;
    std::vector<Exposure>
        exposures;  ///< to be kept by the store, batch by batch, with their UTC second
};

class Player {
public:
    /// `sink`: kLive only. `clock`: session time; borrowed.
    [[nodiscard]] static Result<std::unique_ptr<Player>>
    create(const PlayerConfig& config, core::Clock& clock, std::unique_ptr<Sink> sink = nullptr);
    ~Player();
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    /// Appends, for whoever has no queue to exchange. kCompose: item.source is prepared here (it may take its
    /// time: not on the conductor for a cold one). Errors: kBusy if the queue is full (512), what prepare() says.
    [[nodiscard]] Result<void> enqueue(std::unique_ptr<Item> item);
    /// Everything that is not yet sounding (or joined without a gap within 1 s) is replaced: at once,
    /// or exactly at engine frame `at`. With `cut` what plays then is left for the first of `items`.
    /// Errors: kBusy if the engine takes no messages, and nothing is replaced; what prepare() says:
    /// the items before that one stand.
    [[nodiscard]] Result<void> replace_queue(std::vector<std::unique_ptr<Item>> items,
                                             std::int64_t at = -1, bool cut = false);
    void control(const Control& c);
    /// Silence within 0.5 s, from any thread, whatever else hangs.
    void stop() noexcept;
    /// Live: starts the sink and the engine thread once the first item is open (at most 2 s later).
    [[nodiscard]] Result<void> start();

    /// Fast modes: runs until session time `t` or the end. Errors: of the writer.
    [[nodiscard]] Result<void> advance_to(Time t);
    /// kOffline: completes the file. Other modes: nothing.
    [[nodiscard]] Result<void> finish();

    [[nodiscard]] News poll();
    [[nodiscard]] bool ended() const noexcept;
    /// The last block given to the sink was silence.
    [[nodiscard]] bool silent() const noexcept;
    [[nodiscard]] Telemetry telemetry() const;
    [[nodiscard]] const DoseLedger& dose() const;
    /// What the listener has used in all rooms, as the store knows it: counts if it is more than dose().
    void dose_is_at_least(double share);
    /// Session time at which an engine frame is (or was) heard.
    [[nodiscard]] Time time_of(FramePos frame) const;
    [[nodiscard]] std::int64_t frame() const noexcept;

private:
    struct State;
    explicit Player(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace attune::play
