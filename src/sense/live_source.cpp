// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/live_source.hpp"

#include <algorithm>

#include "sense/channels.hpp"
#include "sense/recording.hpp"

namespace attune::sense {

LiveSource::LiveSource(std::string id, flow::SourceKind kind, flow::Provenance provenance, const core::Clock& clock)
    : id_(std::move(id)), kind_(kind), provenance_(std::move(provenance)), clock_(clock), queue_(kQueueFrames) {}

std::vector<ChannelInfo> LiveSource::channels() const {
    const std::lock_guard lock(mutex_);
    std::vector<ChannelInfo> out;
    for (const auto& [key, stream] : streams_) out.push_back({key.first, stream.rate_hz, channel_row(key.first).unit, key.second});
    return out;
}

void LiveSource::deliver(DeviceBlock block) {
    if (block.samples.empty() || closed_.load()) return;
    const Time now = clock_.now();
    const std::lock_guard lock(mutex_);
    Stream& stream = streams_[{block.channel, block.label}];
    const double span_s = block.rate_hz > 0.0 ? static_cast<double>(block.samples.size()) / block.rate_hz
                                              : (block.offsets_s.empty() ? 0.0 : block.offsets_s.back());
    flow::SensorFrame frame;
    if (block.device_s) {
        // The block left the device after its last sample: its end is what arrives now.
        const MappedTime mapped = stream.map.map(*block.device_s + span_s, now);
        frame.t = mapped.t - from_seconds(span_s);
        frame.t_sigma_ns = mapped.sigma_ns;
        if (mapped.jumped && stream.expected) frame.quality = flow::Quality::kFewDrops;
    } else {
        frame.t = now - from_seconds(span_s);
        frame.t_sigma_ns = milliseconds(20).ns;
    }
    if (stream.expected && block.rate_hz > 0.0) {
        const Duration missing = frame.t - *stream.expected;
        if (missing > kClockJump) {
            frame.gap_ns = missing.ns;
            frame.quality = flow::Quality::kFewDrops;
        } else {
            frame.t = *stream.expected;   // jitter of the delivery, not of the samples
        }
    } else if (stream.expected) {
        frame.t = std::max(frame.t, *stream.expected);
    }
    frame.source = block.label.empty() ? id_ : id_ + "/" + block.label;
    frame.channel = block.channel;
    frame.seq = stream.seq++;
    frame.rate_hz = stream.rate_hz = block.rate_hz;
    frame.provenance = provenance_;
    if (block.rate_hz == 0.0) {
        for (std::size_t i = 0; i < block.samples.size(); ++i) {
            frame.times.push_back(frame.t + from_seconds(i < block.offsets_s.size() ? block.offsets_s[i] : 0.0));
        }
    }
    stream.expected = frame.t + from_seconds(span_s);
    frame.samples = std::move(block.samples);
    queue_.push(std::move(frame));
}

void LiveSource::fail_with(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
}

Result<void> LiveSource::pull(Time until, Batch& out) {
    queue_.drain(until, out);
    const std::lock_guard lock(mutex_);
    if (!error_) return {};
    closed_.store(true);
    return tl::unexpected<Error>(*error_);
}

}  // namespace attune::sense
