// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The browser as a sink: Opus packets with their place in the engine's time, for serve to send.
///
/// Out      one packet each 20 ms to the callback, on the sink's own thread; a packet is numbered
/// by
///          the sink frame at which it begins, so that a page that reconnects can ask for what it
///          missed
/// Clock    the page plays frame f at its own AudioContext time and reports it to ear(): the sink then
///          knows the latency to the ear
/// Threads  start(), stop(), since(): any one thread; the callback must not block (serve queues)
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "play/sink.hpp"

namespace attune::play {

struct OpusPacket {
    std::uint64_t seq = 0;  ///< from 0, without holes
    std::int64_t sink_frame =
        0;  ///< first frame of the packet, at 48 kHz since start; pre-skip included in the stream
    std::int64_t t_ns = 0;  ///< sink's clock when it was made
    std::vector<std::uint8_t> bytes;
};

struct OpusSinkConfig {
    int bit_rate = 128000;
    int complexity = 5;
    double history_s = 10.0;  ///< packets kept for since()
    double page_buffer_s =
        0.12;         ///< jitter buffer that the page is told to hold: latency before it reports
    int prefill = 5;  ///< packets sent at once at the start, to fill that buffer
};

/// What a page says of when it hears what; shared, since pages come and go on threads of their own.
/// Threads: any.
class Ear {
public:
    explicit Ear(double first_latency_s) : latency_s_(first_latency_s) {}
    /// At `t` (the sink's clock) frame `sink_frame` left the page's speaker.
    void reported(std::int64_t sink_frame, Time t) noexcept;
    /// From the frame that is made now to the ear.
    [[nodiscard]] double latency_s() const noexcept { return latency_s_.load(); }
    [[nodiscard]] bool heard_from() const noexcept { return !first_.load(); }
    /// The sink's: up to where it has made sound, and when.
    void made(std::int64_t frames, std::int64_t at_ns) noexcept;

private:
    std::atomic<std::int64_t> made_{0}, made_at_ns_{0};
    std::atomic<double> latency_s_;
    std::atomic<bool> first_{true};
};

/// PlayerConfig::ahead_ms before a page: less than before a device, since the stream waits for an engine that is late
/// and the page has a jitter buffer of its own; the way from a command to the ear stays below 300 ms.
inline constexpr int kPageAhead_ms = 80;

class OpusSink : public Sink {
public:
    using Callback = std::function<void(const OpusPacket&)>;
    /// `clock` is borrowed.
    [[nodiscard]] static Result<std::unique_ptr<OpusSink>>
    create(const OpusSinkConfig& config, core::Clock& clock, Callback on_packet);
    [[nodiscard]] virtual std::shared_ptr<Ear> ear() const = 0;
    /// Packets from `seq` on that are still kept, oldest first: after a dropped connection.
    [[nodiscard]] virtual std::vector<OpusPacket> since(std::uint64_t seq) const = 0;
    [[nodiscard]] virtual int pre_skip() const = 0;
};

}  // namespace attune::play
