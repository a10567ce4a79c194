// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What all live sources of samples share: the queue, the clocks of the device, the numbering of frames.
///
/// Threads  deliver() from the reader's thread alone; everything else from the owner
/// Gaps     frames that were dropped by a full queue and jumps of the device's clock are told in gap_ns
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/time.hpp"
#include "sense/clock_map.hpp"
#include "sense/frame_queue.hpp"
#include "sense/source.hpp"

namespace attune::sense {

/// A block as a device tells it.
struct DeviceBlock {
    flow::Channel channel = flow::Channel::kEda;
    std::string label;                   ///< electrode; else empty
    std::optional<double> device_s;      ///< of the first sample; empty = the last sample is taken now
    double rate_hz = 0.0;                ///< 0 = irregular
    std::vector<float> samples;          ///< in our unit
    std::vector<double> offsets_s;       ///< irregular: of each sample from the first; same size as samples
};

class LiveSource : public Source {
public:
    LiveSource(std::string id, flow::SourceKind kind, flow::Provenance provenance, const core::Clock& clock);

    [[nodiscard]] const std::string& id() const noexcept override { return id_; }
    [[nodiscard]] flow::SourceKind kind() const noexcept override { return kind_; }
    [[nodiscard]] flow::Provenance provenance() const override { return provenance_; }
    [[nodiscard]] std::vector<ChannelInfo> channels() const override;
    [[nodiscard]] bool live() const noexcept override { return true; }
    [[nodiscard]] Result<void> pull(Time until, Batch& out) override;
    [[nodiscard]] bool finished() const noexcept override { return closed_.load(); }

protected:
    static constexpr std::size_t kQueueFrames = 4096;
    void deliver(DeviceBlock block);
    /// The device is gone; the next pull() says why.
    void fail_with(Error error);
    void mark_closed() noexcept { closed_.store(true); }
    [[nodiscard]] const core::Clock& clock() const noexcept { return clock_; }

private:
    struct Stream {
        ClockMap map;
        std::uint64_t seq = 0;
        std::optional<Time> expected;
        double rate_hz = 0.0;
    };
    std::string id_;
    flow::SourceKind kind_;
    flow::Provenance provenance_;
    const core::Clock& clock_;
    FrameQueue queue_;
    mutable std::mutex mutex_;                  ///< guards streams_ and error_
    std::map<std::pair<flow::Channel, std::string>, Stream> streams_;
    std::optional<Error> error_;
    std::atomic<bool> closed_{false};
};

}  // namespace attune::sense
