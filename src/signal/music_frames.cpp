// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/music_frames.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/assert.hpp"
#include "signal/mel.hpp"
#include "signal/stft.hpp"

namespace attune::signal {
namespace {

using Frames = MusicFrames;
constexpr double kRateHz = Frames::kRate;
constexpr float kTiny = 1e-20F;  // power far below any sound
constexpr float kRelativeFloor =
    1e-4F;  // of the mean bin: what a lossy codec leaves out lies below
constexpr std::size_t kPartials = 20;

/// A bin that is higher than its neighbours, at its interpolated place.
struct Partial {
    float hz, amplitude;
};

/// Strongest local maxima of a power spectrum between two bins, largest first.
class PartialFinder {
public:
    void find(std::span<const float> power, std::size_t from, std::size_t to, double bin_hz,
              std::size_t most) {
        candidates_.clear();
        float top = 0.0F;
        for (std::size_t k = from; k < to; ++k) top = std::max(top, power[k]);
        const float least = top * 1e-5F;  // 50 dB below the strongest: noise and sidelobes
        for (std::size_t k = std::max<std::size_t>(from, 1); k < to; ++k) {
            if (power[k] > least && power[k] > power[k - 1] && power[k] >= power[k + 1])
                candidates_.push_back(k);
        }
        if (candidates_.size() > most) {
            std::nth_element(
                candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(most),
                candidates_.end(),
                [&](auto a, auto b) { return power[a] != power[b] ? power[a] > power[b] : a < b; });
            candidates_.resize(most);
            std::sort(candidates_.begin(), candidates_.end());
        }
        partials.clear();
        for (const std::size_t k : candidates_) {
            const float l = std::sqrt(power[k - 1]), c = std::sqrt(power[k]),
                        r = std::sqrt(power[k + 1]);
            const float curve = l - 2.0F * c + r;
            const float shift = curve < 0.0F ? 0.5F * (l - r) / curve : 0.0F;
            partials.push_back(
                {static_cast<float>((static_cast<double>(k) + static_cast<double>(shift)) * bin_hz),
                 c});
        }
    }
    std::vector<Partial> partials;  ///< by rising frequency

private:
    std::vector<std::size_t> candidates_;
};

/// Sethares' dissonance curve summed over pairs, weighted by the smaller amplitude.
float roughness_of(const std::vector<Partial>& partials) {
    float sum = 0.0F, power = 0.0F;
    for (std::size_t i = 0; i < partials.size(); ++i) {
        power += partials[i].amplitude * partials[i].amplitude;
        for (std::size_t j = i + 1; j < partials.size(); ++j) {
            const float s = 0.24F / (0.0207F * partials[i].hz + 18.96F);
            const float d = s * (partials[j].hz - partials[i].hz);
            if (d > 1.2F) break;  // beyond a critical band the curve is below 0.01
            sum += partials[i].amplitude * partials[j].amplitude *
                   (std::exp(-3.5F * d) - std::exp(-5.75F * d));
        }
    }
    return power > kTiny ? sum / power : 0.0F;
}

}  // namespace

void MusicFrames::drop_before(double seconds) {
    const auto drop = [&](auto& frames, std::size_t& dropped, std::size_t hop) {
        const auto first =
            static_cast<std::size_t>(std::max(0.0, seconds * kRate / static_cast<double>(hop)));
        if (first <= dropped) return;
        const std::size_t n = std::min(frames.size(), first - dropped);
        frames.erase(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(n));
        dropped += n;
    };
    drop(timbre, timbre_dropped, kTimbreHop);
    drop(tonal, tonal_dropped, kTonalHop);
}

struct MusicFramer::State {
    Stft timbre_stft, tonal_stft, onset_stft;
    MelBank mel, onset_mel;
    std::vector<float> timbre_power, tonal_power, onset_power, scratch;
    std::vector<float> buffer;  ///< samples from `origin` on
    std::size_t origin = 0;     ///< index of buffer[0] in the signal
    std::size_t next_timbre = 0, next_tonal = 0, next_onset = 0;
    std::array<float, Frames::kMel> last_mel{};
    bool has_last_mel = false;
    std::vector<float> last_onset, now_onset;
    std::vector<std::size_t> onset_group;
    std::array<std::size_t, Frames::kContrast + 1> contrast_edge{};
    PartialFinder finder;
    std::size_t last_bin;  ///< first above the band limit

    State(Stft a, Stft b, Stft c, MelBank m, MelBank o)
        : timbre_stft(std::move(a)), tonal_stft(std::move(b)), onset_stft(std::move(c)),
          mel(std::move(m)), onset_mel(std::move(o)), timbre_power(timbre_stft.bins()),
          tonal_power(tonal_stft.bins()), onset_power(onset_stft.bins()),
          last_onset(onset_mel.bands()), now_onset(onset_mel.bands()) {
        const double bin_hz = kRateHz / static_cast<double>(Frames::kTimbreWindow);
        last_bin = static_cast<std::size_t>(Frames::kBandLimit / bin_hz);
        const std::array<double, Frames::kContrast + 1> edges{0,    200,  400,  800,
                                                              1600, 3200, 6400, Frames::kBandLimit};
        for (std::size_t i = 0; i < edges.size(); ++i)
            contrast_edge[i] = static_cast<std::size_t>(edges[i] / bin_hz) + (i == 0 ? 1 : 0);
        for (std::size_t b2 = 0; b2 < onset_mel.bands(); ++b2) {
            const double hz = onset_mel.centre_hz(b2);
            onset_group.push_back(hz < 200 ? 0 : hz < 800 ? 1 : hz < 3200 ? 2 : 3);
        }
    }

    void timbre(std::span<const float> x, Frames::Timbre& f);
    void shape(Frames::Timbre& f);
    void contrast(Frames::Timbre& f);
    void tonal(std::span<const float> x, Frames::Tonal& f);
    void onset(std::span<const float> x, Frames::Onset& f);
};

void MusicFramer::State::shape(Frames::Timbre& f) {
    const double bin_hz = kRateHz / static_cast<double>(Frames::kTimbreWindow);
    const auto p = std::span<const float>(timbre_power).subspan(1, last_bin - 1);
    double sum = 0.0, first = 0.0, second = 0.0, third = 0.0, fourth = 0.0;
    float top = 0.0F;
    for (std::size_t k = 0; k < p.size(); ++k) {
        sum += static_cast<double>(p[k]);
        first += static_cast<double>(p[k]) * static_cast<double>(k + 1);
        top = std::max(top, p[k]);
    }
    const double total = std::max(sum, static_cast<double>(kTiny));
    const double mean_bin = first / total;
    const double mean_power = total / static_cast<double>(p.size());
    const float floor = static_cast<float>(mean_power) * kRelativeFloor;
    double logs = 0.0, entropy = 0.0, cumulated = 0.0, floored_sum = 0.0;
    std::array<float*, 3> rolloff{&f.rolloff50_hz, &f.rolloff85_hz, &f.rolloff95_hz};
    constexpr std::array<double, 3> kShares{0.50, 0.85, 0.95};
    std::size_t next = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
        const double d = static_cast<double>(k + 1) - mean_bin, v = static_cast<double>(p[k]);
        second += v * d * d;
        third += v * d * d * d;
        fourth += v * d * d * d * d;
        const float held = std::max(p[k], floor);
        const double log_held = static_cast<double>(std::log(held));
        logs += log_held;
        entropy -= static_cast<double>(held) * log_held;
        floored_sum += static_cast<double>(held);
        cumulated += v;
        while (next < 3 && cumulated >= kShares[next] * total)
            *rolloff[next++] = static_cast<float>(static_cast<double>(k + 1) * bin_hz);
    }
    while (next < 3) *rolloff[next++] = static_cast<float>(static_cast<double>(p.size()) * bin_hz);
    const double variance = second / total, sd = std::sqrt(std::max(variance, 1e-6));
    const double n = static_cast<double>(p.size());
    f.centroid_hz = static_cast<float>(mean_bin * bin_hz);
    f.spread_hz = static_cast<float>(sd * bin_hz);
    f.skewness = static_cast<float>(third / total / (sd * sd * sd));
    f.kurtosis = static_cast<float>(fourth / total / (sd * sd * sd * sd));
    f.flatness = static_cast<float>(std::exp(logs / n) / (floored_sum / n));
    f.entropy = static_cast<float>((entropy / floored_sum + std::log(floored_sum)) / std::log(n));
    f.crest = static_cast<float>(std::log(std::max(static_cast<double>(top), 1e-20) / mean_power));
}

void MusicFramer::State::contrast(Frames::Timbre& f) {
    for (std::size_t b = 0; b < Frames::kContrast; ++b) {
        const std::size_t from = contrast_edge[b], to = contrast_edge[b + 1];
        scratch.assign(timbre_power.begin() + static_cast<std::ptrdiff_t>(from),
                       timbre_power.begin() + static_cast<std::ptrdiff_t>(to));
        const auto fifth = std::max<std::size_t>(1, scratch.size() / 5);
        const auto mean = [&](auto begin) {
            float sum = 0.0F;
            for (std::size_t i = 0; i < fifth; ++i)
                sum += *(begin + static_cast<std::ptrdiff_t>(i));
            return sum / static_cast<float>(fifth);
        };
        const auto low = scratch.begin() + static_cast<std::ptrdiff_t>(fifth),
                   high = scratch.end() - static_cast<std::ptrdiff_t>(fifth);
        std::nth_element(scratch.begin(), low, scratch.end());
        std::sort(scratch.begin(), low);  // one order of addition for equal multisets
        if (low < high) std::nth_element(low, high, scratch.end());
        std::sort(high, scratch.end());
        f.valley[b] = mean(scratch.begin());
        f.peak[b] = mean(high);
    }
}

void MusicFramer::State::timbre(std::span<const float> x, Frames::Timbre& f) {
    f = {};
    timbre_stft.power(x, timbre_power);
    mel.apply(timbre_power, f.mel);
    double square = 0.0;
    int crossings = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        square += static_cast<double>(x[i]) * static_cast<double>(x[i]);
        if (i > 0) crossings += (x[i] < 0.0F) != (x[i - 1] < 0.0F) ? 1 : 0;
    }
    f.power = static_cast<float>(square / static_cast<double>(x.size()));
    f.zero_crossings_hz = static_cast<float>(crossings * kRateHz / static_cast<double>(x.size()));
    shape(f);
    contrast(f);

    finder.find(timbre_power, 4, last_bin / 2, kRateHz / static_cast<double>(Frames::kTimbreWindow),
                kPartials);
    f.roughness = roughness_of(finder.partials);
    float strongest = 0.0F, all = 0.0F;
    for (const Partial& p : finder.partials) strongest += p.amplitude * p.amplitude;
    for (std::size_t k = 4; k < last_bin; ++k) all += timbre_power[k];
    f.peakiness = all > kTiny ? strongest / all : 0.0F;

    std::array<float, Frames::kMel> share;
    float sum = kTiny;
    for (const float v : f.mel) sum += v;
    double mean_log = 0.0, slope = 0.0, weight = 0.0;
    std::array<double, Frames::kMel> logs;
    for (std::size_t b = 0; b < Frames::kMel; ++b) {
        share[b] = f.mel[b] / sum;
        logs[b] = std::log(static_cast<double>(share[b]) + 1e-6);
        mean_log += logs[b] / Frames::kMel;
    }
    float distance = 0.0F;
    for (std::size_t b = 0; b < Frames::kMel; ++b) {
        const double at = static_cast<double>(b) - (Frames::kMel - 1) / 2.0;
        slope += at * (logs[b] - mean_log);
        weight += at * at;
        distance += std::abs(share[b] - last_mel[b]);
    }
    f.slope = static_cast<float>(slope / weight);
    f.flux = has_last_mel ? 0.5F * distance : 0.0F;
    last_mel = share;
    has_last_mel = true;
}

void MusicFramer::State::tonal(std::span<const float> x, Frames::Tonal& f) {
    f = {};
    tonal_stft.power(x, tonal_power);
    const double bin_hz = kRateHz / static_cast<double>(Frames::kTonalWindow);
    const auto bin = [&](double hz) { return static_cast<std::size_t>(hz / bin_hz); };
    finder.find(tonal_power, bin(60), bin(2100), bin_hz, 60);
    for (const Partial& p : finder.partials) {
        // C = 261.626 Hz; thirds of a semitone, a triangle as wide as a semitone.
        const double place = 36.0 * std::log2(static_cast<double>(p.hz) / 261.6256);
        const double whole = std::floor(place);
        auto& chroma = p.hz < 260.0F ? f.low : f.high;
        for (int step = -1; step <= 2; ++step) {
            const double at = whole + step;
            const double weight = 1.0 - std::abs(place - at) / 1.5;
            if (weight <= 0.0) continue;
            const int index = ((static_cast<int>(at) % 36) + 36) % 36;
            chroma[static_cast<std::size_t>(index)] += p.amplitude * static_cast<float>(weight);
        }
    }
    for (std::size_t k = bin(60); k < bin(2100); ++k) f.power += tonal_power[k];
}

void MusicFramer::State::onset(std::span<const float> x, Frames::Onset& f) {
    f = {};
    onset_stft.power(x, onset_power);
    onset_mel.apply(onset_power, now_onset);
    for (std::size_t b = 0; b < now_onset.size(); ++b) {
        now_onset[b] = std::sqrt(std::sqrt(now_onset[b]));
        f.rise[onset_group[b]] += std::max(0.0F, now_onset[b] - last_onset[b]);
    }
    std::swap(now_onset, last_onset);
}

MusicFramer::MusicFramer() {
    const auto mel_config = [](std::size_t window, std::size_t bands) {
        return MelConfig{.rate_hz = kRateHz,
                         .stft = {.window = window, .hop = window},
                         .bands = bands,
                         .fmin_hz = 30.0,
                         .fmax_hz = Frames::kBandLimit,
                         .scale = MelScale::kHtk,
                         .norm = MelNorm::kNone};
    };
    const auto made = [](auto result) {
        ATTUNE_ASSERT(result.has_value());  // constants of ours
        return *std::move(result);
    };
    state_ = std::make_unique<State>(
        made(Stft::create({.window = Frames::kTimbreWindow, .hop = Frames::kTimbreHop})),
        made(Stft::create({.window = Frames::kTonalWindow, .hop = Frames::kTonalHop})),
        made(Stft::create({.window = Frames::kOnsetWindow, .hop = Frames::kOnsetHop})),
        made(MelBank::create(mel_config(Frames::kTimbreWindow, Frames::kMel))),
        made(MelBank::create(mel_config(Frames::kOnsetWindow, 24))));
}

MusicFramer::~MusicFramer() = default;
MusicFramer::MusicFramer(MusicFramer&&) noexcept = default;
MusicFramer& MusicFramer::operator=(MusicFramer&&) noexcept = default;

void MusicFramer::push(std::span<const float> mono, MusicFrames& out) {
    State& s = *state_;
    for (const float v : mono) s.buffer.push_back(std::isfinite(v) ? v : 0.0F);
    const std::size_t end = s.origin + s.buffer.size();
    const auto window = [&](std::size_t at, std::size_t n) {
        return std::span<const float>(s.buffer).subspan(at - s.origin, n);
    };
    for (; s.next_timbre + Frames::kTimbreWindow <= end; s.next_timbre += Frames::kTimbreHop) {
        s.timbre(window(s.next_timbre, Frames::kTimbreWindow), out.timbre.emplace_back());
    }
    for (; s.next_tonal + Frames::kTonalWindow <= end; s.next_tonal += Frames::kTonalHop) {
        s.tonal(window(s.next_tonal, Frames::kTonalWindow), out.tonal.emplace_back());
    }
    for (; s.next_onset + Frames::kOnsetWindow <= end; s.next_onset += Frames::kOnsetHop) {
        s.onset(window(s.next_onset, Frames::kOnsetWindow), out.onset.emplace_back());
    }
    const std::size_t keep = std::min({s.next_timbre, s.next_tonal, s.next_onset}) - s.origin;
    const std::size_t drop = std::min(keep, s.buffer.size());
    s.buffer.erase(s.buffer.begin(), s.buffer.begin() + static_cast<std::ptrdiff_t>(drop));
    s.origin += drop;
}

}  // namespace attune::signal
