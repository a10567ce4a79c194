// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/breath.hpp"

#include <cmath>
#include <cstdlib>

namespace attune::affect {
namespace {

constexpr double kOldS = 5.0;
constexpr std::int64_t kClockStepNs = 100'000'000;

std::optional<signal::BreathOf> source_of(flow::Channel channel) {
    switch (channel) {
        case flow::Channel::kRespiration: return signal::BreathOf::kChannel;
        case flow::Channel::kEcg: return signal::BreathOf::kEcg;
        case flow::Channel::kPpg: return signal::BreathOf::kPpg;
        case flow::Channel::kRr: return signal::BreathOf::kRr;
        default: return std::nullopt;
    }
}

}  // namespace

void BreathTracker::push(const flow::SensorFrame& frame) {
    const auto of = source_of(frame.channel);
    if (!of || frame.samples.empty()) return;
    const bool beats = *of == signal::BreathOf::kRr;
    if (!beats && !(frame.rate_hz > 0.0)) return;
    Line& line = lines_[static_cast<std::size_t>(*of)];
    const Time expected = line.start + from_seconds(beats ? 0.0 : static_cast<double>(line.frames) / frame.rate_hz);
    const bool broken = frame.gap_ns > 0 || frame.rate_hz != line.rate_hz || (!beats && std::abs(frame.t.ns - expected.ns) > kClockStepNs);
    if (!line.rates || broken) {
        auto made = signal::Respiration::create(*of, frame.rate_hz);
        line.rates.reset();
        line.rate_hz = frame.rate_hz;
        line.start = beats ? Time{} : frame.t;
        line.frames = 0;
        if (made) line.rates.emplace(std::move(*made));
    }
    line.frames += static_cast<std::int64_t>(frame.samples.size());
    if (!line.rates) return;
    found_.clear();
    if (!beats) line.rates->push(frame.samples, found_);
    else
        for (std::size_t i = 0; i < frame.samples.size(); ++i)
            line.rates->push_interval((i < frame.times.size() ? frame.times[i] : frame.t).seconds(), static_cast<double>(frame.samples[i]), found_);
    if (found_.empty()) return;
    const auto& rate = found_.back();
    line.last = Breathing{line.start + from_seconds(rate.t_s), rate.per_min, rate.quality, frame.channel};
}

std::optional<Breathing> BreathTracker::at(Time now) const {
    for (const Line& line : lines_)
        if (line.last && (now - line.last->t).seconds() <= kOldS) return line.last;
    return std::nullopt;
}

}  // namespace attune::affect
