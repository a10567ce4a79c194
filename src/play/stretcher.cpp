// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/stretcher.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <rubberband/RubberBandStretcher.h>

namespace attune::play {
namespace {

using RubberBand::RubberBandStretcher;
constexpr std::size_t kFeed = 256;
constexpr std::size_t kMaxOut = 1024;
// Output frames between setting a ratio and its full effect, measured with bursts at 5 Hz: half the
// analysis window, a hop, and what lies finished in the output.
constexpr double kLead = 1712.0;
// Rounded hops let the place drift by some 0.1 frames a second. What was fed, less what waits in
// the output, tells it to a few frames; its mean at ratio r, measured at .85, .92, 1.033, 1.08
// and 1.15.
constexpr double kPlaceAtUnity = 2061.0;
constexpr double kPlacePerRatio = 1152.0;
constexpr std::int64_t kSettle = 24000;  // after a change of ratio the tell-tale is off
constexpr double kSmooth = 4.0 * 48000.0;
constexpr double kTrimFrames = 10.0 * 48000.0;
constexpr std::int64_t kLookEvery = 8 * 48000;
constexpr double kTolerated = 14.0;
constexpr double kMaxTrim = 0.0005;  // of the tempo: far below what is met of the command

}  // namespace

struct Stretcher::State {
    std::unique_ptr<RubberBandStretcher> band;
    std::array<float, kFeed> in_left{}, in_right{};
    std::array<float, kMaxOut> spill_left{}, spill_right{};
    std::int64_t next = 0;  ///< stream frame that is fed next
    double wanted = 0.0;    ///< stream position of the next output frame, by the integral
    double last_ratio = 1.0;
    double trim = 0.0;        ///< added to the ratio now
    double late = 0.0;        ///< smoothed: how many stream frames the output lags behind `wanted`
    std::int64_t steady = 0;  ///< output frames since the ratio last changed
    std::size_t pad = 0;
};

Stretcher::Stretcher() : state_(std::make_unique<State>()) {}
Stretcher::~Stretcher() = default;

Result<std::unique_ptr<Stretcher>> Stretcher::create() {
    std::unique_ptr<Stretcher> s(new Stretcher);
    try {
        s->state_->band = std::make_unique<RubberBandStretcher>(
            48000, 2,
            RubberBandStretcher::OptionProcessRealTime | RubberBandStretcher::OptionEngineFiner |
                RubberBandStretcher::OptionWindowShort | RubberBandStretcher::OptionThreadingNever |
                RubberBandStretcher::OptionChannelsTogether);
        s->state_->band->setDebugLevel(0);
        s->state_->band->setMaxProcessSize(kFeed);
        s->state_->pad = s->state_->band->getPreferredStartPad();
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, std::string("the stretcher cannot be made: ") + e.what());
    }
    return s;
}

void Stretcher::feed(StreamWindow& stream) noexcept {
    State& s = *state_;
    const std::size_t n = std::clamp<std::size_t>(s.band->getSamplesRequired(), 1, kFeed);
    stream.copy(s.next, std::span(s.in_left).first(n), std::span(s.in_right).first(n));
    const float* in[2] = {s.in_left.data(), s.in_right.data()};
    s.band->process(in, n, false);
    s.next += static_cast<std::int64_t>(n);
}

void Stretcher::begin(StreamWindow& stream, double position, double ratio) noexcept {
    State& s = *state_;
    s.band->setTimeRatio(
        1.0);  // what it remembers of hops outlives reset(): -6 dBFS at the next start
    s.band->reset();
    s.band->setTimeRatio(1.0 / ratio);
    const auto at = static_cast<std::int64_t>(std::llround(position));
    s.next = at - static_cast<std::int64_t>(std::llround(static_cast<double>(s.pad) * ratio));
    s.wanted = static_cast<double>(at);
    s.last_ratio = ratio;
    s.late = s.trim = 0.0;
    s.steady = 0;
    std::size_t drop = s.band->getStartDelay();
    while (drop > 0) {
        while (s.band->available() < 1) feed(stream);
        const std::size_t n =
            std::min({drop, static_cast<std::size_t>(s.band->available()), kMaxOut});
        float* out[2] = {s.spill_left.data(), s.spill_right.data()};
        drop -= s.band->retrieve(out, n);
    }
}

void Stretcher::process(StreamWindow& stream, double ratio, std::span<float> left,
                        std::span<float> right) noexcept {
    State& s = *state_;
    const std::size_t n = left.size();
    if (n == 0) return;
    const double slope = (ratio - s.last_ratio) / static_cast<double>(n);
    s.last_ratio = ratio;
    const double used = ratio == 1.0 && slope == 0.0 ? 1.0 : ratio + kLead * slope + s.trim;
    s.band->setTimeRatio(1.0 / std::clamp(used, 0.5, 2.0));
    std::size_t done = 0;
    while (done < n) {
        const int available = s.band->available();
        if (available < 1) {
            feed(stream);
            continue;
        }
        float* out[2] = {left.data() + done, right.data() + done};
        done += s.band->retrieve(out, std::min(n - done, static_cast<std::size_t>(available)));
    }
    s.wanted += ratio * static_cast<double>(n);
    s.steady = slope == 0.0 ? s.steady + static_cast<std::int64_t>(n) : 0;
    if (s.steady == 0) s.trim = s.late = 0.0;
    if (s.steady < kSettle) return;
    const double fed =
        static_cast<double>(s.next) + static_cast<double>(s.band->getSamplesRequired());
    const double place = fed - static_cast<double>(s.band->available()) * ratio - s.wanted;
    const double late = kPlaceAtUnity + kPlacePerRatio * (ratio - 1.0) - place;
    s.late += (late - s.late) * std::min(1.0, static_cast<double>(n) / kSmooth);
    // Every new ratio makes the stretcher round anew: it is touched seldom.
    const bool look = (s.steady - kSettle) / kLookEvery !=
                      (s.steady - kSettle - static_cast<std::int64_t>(n)) / kLookEvery;
    if (look)
        s.trim = std::abs(s.late) < kTolerated
                     ? 0.0
                     : std::clamp(s.late / kTrimFrames, -kMaxTrim, kMaxTrim);
}

}  // namespace attune::play
