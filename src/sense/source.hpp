// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Anything that hands on what a sensor, a recording or a simulated person gives.
///
/// In       nothing; create() of each source opens its device or file
/// Out      SensorFrames and Crops, each source's in the order of their time, on session time
/// Threads  pull(), close() and finished() by one owner. A live source runs its own reader thread behind a
///          FrameQueue that drops the oldest and counts it; pull() never waits for it
/// Errors   pull(): the source is gone (kUnavailable, kIo) or its bytes broke their format (kCorrupt). After an
///          error the source is finished: nothing is made up for it
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "flow/crop.hpp"
#include "flow/evidence.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::sense {

/// One channel that a source delivers.
struct ChannelInfo {
    flow::Channel channel = flow::Channel::kEda;
    double rate_hz = 0.0;   ///< 0 = irregular
    std::string unit;       ///< after conversion: the channel's unit of docs/signals.md
    std::string note;       ///< what was converted or left out; may be empty
};

/// What one pull() yields.
struct Batch {
    std::vector<flow::SensorFrame> frames;
    std::vector<flow::Crop> crops;
    std::uint64_t dropped = 0;    ///< frames lost in the source's queue since the pull before
    void clear() {
        frames.clear();
        crops.clear();
        dropped = 0;
    }
};

class Source {
public:
    virtual ~Source() = default;
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// Id in this session; every frame carries it.
    [[nodiscard]] virtual const std::string& id() const noexcept = 0;
    [[nodiscard]] virtual flow::SourceKind kind() const noexcept = 0;
    [[nodiscard]] virtual flow::Provenance provenance() const = 0;
    [[nodiscard]] virtual std::vector<ChannelInfo> channels() const = 0;
    /// True for a device: its time is the clock's, and it cannot run faster than it.
    [[nodiscard]] virtual bool live() const noexcept = 0;

    /// Appends to `out` all that was sampled before `until` and not handed out yet. `until` never goes back.
    [[nodiscard]] virtual Result<void> pull(Time until, Batch& out) = 0;
    /// Nothing more will come (end of a recording, device closed).
    [[nodiscard]] virtual bool finished() const noexcept = 0;
    /// Lets go of the device at once (consent was withdrawn, the session ended). Idempotent.
    virtual void close() noexcept = 0;
    /// Opens what close() let go of, after a new leave; false if this source cannot.
    [[nodiscard]] virtual bool reopen() noexcept { return false; }
};

}  // namespace attune::sense
