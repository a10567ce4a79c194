// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/replay_source.hpp"

#include <algorithm>
#include <cmath>

#include "sense/channels.hpp"

namespace attune::sense {
namespace {

constexpr double kBlockS = 1.0;

}  // namespace

ReplaySource::ReplaySource(Recording recording, ReplayOptions options)
    : recording_(std::move(recording)), options_(std::move(options)), cursors_(recording_.channels.size()) {
    const Time from{from_seconds(options_.start_s).ns};
    for (std::size_t c = 0; c < cursors_.size(); ++c) {  // skip what lies before `start`
        const RecordedChannel& channel = recording_.channels[c];
        Cursor& at = cursors_[c];
        while (at.segment < channel.segments.size()) {
            const Segment& s = channel.segments[at.segment];
            const auto begin = s.times.begin();
            const double before = channel.rate_hz > 0.0 ? std::ceil((from - s.t).seconds() * channel.rate_hz)
                                                        : static_cast<double>(std::lower_bound(begin, s.times.end(), from) - begin);
            at.sample = static_cast<std::size_t>(std::clamp(before, 0.0, static_cast<double>(s.samples.size())));
            if (at.sample < s.samples.size()) break;
            ++at.segment;
            at.sample = 0;
        }
    }
}

flow::SourceKind ReplaySource::kind() const noexcept {
    bool skin = false, heart = false, eeg = false, voice = false;
    for (const RecordedChannel& channel : recording_.channels) {
        switch (channel.channel) {
            case flow::Channel::kEda:
            case flow::Channel::kSkinTemp: skin = true; break;
            case flow::Channel::kEeg: eeg = true; break;
            case flow::Channel::kAudio: voice = true; break;
            default: heart = true; break;
        }
    }
    if (skin) return flow::SourceKind::kBody;
    if (heart) return flow::SourceKind::kHeart;
    if (eeg) return flow::SourceKind::kEeg;
    return voice ? flow::SourceKind::kVoice : flow::SourceKind::kBody;
}

flow::Provenance ReplaySource::provenance() const {
    return {recording_.origin, recording_.device, recording_.driver};
}

std::vector<ChannelInfo> ReplaySource::channels() const {
    std::vector<ChannelInfo> out;
    for (const RecordedChannel& channel : recording_.channels) {
        out.push_back({channel.channel, channel.rate_hz, channel_row(channel.channel).unit, channel.file + (channel.label.empty() ? "" : " " + channel.label)});
    }
    return out;
}

Time ReplaySource::session_time(Time recorded) const {
    const double s = (recorded.seconds() - options_.start_s) / options_.speed;
    if (options_.speed == 1.0) return recorded - from_seconds(options_.start_s);
    return {from_seconds(s).ns};
}

std::size_t ReplaySource::block_size(const RecordedChannel& channel, const Cursor& at) const {
    const Segment& s = channel.segments[at.segment];
    if (channel.rate_hz > 0.0) {
        // Blocks end at whole seconds of the segment, whatever the rate is.
        const double done_s = std::floor((static_cast<double>(at.sample) + .5) / channel.rate_hz / kBlockS) + 1.0;
        const auto end = static_cast<std::size_t>(std::ceil(done_s * kBlockS * channel.rate_hz - 1e-9));
        return std::min(end, s.samples.size()) - at.sample;
    }
    std::size_t end = at.sample + 1;
    while (end < s.times.size() && (s.times[end] - s.times[at.sample]).seconds() < kBlockS) ++end;
    return end - at.sample;
}

void ReplaySource::pull_channel(const RecordedChannel& channel, Cursor& at, Time until, Batch& out) {
    while (at.segment < channel.segments.size()) {
        const Segment& s = channel.segments[at.segment];
        const std::size_t n = std::max<std::size_t>(1, block_size(channel, at));
        const auto sample_time = [&](std::size_t i) {
            return channel.rate_hz > 0.0 ? s.t + from_seconds(static_cast<double>(i) / channel.rate_hz) : s.times[i];
        };
        if (session_time(sample_time(at.sample + n - 1)) >= until) return;
        flow::SensorFrame frame;
        frame.source = channel.label.empty() ? options_.id : options_.id + "/" + channel.label;
        frame.channel = channel.channel;
        frame.seq = at.seq++;
        frame.t = session_time(sample_time(at.sample));
        frame.rate_hz = channel.rate_hz * options_.speed;
        frame.gap_ns = at.sample == 0 ? s.gap_ns : 0;
        frame.quality = frame.gap_ns > 0 ? flow::Quality::kFewDrops : flow::Quality::kGood;
        frame.t_sigma_ns = s.t_sigma_ns;
        frame.provenance = provenance();
        const auto from = static_cast<std::ptrdiff_t>(at.sample);
        const auto to = from + static_cast<std::ptrdiff_t>(n);
        frame.samples.assign(s.samples.begin() + from, s.samples.begin() + to);
        if (channel.rate_hz == 0.0) {
            for (std::ptrdiff_t i = from; i < to; ++i) frame.times.push_back(session_time(s.times[static_cast<std::size_t>(i)]));
        }
        out.frames.push_back(std::move(frame));
        at.sample += n;
        if (at.sample >= s.samples.size()) {
            ++at.segment;
            at.sample = 0;
        }
    }
}

Result<void> ReplaySource::pull(Time until, Batch& out) {
    if (closed_) return {};
    const std::size_t before = out.frames.size();
    for (std::size_t c = 0; c < cursors_.size(); ++c) pull_channel(recording_.channels[c], cursors_[c], until, out);
    std::stable_sort(out.frames.begin() + static_cast<std::ptrdiff_t>(before), out.frames.end(),
                     [](const flow::SensorFrame& a, const flow::SensorFrame& b) { return a.t < b.t; });
    return {};
}

bool ReplaySource::finished() const noexcept {
    if (closed_) return true;
    for (std::size_t c = 0; c < cursors_.size(); ++c) {
        if (cursors_[c].segment < recording_.channels[c].segments.size()) return false;
    }
    return true;
}

void ReplaySource::close() noexcept { closed_ = true; }

}  // namespace attune::sense
