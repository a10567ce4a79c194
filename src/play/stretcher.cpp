// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/stretcher.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include <rubberband/RubberBandStretcher.h>

#include "play/timeline.hpp"

namespace attune::play {
namespace {

using RubberBand::RubberBandStretcher;
// Rubber Band works out its next step once in every process(), whether or not there is enough input
// for it. Fed in pieces, it counts steps that never happen, and the place drifts by up to 60 frames.
// So each process() gets exactly what the next step needs (after the first: one step of the input).
constexpr std::size_t kMostFed = 4096;
constexpr std::size_t kMaxOut = 1024;
constexpr std::int64_t kStep = 512;     // output frames a step, about
constexpr double kPull = 4.0 * kStep;   // an error of place is taken back over this many frames
constexpr double kPullAtUnity = kStep;  // where the ratio stays 1: at once, to settle
constexpr double kMaxTrim = 0.01;       // of the tempo, and only while the place is off
// What a step moves to its exact place lies this far behind the middle of its window: measured with
// bursts every .2 s at .85 .. 1.15 (below 1 it is seen one step ahead). Of smooth sound it would be the middle
// itself: it is 30 frames off at 8 %.
constexpr std::int64_t kOnsetFast = 244;
constexpr std::int64_t kOnsetSlow = 272;
constexpr double kTolerated = 1.5;  // frames; steps are whole frames
constexpr double kToleratedAtUnity = 0.5;
constexpr double kLately = 1.0 / 32;      // share of a step in the mean over the last ones, which
constexpr double kToleratedLately = 0.6;  // may be off by this much
// A window's length before the position its first windows lack what overlaps them (-44 dBFS on a sine):
// 512 frames more are to be primed and dropped. How many it is beyond that sets where steps fall in the sound.
constexpr std::int64_t kPrimed = 772;
// Steps of less than 512 input frames (a tempo below 1) are classified from magnitudes 2048 times as great as
// those of longer steps (Rubber Band 3.1.2). Where they begin, all that sounds looks struck for two steps, and
// the first of these gives everything the phases of its input: -10 dBFS on a sine. But a step at ratio 1 after
// one at another ratio does that above 16 kHz only: so the step in which the false stroke begins is made to
// count as one at ratio 1, and none beside it.
constexpr double kNearlyOne = 5e-8;  // counts as 1 (within 1e-7), and keeps the length of its side
constexpr double kBesideOne = 1e-6;  // does not count as 1, and its steps are 512 frames as well
constexpr std::uint32_t kMedian = 0x7F;  // the classifier compares with the median of seven steps
// Rubber Band takes up the phases of its input band by band: after 0.8 s it copies all of it.
constexpr std::int64_t kSettled = 48000;
constexpr std::int64_t kWindow = 2048;
// All of it but the last two bins below 24 kHz, which it drops at every ratio (-37 dBFS on white noise).
// Where the stretcher meets the dry signal it is given the input without its air, and the air is added.
constexpr std::int64_t kAirFade = 480;  // frames over which the air is taken out, or let in again
constexpr std::size_t kAirHalf = 127;   // taps on each side
constexpr double kAirAbove_hz = 23200.0;
constexpr auto kNever = std::numeric_limits<std::int64_t>::max() / 2;

/// Symmetric high-pass of 255 taps (Kaiser, beta 7): what is above 23.7 kHz whole, what is below 22.7 kHz
/// not at all, within -70 dB.
std::array<float, kAirHalf + 1> air_taps() {
    std::array<float, kAirHalf + 1> taps{};
    const auto bessel = [](double x) {
        double sum = 1.0, term = 1.0;
        for (int k = 1; k < 40; ++k) sum += term *= (x / 2 / k) * (x / 2 / k);
        return sum;
    };
    const double w = 2.0 * std::numbers::pi * kAirAbove_hz / 48000.0;
    for (std::size_t k = 0; k <= kAirHalf; ++k) {
        const double n = static_cast<double>(k), edge = n / (kAirHalf + 1);
        const double low = k == 0 ? w / std::numbers::pi : std::sin(w * n) / (std::numbers::pi * n);
        const double shape = bessel(7.0 * std::sqrt(1.0 - edge * edge)) / bessel(7.0);
        taps[k] = static_cast<float>(((k == 0 ? 1.0 : 0.0) - low) * shape);
    }
    return taps;
}

}  // namespace

struct Stretcher::State {
    std::unique_ptr<RubberBandStretcher> band;
    std::array<float, kMostFed> in_left{}, in_right{};
    std::array<float, kMaxOut> spill_left{}, spill_right{};
    std::int64_t centre = 0;          ///< frames from the start of an analysis window to its middle
    std::int64_t next = 0;            ///< stream frame that is fed next
    std::int64_t made = 0;            ///< output frames that the steps so far have completed
    std::int64_t given = 0;           ///< of these, retrieved
    double wanted = 0.0;              ///< stream position of output frame `given`, by the integral
    double ratio = 1.0, slope = 0.0;  ///< of `wanted` at `given`: frames, and per frame
    double lately = 0.0;              ///< frames that the place was off, mean of the last steps
    std::int64_t since_change = 0;    ///< output frames since the ratio moved
    std::int64_t unity = 0;           ///< output frames since the last step that was not exactly 1
    std::int64_t held = 0;            ///< output frames that begin() and the blend keep at ratio 1
    std::int64_t held_place = 0;      ///< stream frame of output frame 0 of these
    std::uint32_t slow = 0;           ///< of the last steps (the last one in bit 0): tempo below 1
    std::array<float, kAirHalf + 1> taps = air_taps();
    std::array<float, kMostFed + 2 * kAirHalf> raw_left{}, raw_right{};
    std::int64_t rise = -kNever,
                 fall = kNever;  ///< stream frames between which the air goes its own way

    /// Stream position that output frame `at` ought to have, if the ramp goes on as it does, but not past 1:
    /// most ramps towards 1 end there.
    [[nodiscard]] double wanted_at(std::int64_t at) const {
        const auto d = static_cast<double>(at - given);
        const double to_unity = slope != 0.0 ? (1.0 - ratio) / slope : -1.0;
        const double ramped = to_unity >= 0.0 ? std::min(d, to_unity) : d;
        return wanted + ratio * ramped + 0.5 * slope * ramped * ramped +
               (ratio + slope * ramped) * (d - ramped);
    }
    /// Frames from the start of a window to what it moves to its exact place.
    [[nodiscard]] std::int64_t anchor() const {
        return centre + (ratio < 1.0 ? kOnsetSlow : kOnsetFast);
    }
    /// With the steps of `history` all looks struck to the classifier, which compares the magnitudes of the
    /// step before the last one with the median; the next step hears of it.
    [[nodiscard]] static bool looks_struck(std::uint32_t history) {
        return (history & 2U) != 0 && std::popcount(history & kMedian) < 4;
    }
    /// The tempo of the next step: `wish`, but where that would reset phases.
    [[nodiscard]] double spared(double wish, bool settling) const {
        if (looks_struck(slow) && !looks_struck(slow >> 1))
            return wish < 1.0 ? 1.0 - kNearlyOne : 1.0 + kNearlyOne;
        if (std::abs(wish - 1.0) >= kBesideOne) return wish;
        const bool near_stroke = looks_struck(slow) || looks_struck(slow << 1);
        return settling && !near_stroke ? 1.0 : 1.0 + kBesideOne;
    }
    /// Share of the air that goes past the stretcher at stream frame `at`, 0..1.
    [[nodiscard]] float aside(std::int64_t at) const {
        const auto share = [&](std::int64_t since) {
            return std::clamp(static_cast<float>(at - since) / static_cast<float>(kAirFade), 0.0F,
                              1.0F);
        };
        return share(rise) * (1.0F - share(fall));
    }
    /// Adds `sign` times the air that goes aside to the stream frames from `from` on.
    void add_air(StreamWindow& stream, std::int64_t from, std::span<float> left,
                 std::span<float> right, float sign) noexcept {
        const std::size_t n = left.size();
        const auto last = from + static_cast<std::int64_t>(n);
        if (last <= rise || from >= fall + kAirFade) return;
        const auto l = std::span(raw_left).first(n + 2 * kAirHalf),
                   r = std::span(raw_right).first(n + 2 * kAirHalf);
        stream.copy(from - static_cast<std::int64_t>(kAirHalf), l, r);
        for (std::size_t k = 0; k < n; ++k) {
            const std::size_t m = k + kAirHalf;
            float a = taps[0] * l[m], b = taps[0] * r[m];
            for (std::size_t i = 1; i <= kAirHalf; ++i) {
                a += taps[i] * (l[m - i] + l[m + i]);
                b += taps[i] * (r[m - i] + r[m + i]);
            }
            const float share = sign * aside(from + static_cast<std::int64_t>(k));
            left[k] += share * a;
            right[k] += share * b;
        }
    }
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
        s->state_->band->setMaxProcessSize(kMostFed);
        s->state_->centre = static_cast<std::int64_t>(s->state_->band->getPreferredStartPad());
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, std::string("the stretcher cannot be made: ") + e.what());
    }
    return s;
}

/// One step: its window's middle meets the place in the output that is known for it; the ratio set
/// here decides how far the step after it lies away, in the input and in the output.
void Stretcher::feed(StreamWindow& stream) noexcept {
    State& s = *state_;
    const std::size_t n = std::clamp<std::size_t>(s.band->getSamplesRequired(), 1, kMostFed);
    const auto left = std::span(s.in_left).first(n), right = std::span(s.in_right).first(n);
    const bool settled = unity_frames() > kSettled;
    if (settled && s.fall != kNever) {
        s.rise = s.next;
        s.fall = kNever;
    } else if (!settled && s.fall == kNever) {
        s.fall = std::max(s.next, s.rise + kAirFade);
    }
    stream.copy(s.next, left, right);
    s.add_air(stream, s.next, left, right, -1.0F);
    s.next += static_cast<std::int64_t>(n);
    const std::int64_t anchor = s.anchor();
    const std::int64_t out = s.made + anchor;
    const double late = s.wanted_at(out) - static_cast<double>(s.next - 2 * s.centre + anchor);
    const double ahead = (s.wanted_at(out + kStep) - s.wanted_at(out)) / static_cast<double>(kStep);
    const bool unity = s.ratio == 1.0 && s.slope == 0.0;
    const double tolerated = unity ? kToleratedAtUnity : kTolerated;
    s.lately = s.slope == 0.0 && !unity ? s.lately + kLately * (late - s.lately) : 0.0;
    const bool keep = s.slope == 0.0 && std::abs(late) < tolerated;
    const double pull = unity ? kPullAtUnity : kPull;
    double trim = keep ? 0.0 : std::clamp(late / pull, -kMaxTrim, kMaxTrim);
    if (keep && std::abs(s.lately) > kToleratedLately) {
        const double frame = std::copysign(1.0, s.lately);
        trim = frame / static_cast<double>(kStep);
        s.lately -= frame;
    }
    const double used = s.made < s.held ? 1.0 : s.spared(std::clamp(ahead + trim, 0.5, 2.0), unity);
    s.slow = s.slow << 1 | (used < 1.0 ? 1U : 0U);
    s.band->setTimeRatio(1.0 / used);
    const float* in[2] = {s.in_left.data(), s.in_right.data()};
    const int before = s.band->available();
    s.band->process(in, n, false);
    const std::int64_t more = s.band->available() - before;
    s.made += more;
    s.unity = used == 1.0 ? s.unity + more : 0;
}

void Stretcher::begin(StreamWindow& stream, double position, double ratio) noexcept {
    State& s = *state_;
    const bool from_dry = ratio == 1.0;
    s.band->setTimeRatio(
        1.0);  // what it remembers of hops outlives reset(): -6 dBFS at the next start
    s.band->reset();
    s.band->setTimeRatio(1.0 / ratio);
    const auto at = static_cast<std::int64_t>(std::llround(position));
    s.made = 0;
    s.given =
        s.centre + kPrimed;  // the first half window of the output is dropped, and what is primed
    s.wanted = static_cast<double>(at);
    s.ratio = ratio;
    s.slope = 0.0;
    s.next = std::llround(s.wanted_at(s.anchor())) - s.anchor();
    s.held = from_dry ? s.given + kBlend : 0;
    s.held_place = at - s.given;
    s.slow = ratio < 1.0 ? kMedian : 0;
    s.rise = -kNever;
    s.fall = from_dry ? at + kAirFade + kWindow : -kNever;  // no window of the blend misses it
    s.lately = 0.0;
    s.since_change = s.unity = 0;
    for (auto drop = static_cast<std::size_t>(s.given); drop > 0;) {
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
    if (ratio != s.ratio) {
        s.slope = (ratio - s.ratio) / kGrid;  // the timeline moves it once in kGrid frames
        s.ratio = ratio;
        s.since_change = 0;
    } else if (s.since_change >= kGrid) {
        s.slope = 0.0;
    }
    std::size_t done = 0;
    while (done < n) {
        const int available = s.band->available();
        if (available < 1) {
            feed(stream);
            continue;
        }
        float* out[2] = {left.data() + done, right.data() + done};
        const auto most = static_cast<std::size_t>(
            s.given < s.held ? std::min<std::int64_t>(available, s.held - s.given) : available);
        const std::size_t got = s.band->retrieve(out, std::min(n - done, most));
        const std::int64_t place =
            s.given < s.held ? s.held_place + s.given : std::llround(s.wanted);
        s.add_air(stream, place, left.subspan(done, got), right.subspan(done, got), 1.0F);
        done += got;
        s.given += static_cast<std::int64_t>(got);
        s.wanted += ratio * static_cast<double>(got);
    }
    s.since_change += static_cast<std::int64_t>(n);
}

std::int64_t Stretcher::unity_frames() const noexcept {
    return std::max<std::int64_t>(0, state_->given - (state_->made - state_->unity));
}

bool Stretcher::is_input() const noexcept {
    const State& s = *state_;
    return s.fall == kNever && unity_frames() > kSettled &&
           std::llround(s.wanted) > s.rise + kAirFade + kWindow + std::int64_t{2} * kBlend;
}

}  // namespace attune::play
