// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/respiration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include "signal/biquad.hpp"
#include "signal/ecg_peaks.hpp"
#include "signal/ppg_peaks.hpp"

namespace attune::signal {
namespace {

constexpr double kGridHz = 4.0;
constexpr std::size_t kWindow = 128;         // 32 s: two breaths at 4 a minute
constexpr std::size_t kSeries = 3;           // at most
constexpr double kLowestHz = 4.0 / 60.0, kHighestHz = 40.0 / 60.0;
constexpr double kStepHz = kGridHz / 1024.0;
constexpr std::size_t kMargin = 13;          // bins of 0.05 Hz on each side of a peak
constexpr double kOfBeats = 0.45;            // a series of beats tells nothing above half their rate
constexpr double kCounts = 0.6, kAlone = 0.7, kAgree_per_min = 3.0;
constexpr double kShortestBeatS = 0.3, kLongestBeatS = 2.0, kLongestPauseS = 3.0;
constexpr float kPulseQuality = 0.6F;        // likeness to the eight before
constexpr double kRWaveS = 0.06, kFootS = 0.45;

struct Peak {
    double hz = 0.0, quality = 0.0;
};

/// Values at irregular times on a grid of 4 Hz, and their spectrum once a second.
class Estimator {
public:
    explicit Estimator(std::size_t series) : series_(series) {}

    void restart() { before_.reset(); n_ = 0; }

    void add(double t_s, const std::array<double, kSeries>& values, double highest_hz, std::vector<BreathRate>& rates) {
        if (before_ && t_s <= before_t_) return;
        if (!before_) {
            next_ = static_cast<std::int64_t>(std::ceil(t_s * kGridHz));
        } else {
            for (; static_cast<double>(next_) / kGridHz <= t_s; ++next_) {
                const double share = (static_cast<double>(next_) / kGridHz - before_t_) / (t_s - before_t_);
                for (std::size_t k = 0; k < series_; ++k)
                    ring_[k][n_ % kWindow] = (*before_)[k] + share * (values[k] - (*before_)[k]);
                ++n_;
                if (n_ >= kWindow && next_ % static_cast<std::int64_t>(kGridHz) == 0) estimate(highest_hz, rates);
            }
        }
        before_ = values;
        before_t_ = t_s;
    }

private:
    void estimate(double highest_hz, std::vector<BreathRate>& rates) const {
        double weight = 0.0, sum = 0.0, least = 1e9, most = 0.0;
        int counted = 0;
        for (std::size_t k = 0; k < series_; ++k) {
            const auto peak = find(ring_[k], std::min(kHighestHz, highest_hz));
            if (!peak || peak->quality < kCounts) continue;
            ++counted;
            weight += peak->quality;
            sum += peak->quality * 60.0 * peak->hz;
            least = std::min(least, 60.0 * peak->hz);
            most = std::max(most, 60.0 * peak->hz);
        }
        if (counted == 0 || most - least > kAgree_per_min) return;
        if (counted == 1 && series_ > 1 && weight < kAlone) return;
        rates.push_back({static_cast<double>(next_) / kGridHz, sum / weight, weight / counted});
    }

    [[nodiscard]] std::optional<Peak> find(const std::array<double, kWindow>& ring, double highest_hz) const {
        static const auto hann = [] {
            std::array<double, kWindow> w{};
            for (std::size_t i = 0; i < kWindow; ++i)
                w[i] = .5 - .5 * std::cos(2.0 * std::numbers::pi * (static_cast<double>(i) + .5) / kWindow);
            return w;
        }();
        std::array<double, kWindow> x{};
        double mean = 0.0, slope = 0.0, spread = 0.0;
        for (std::size_t i = 0; i < kWindow; ++i) mean += x[i] = ring[(n_ + i) % kWindow];
        mean /= kWindow;
        constexpr double kMiddle = (kWindow - 1) / 2.0;
        for (std::size_t i = 0; i < kWindow; ++i) {
            const double d = static_cast<double>(i) - kMiddle;
            slope += d * (x[i] - mean);
            spread += d * d;
        }
        slope /= spread;
        double size = 0.0;
        for (std::size_t i = 0; i < kWindow; ++i) {
            x[i] = (x[i] - mean - slope * (static_cast<double>(i) - kMiddle)) * hann[i];
            size += x[i] * x[i];
        }
        if (!(size > 1e-12 * (1e-6 + mean * mean))) return std::nullopt;  // nothing moves
        const auto first = static_cast<std::size_t>(std::floor(.04 / kStepHz)),
                   bins = static_cast<std::size_t>(.8 / kStepHz) - first;
        std::array<double, 256> power{};
        double all = 0.0;
        for (std::size_t b = 0; b < bins; ++b) {
            const double c = 2.0 * std::cos(2.0 * std::numbers::pi * static_cast<double>(first + b) * kStepHz / kGridHz);
            double s1 = 0.0, s2 = 0.0;  // Goertzel
            for (const double v : x) {
                const double s0 = v + c * s1 - s2;
                s2 = s1;
                s1 = s0;
            }
            all += power[b] = s1 * s1 + s2 * s2 - c * s1 * s2;
        }
        const auto bin = [&](double hz) { return static_cast<std::size_t>(std::lround(hz / kStepHz)) - first; };
        const std::size_t low = bin(kLowestHz), high = std::min(bin(highest_hz), bins - 2);
        if (high <= low) return std::nullopt;
        std::size_t top = low;
        for (std::size_t b = low; b <= high; ++b)
            if (power[b] > power[top]) top = b;
        if (power[top] < power[top - 1] || power[top] < power[top + 1]) return std::nullopt;  // it lies beyond the range
        double near = 0.0;
        for (std::size_t b = top - std::min(top, kMargin); b <= std::min(bins - 1, top + kMargin); ++b) near += power[b];
        const double a = std::log(power[top - 1] + 1e-300), m = std::log(power[top] + 1e-300), z = std::log(power[top + 1] + 1e-300);
        const double bend = a - 2.0 * m + z;
        const double shift = bend < 0.0 ? std::clamp(.5 * (a - z) / bend, -.5, .5) : 0.0;
        return Peak{(static_cast<double>(first + top) + shift) * kStepHz, near / all};
    }

    std::size_t series_;
    std::array<std::array<double, kWindow>, kSeries> ring_{};
    std::size_t n_ = 0;
    std::int64_t next_ = 0;
    std::optional<std::array<double, kSeries>> before_;
    double before_t_ = 0.0;
};

}  // namespace

const char* to_string(BreathOf of) noexcept {
    constexpr std::array<const char*, 4> kNames = {"respiration", "ecg", "ppg", "rr"};
    return kNames[static_cast<std::size_t>(of)];
}

struct Respiration::State {
    State(BreathOf what, double rate) : of(what), rate_hz(rate), estimator(what == BreathOf::kPpg ? 3 : what == BreathOf::kEcg ? 2 : 1) {}
    BreathOf of;
    double rate_hz;
    Estimator estimator;
    std::optional<EcgPeakDetector> ecg;
    std::optional<PpgPeakDetector> ppg;
    std::vector<EcgBeat> beats;
    std::vector<PpgPulse> pulses;
    std::vector<float> past;      ///< ring of the last seconds, where heights are read
    std::int64_t n = 0;
    BiquadChain low;
    float last = 0.0F;
    double beat_s = -1.0;         ///< the beat before
    double interval_s = 1.0;      ///< running mean

    [[nodiscard]] float at(std::int64_t frame) const { return past[static_cast<std::size_t>(frame) % past.size()]; }
    /// Least and largest sample of [from, to], as far as they are kept.
    [[nodiscard]] std::pair<float, float> range(std::int64_t from, std::int64_t to) const {
        from = std::max(from, std::max<std::int64_t>(0, n - static_cast<std::int64_t>(past.size())));
        to = std::min(to, n - 1);
        float least = at(from), most = least;
        for (std::int64_t k = from; k <= to; ++k) {
            least = std::min(least, at(k));
            most = std::max(most, at(k));
        }
        return {least, most};
    }
    /// A beat at t_s; false where the window begins anew.
    bool beat(double t_s, double interval) {
        const double pause = t_s - beat_s;
        const bool first = beat_s < 0.0;
        beat_s = t_s;
        if (!(interval >= kShortestBeatS && interval <= kLongestBeatS) || (!first && pause > kLongestPauseS)) {
            estimator.restart();
            return false;
        }
        interval_s += .1 * (interval - interval_s);
        return true;
    }
    [[nodiscard]] double highest_hz() const { return kOfBeats / interval_s; }
};

Respiration::Respiration(std::unique_ptr<State> state) : state_(std::move(state)) {}
Respiration::~Respiration() = default;
Respiration::Respiration(Respiration&&) noexcept = default;
Respiration& Respiration::operator=(Respiration&&) noexcept = default;

Result<Respiration> Respiration::create(BreathOf of, double rate_hz) {
    auto state = std::make_unique<State>(of, rate_hz);
    if (of == BreathOf::kEcg) {
        ATTUNE_TRY(state->ecg, EcgPeakDetector::create({rate_hz}));
        state->past.resize(static_cast<std::size_t>(4.0 * rate_hz));
    } else if (of == BreathOf::kPpg) {
        ATTUNE_TRY(state->ppg, PpgPeakDetector::create(rate_hz));
        state->past.resize(static_cast<std::size_t>(4.0 * rate_hz));
    } else if (of == BreathOf::kChannel) {
        if (!(rate_hz >= 4.0 && rate_hz <= 1000.0))
            return fail(ErrorCode::kBadArgument, "a breath channel has 4..1000 Hz, not " + std::to_string(rate_hz), "respiration");
        state->low = BiquadChain::butterworth_low_pass(2, std::min(1.2, .4 * rate_hz), rate_hz);
    }
    return Respiration(std::move(state));
}

void Respiration::reset() {
    State& s = *state_;
    s.estimator.restart();
    if (s.ecg) s.ecg->reset();
    if (s.ppg) s.ppg->reset();
    s.low.reset();
    s.n = 0;
    s.last = 0.0F;
    s.beat_s = -1.0;
    s.interval_s = 1.0;
}

void Respiration::push_interval(double t_s, double rr_ms, std::vector<BreathRate>& rates) {
    State& s = *state_;
    if (s.of != BreathOf::kRr || !s.beat(t_s, rr_ms / 1000.0)) return;
    s.estimator.add(t_s, {rr_ms}, s.highest_hz(), rates);
}

void Respiration::push(std::span<const float> samples, std::vector<BreathRate>& rates) {
    State& s = *state_;
    for (const float given : samples) {
        const float x = std::isfinite(given) ? given : s.last;
        if (s.n == 0) s.low.settle(static_cast<double>(x));
        s.last = x;
        if (s.of == BreathOf::kChannel) {
            const double smooth = s.low.process(static_cast<double>(x));
            s.estimator.add(static_cast<double>(s.n++) / s.rate_hz, {smooth}, kHighestHz, rates);
            continue;
        }
        if (s.past.empty()) return;  // kRr
        s.past[static_cast<std::size_t>(s.n++) % s.past.size()] = x;
        if (s.ecg) {
            s.beats.clear();
            s.ecg->push(std::span(&x, 1), s.beats);
            for (const EcgBeat& b : s.beats) {
                const double t = static_cast<double>(b.frame) / s.rate_hz, before = s.beat_s;
                if (!s.beat(t, before < 0.0 ? 1.0 : t - before) || before < 0.0) continue;
                const auto wide = static_cast<std::int64_t>(kRWaveS * s.rate_hz);
                const auto [least, most] = s.range(b.frame - wide, b.frame + wide);
                s.estimator.add(t, {static_cast<double>(most) - static_cast<double>(least), t - before}, s.highest_hz(), rates);
            }
        } else {
            s.pulses.clear();
            s.ppg->push(std::span(&x, 1), s.pulses);
            for (const PpgPulse& p : s.pulses) {
                const double t = static_cast<double>(p.frame) / s.rate_hz, before = s.beat_s;
                if (!s.beat(t, before < 0.0 ? 1.0 : t - before) || before < 0.0) continue;
                if (p.quality < kPulseQuality) {
                    s.estimator.restart();
                    continue;
                }
                const auto foot = static_cast<std::int64_t>(kFootS * s.rate_hz), wide = static_cast<std::int64_t>(.1 * s.rate_hz);
                const auto low = static_cast<double>(s.range(p.frame - foot, p.frame).first);
                const auto high = static_cast<double>(s.range(p.frame - wide, p.frame + wide).second);
                s.estimator.add(t, {high - low, .5 * (high + low), t - before}, s.highest_hz(), rates);
            }
        }
    }
}

Result<std::vector<BreathRate>> respiration(std::span<const float> samples, BreathOf of, double rate_hz) {
    ATTUNE_TRY(Respiration made, Respiration::create(of, rate_hz));
    std::vector<BreathRate> rates;
    made.push(samples, rates);
    return rates;
}

}  // namespace attune::signal
