// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/music_descriptors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>

#include "signal/key.hpp"
#include "signal/mel.hpp"

namespace attune::signal {
namespace {

using Frames = MusicFrames;
constexpr double kFrameGate = 1e-6;  // -60 dB of the stretch's mean power
constexpr double kMelFloor = 1e-6;   // of the mean total mel power
constexpr std::size_t kMfcc = 20;
constexpr double kTimbreRate = static_cast<double>(Frames::kRate) / Frames::kTimbreHop;
constexpr double kOnsetRate = static_cast<double>(Frames::kRate) / Frames::kOnsetHop;

/// Collects values, and their names when somebody asks for them.
class Collector {
public:
    explicit Collector(std::vector<std::string>* names) : names_(names) {}
    void add(const char* name, double value) {
        if (names_ != nullptr) names_->emplace_back(name);
        values.push_back(std::isfinite(value) ? static_cast<float>(value) : 0.0F);
    }
    void add(const std::string& name, double value) { add(name.c_str(), value); }
    std::vector<float> values;

private:
    std::vector<std::string>* names_;
};

std::string numbered(const char* name, std::size_t i) {
    char text[64];
    std::snprintf(text, sizeof text, "%s_%02zu", name, i);
    return text;
}

double mean_of(std::span<const float> x) {
    double sum = 0.0;
    for (const float v : x) sum += static_cast<double>(v);
    return x.empty() ? 0.0 : sum / static_cast<double>(x.size());
}

double sd_of(std::span<const float> x, double mean) {
    double sum = 0.0;
    for (const float v : x)
        sum += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    return x.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(x.size()));
}

double mean_change(std::span<const float> x) {
    double sum = 0.0;
    for (std::size_t i = 1; i < x.size(); ++i)
        sum += static_cast<double>(std::abs(x[i] - x[i - 1]));
    return x.size() < 2 ? 0.0 : sum / static_cast<double>(x.size() - 1);
}

double percentile(std::vector<float>& scratch, double share) {
    const auto at = scratch.begin() + static_cast<std::ptrdiff_t>(
                                          share * static_cast<double>(scratch.size() - 1) + 0.5);
    std::nth_element(scratch.begin(), at, scratch.end());
    return static_cast<double>(*at);
}

/// mean, SD, p10, p90, mean absolute change.
void add_statistics(Collector& out, const std::string& name, std::vector<float>& series) {
    const double mean = mean_of(series);
    const double change = mean_change(series);
    out.add(name + "_mean", mean);
    out.add(name + "_sd", sd_of(series, mean));
    out.add(name + "_change", change);
    out.add(name + "_p10", percentile(series, 0.10));
    out.add(name + "_p90", percentile(series, 0.90));
}

/// Frames [first, last) that lie wholly within the stretch.
struct Range {
    std::size_t first = 0, last = 0;
};
Range range_of(std::size_t count, std::size_t dropped, std::size_t hop, std::size_t window,
               double from_s, double to_s) {
    const double from = from_s * Frames::kRate, to = to_s * Frames::kRate;
    const double h = static_cast<double>(hop);
    Range r;
    r.first = static_cast<std::size_t>(std::max(0.0, std::ceil(from / h)));
    const double last = (to - static_cast<double>(window)) / h;
    r.last = last < 0.0 ? 0 : static_cast<std::size_t>(std::floor(last)) + 1;
    r.last = std::min(count, r.last - std::min(r.last, dropped));
    r.first = std::min(r.first - std::min(r.first, dropped), r.last);
    return r;
}

// ---- timbre ------------------------------------------------------------------------------------

using FrameList = std::vector<const Frames::Timbre*>;

void add_mel(Collector& out, const FrameList& frames) {
    static const Dct dct(Frames::kMel, kMfcc);
    double total = 0.0;
    for (const auto* f : frames) total += std::accumulate(f->mel.begin(), f->mel.end(), 0.0);
    const double mean_total = total / static_cast<double>(frames.size());
    const auto floor = static_cast<float>(kMelFloor * mean_total);
    const auto reference = static_cast<float>(std::log(mean_total));

    std::vector<std::vector<float>> mel(Frames::kMel), mfcc(kMfcc);
    std::array<float, Frames::kMel> logs;
    std::array<float, kMfcc> cepstrum;
    for (const auto* f : frames) {
        for (std::size_t b = 0; b < Frames::kMel; ++b) {
            logs[b] = std::log(f->mel[b] + floor) - reference;
            mel[b].push_back(logs[b]);
        }
        dct.apply(logs, cepstrum);
        for (std::size_t c = 0; c < kMfcc; ++c) mfcc[c].push_back(cepstrum[c]);
    }
    for (std::size_t b = 0; b < Frames::kMel; ++b)
        out.add(numbered("mel_mean", b), mean_of(mel[b]));
    for (std::size_t b = 0; b < Frames::kMel; ++b)
        out.add(numbered("mel_sd", b), sd_of(mel[b], mean_of(mel[b])));
    for (std::size_t b = 0; b < Frames::kMel; ++b)
        out.add(numbered("mel_change", b), mean_change(mel[b]));
    std::array<double, kMfcc> means;
    for (std::size_t c = 0; c < kMfcc; ++c)
        out.add(numbered("mfcc_mean", c), means[c] = mean_of(mfcc[c]));
    for (std::size_t c = 0; c < kMfcc; ++c)
        out.add(numbered("mfcc_sd", c), sd_of(mfcc[c], means[c]));
    for (std::size_t c = 0; c < kMfcc; ++c)
        out.add(numbered("mfcc_change", c), mean_change(mfcc[c]));
    // How the first coefficients move together.
    constexpr std::size_t kTogether = 8;
    for (std::size_t a = 0; a < kTogether; ++a) {
        for (std::size_t b = a + 1; b < kTogether; ++b) {
            double sum = 0.0, va = 0.0, vb = 0.0;
            for (std::size_t t = 0; t < frames.size(); ++t) {
                const double da = static_cast<double>(mfcc[a][t]) - means[a],
                             db = static_cast<double>(mfcc[b][t]) - means[b];
                sum += da * db, va += da * da, vb += db * db;
            }
            out.add(numbered("mfcc_correlation", 10 * a + b), sum / std::sqrt(va * vb + 1e-12));
        }
    }
    // Modulation: how much of the movement of eight groups of bands is at which speed.
    constexpr std::size_t kGroups = 8, kPer = Frames::kMel / kGroups;
    constexpr std::array<double, 6> kEdges{0.25, 0.75, 1.5, 3.0, 6.0, 10.0};
    const std::size_t n = std::min<std::size_t>(frames.size(), 646);  // 30 s
    for (std::size_t g = 0; g < kGroups; ++g) {
        std::vector<double> series(n, 0.0);
        double mean = 0.0;
        for (std::size_t t = 0; t < n; ++t) {
            for (std::size_t b = 0; b < kPer; ++b)
                series[t] += static_cast<double>(mel[g * kPer + b][t]) / kPer;
            mean += series[t] / static_cast<double>(n);
        }
        std::array<double, kEdges.size() - 1> energy{};
        double all = 1e-9;
        constexpr double kStep = 0.25;  // [Hz]
        for (double hz = kStep; hz < 10.0; hz += kStep) {
            const double omega = 2.0 * std::numbers::pi * hz / kTimbreRate,
                         k = 2.0 * std::cos(omega);
            double s1 = 0.0, s2 = 0.0;  // Goertzel
            for (std::size_t t = 0; t < n; ++t) {
                const double s0 = series[t] - mean + k * s1 - s2;
                s2 = s1, s1 = s0;
            }
            const double power = std::max(0.0, s1 * s1 + s2 * s2 - k * s1 * s2);
            all += power;
            for (std::size_t e = 0; e + 1 < kEdges.size(); ++e) {
                if (hz >= kEdges[e] && hz < kEdges[e + 1]) energy[e] += power;
            }
        }
        for (std::size_t e = 0; e + 1 < kEdges.size(); ++e)
            out.add(numbered("modulation", 10 * g + e), std::sqrt(energy[e] / all));
    }
}

void add_shape(Collector& out, const FrameList& frames) {
    std::vector<float> series;
    const auto add = [&](const char* name, auto&& value) {
        series.clear();
        for (const auto* f : frames) series.push_back(value(*f));
        add_statistics(out, name, series);
    };
    using T = Frames::Timbre;
    const auto ln = [](float v) { return std::log(std::max(v, 1.0F)); };
    add("centroid", [&](const T& f) { return ln(f.centroid_hz); });
    add("spread", [&](const T& f) { return ln(f.spread_hz); });
    add("skewness", [](const T& f) { return std::clamp(f.skewness, -10.0F, 30.0F); });
    add("kurtosis", [](const T& f) { return std::log(std::clamp(f.kurtosis, 1.0F, 1000.0F)); });
    add("rolloff50", [&](const T& f) { return ln(f.rolloff50_hz); });
    add("rolloff85", [&](const T& f) { return ln(f.rolloff85_hz); });
    add("rolloff95", [&](const T& f) { return ln(f.rolloff95_hz); });
    add("flatness", [](const T& f) { return std::log(f.flatness + 1e-3F); });
    add("entropy", [](const T& f) { return f.entropy; });
    add("crest", [](const T& f) { return f.crest; });
    add("flux", [](const T& f) { return f.flux; });
    add("roughness", [](const T& f) { return f.roughness; });
    add("zero_crossings", [&](const T& f) { return ln(f.zero_crossings_hz); });
    add("slope", [](const T& f) { return f.slope; });
    add("peakiness", [](const T& f) { return f.peakiness; });
    for (std::size_t b = 0; b < Frames::kContrast; ++b) {
        add(numbered("contrast", b).c_str(), [&](const T& f) {
            const float mean =
                f.power * 1e-2F + 1e-20F;  // a floor that follows the frame's own level
            return std::log((f.peak[b] + mean) / (f.valley[b] + mean));
        });
    }
}

void add_dynamics(Collector& out, const FrameList& frames, double mean_power) {
    std::vector<float> level;
    int below = 0;
    for (const auto* f : frames) {
        level.push_back(static_cast<float>(
            10.0 * std::log10(static_cast<double>(f->power) / mean_power + 1e-6)));
        below += level.back() < 0.0F ? 1 : 0;
    }
    const double n = static_cast<double>(level.size()), centre = (n - 1.0) / 2.0;
    double slope = 0.0, weight = 0.0, rise = 0.0;
    for (std::size_t t = 0; t < level.size(); ++t) {
        const double at = static_cast<double>(t) - centre;
        slope += at * static_cast<double>(level[t]);
        weight += at * at;
        if (t >= 10) rise = std::max(rise, static_cast<double>(level[t] - level[t - 10]));
    }
    out.add("low_energy_share", below / n);
    out.add("level_slope", weight > 0.0 ? slope / weight * kTimbreRate : 0.0);
    out.add("level_rise", rise);
    auto sorted = level;
    out.add("level_p02", percentile(sorted, 0.02));
    out.add("level_p50", percentile(sorted, 0.50));
    out.add("level_p98", percentile(sorted, 0.98));
    add_statistics(out, "level", level);
}

// ---- harmony -----------------------------------------------------------------------------------

using Chroma = std::array<float, 12>;

/// Which of the three thirds of a semitone carries the scale: -1, 0, 1.
int tuning_of(const Frames& frames, Range r) {
    std::array<double, 3> sums{};
    for (std::size_t t = r.first; t < r.last; ++t) {
        for (std::size_t i = 0; i < Frames::kChroma; ++i) {
            sums[i % 3] += static_cast<double>(frames.tonal[t].low[i] + frames.tonal[t].high[i]);
        }
    }
    const auto best = std::max_element(sums.begin(), sums.end()) - sums.begin();
    return best == 2 ? -1 : static_cast<int>(best);
}

Chroma fold(const std::array<float, Frames::kChroma>& fine, int tuning) {
    Chroma out;
    for (std::size_t i = 0; i < 12; ++i) {
        const auto at = [&](int offset) {
            return fine[(3 * i + static_cast<std::size_t>(36 + tuning + offset)) % 36];
        };
        out[i] = at(0) + 0.5F * (at(-1) + at(1));
    }
    return out;
}

double sum_of(const Chroma& c) { return std::accumulate(c.begin(), c.end(), 0.0); }

Chroma frame_chroma(const Frames::Tonal& f, int tuning, double low_weight) {
    Chroma low = fold(f.low, tuning), out = fold(f.high, tuning);
    for (std::size_t i = 0; i < 12; ++i) out[i] += static_cast<float>(low_weight) * low[i];
    return out;
}

std::array<double, 6> tonnetz(const Chroma& c) {
    std::array<double, 6> t{};
    const double sum = std::max(sum_of(c), 1e-12);
    for (std::size_t i = 0; i < 12; ++i) {
        const double a = static_cast<double>(c[i]) / sum, k = static_cast<double>(i),
                     pi = std::numbers::pi;
        t[0] += a * std::sin(k * 7 * pi / 6), t[1] += a * std::cos(k * 7 * pi / 6);
        t[2] += a * std::sin(k * 3 * pi / 2), t[3] += a * std::cos(k * 3 * pi / 2);
        t[4] += 0.5 * a * std::sin(k * 2 * pi / 3), t[5] += 0.5 * a * std::cos(k * 2 * pi / 3);
    }
    return t;
}

/// Best triad: 0..11 major on that root, 12..23 minor; its share of the chroma.
std::pair<int, double> best_triad(const Chroma& c) {
    const double sum = std::max(sum_of(c), 1e-12);
    int best = 0;
    double share = -1.0;
    for (int kind = 0; kind < 2; ++kind) {
        for (int root = 0; root < 12; ++root) {
            const auto at = [&](int step) {
                return static_cast<double>(c[static_cast<std::size_t>((root + step) % 12)]);
            };
            const double s = (at(0) + at(kind == 0 ? 4 : 3) + at(7)) / sum;
            if (s > share) share = s, best = 12 * kind + root;
        }
    }
    return {best, share};
}

void add_harmony(Collector& out, const Frames& frames, Range r) {
    const int tuning = tuning_of(frames, r);
    Chroma mean{}, bass{};
    double low_power = 0.0, high_power = 0.0, minor = 0.0, changes = 0.0, share = 0.0;
    double minor_weight = 0.0, share_weight = 0.0;
    std::array<double, 6> tonnetz_sum{}, tonnetz_square{};
    std::array<double, 6> last_tonnetz{};
    std::vector<float> movement, entropy_series;
    int last_chord = -1;
    std::size_t used = 0;
    for (std::size_t t = r.first; t < r.last; ++t) {
        const Chroma c = frame_chroma(frames.tonal[t], tuning, 1.0);
        const double amplitude = sum_of(c);
        low_power += std::accumulate(frames.tonal[t].low.begin(), frames.tonal[t].low.end(), 0.0);
        high_power +=
            std::accumulate(frames.tonal[t].high.begin(), frames.tonal[t].high.end(), 0.0);
        if (amplitude < 1e-9) continue;
        ++used;
        const double weight = std::sqrt(amplitude);
        const Chroma low = fold(frames.tonal[t].low, tuning);
        double entropy = 0.0;
        for (std::size_t i = 0; i < 12; ++i) {
            const double p = static_cast<double>(c[i]) / amplitude;
            mean[i] += static_cast<float>(weight * p);
            bass[i] += low[i];
            if (p > 1e-9) entropy -= p * std::log(p);
        }
        entropy_series.push_back(static_cast<float>(entropy));
        const auto place = tonnetz(c);
        double distance = 0.0;
        for (std::size_t i = 0; i < 6; ++i) {
            tonnetz_sum[i] += place[i], tonnetz_square[i] += place[i] * place[i];
            distance += (place[i] - last_tonnetz[i]) * (place[i] - last_tonnetz[i]);
        }
        if (used > 1) movement.push_back(static_cast<float>(std::sqrt(distance)));
        last_tonnetz = place;
        const auto [chord, chord_share] = best_triad(c);
        if (last_chord >= 0 && chord != last_chord) changes += 1.0;
        last_chord = chord;
        minor += weight * chord_share * (chord >= 12 ? 1.0 : 0.0),
            minor_weight += weight * chord_share;
        share += weight * chord_share, share_weight += weight;
    }
    const double total = std::max(sum_of(mean), 1e-12);
    for (float& v : mean) v = static_cast<float>(static_cast<double>(v) / total);
    const KeyEstimate key = estimate_key(mean);
    const auto tonic = static_cast<std::size_t>(key.pitch_class);
    for (std::size_t i = 0; i < 12; ++i)
        out.add(numbered("chroma_from_tonic", i), static_cast<double>(mean[(tonic + i) % 12]));
    double bass_total = std::max(sum_of(bass), 1e-12), entropy = 0.0;
    for (std::size_t i = 0; i < 12; ++i) {
        const double p = static_cast<double>(mean[i]);
        if (p > 1e-9) entropy -= p * std::log(p);
    }
    out.add("bass_on_tonic", static_cast<double>(bass[tonic]) / bass_total);
    out.add("bass_on_fifth", static_cast<double>(bass[(tonic + 7) % 12]) / bass_total);
    for (std::size_t lag = 1; lag <= 6; ++lag) {  // interval content, free of key
        double product = 0.0, square = 0.0;
        for (std::size_t i = 0; i < 12; ++i) {
            product += static_cast<double>(mean[i]) * static_cast<double>(mean[(i + lag) % 12]);
            square += static_cast<double>(mean[i]) * static_cast<double>(mean[i]);
        }
        out.add(numbered("interval_content", lag), product / std::max(square, 1e-12));
    }
    out.add("chroma_entropy", entropy);
    out.add("key_clarity", key.confidence);
    out.add("majorness", key.majorness);
    out.add("key_strength", key.strength);
    out.add("minor_chord_share", minor_weight > 0.0 ? minor / minor_weight : 0.5);
    out.add("triad_share", share_weight > 0.0 ? share / share_weight : 0.0);
    const double n = std::max<double>(1.0, static_cast<double>(used));
    out.add("chord_change_share", changes / n);
    out.add("low_register_share", low_power / std::max(low_power + high_power, 1e-12));
    double wander = 0.0;
    for (std::size_t i = 0; i < 6; ++i) {
        const double m = tonnetz_sum[i] / n;
        const double variance = std::max(0.0, tonnetz_square[i] / n - m * m);
        wander += variance;
        out.add(numbered("tonnetz_sd", i), std::sqrt(variance));
    }
    for (std::size_t i = 0; i < 3; ++i) {  // length of the mean on each circle
        out.add(numbered("tonnetz_mean", i),
                std::hypot(tonnetz_sum[2 * i], tonnetz_sum[2 * i + 1]) / n);
    }
    out.add("tonnetz_wander", std::sqrt(wander));
    if (movement.empty()) movement.push_back(0.0F);
    if (entropy_series.empty()) entropy_series.push_back(0.0F);
    add_statistics(out, "harmonic_change", movement);
    add_statistics(out, "frame_chroma_entropy", entropy_series);
}

// ---- rhythm ------------------------------------------------------------------------------------

/// Autocorrelation of a series without its mean at one lag, over lag 0.
double autocorrelation(std::span<const float> x, std::size_t lag) {
    double sum = 0.0;
    for (std::size_t i = lag; i < x.size(); ++i)
        sum += static_cast<double>(x[i]) * static_cast<double>(x[i - lag]);
    return sum * static_cast<double>(x.size()) / static_cast<double>(x.size() - lag);
}

void add_rhythm(Collector& out, const Frames& frames, Range r) {
    std::array<std::vector<float>, Frames::kOnsetBands + 1> rise;  // bands, and all
    for (std::size_t t = r.first; t < r.last; ++t) {
        float all = 0.0F;
        for (std::size_t b = 0; b < Frames::kOnsetBands; ++b) {
            rise[b].push_back(frames.onset[t].rise[b]);
            all += frames.onset[t].rise[b];
        }
        rise.back().push_back(all);
    }
    const double all_mean = std::max(mean_of(rise.back()), 1e-12);
    for (std::size_t b = 0; b < rise.size(); ++b) {
        const double mean = std::max(mean_of(rise[b]), 1e-12);
        if (b < Frames::kOnsetBands) out.add(numbered("onset_share", b), mean / all_mean);
        for (float& v : rise[b]) v = static_cast<float>(static_cast<double>(v) / mean);
        auto sorted = rise[b];
        out.add(numbered("onset_sd", b), sd_of(rise[b], 1.0));
        out.add(numbered("onset_p50", b), percentile(sorted, 0.5));
        out.add(numbered("onset_p90", b), percentile(sorted, 0.9));
        out.add(numbered("onset_p98", b), percentile(sorted, 0.98));
    }
    // Peaks of the whole: 60 ms apart, above the neighbourhood.
    const auto& x = rise.back();
    int peaks = 0;
    double height = 0.0, interval_sum = 0.0, interval_square = 0.0;
    std::size_t last = 0;
    std::vector<double> prefix(x.size() + 1, 0.0);
    for (std::size_t i = 0; i < x.size(); ++i)
        prefix[i + 1] = prefix[i] + static_cast<double>(x[i]);
    for (std::size_t i = 3; i + 3 < x.size(); ++i) {
        const std::size_t from = i > 17 ? i - 17 : 0, to = std::min(x.size(), i + 18);  // +-0.2 s
        const double around = (prefix[to] - prefix[from]) / static_cast<double>(to - from);
        const bool top = std::all_of(x.begin() + static_cast<std::ptrdiff_t>(i) - 3,
                                     x.begin() + static_cast<std::ptrdiff_t>(i) + 4,
                                     [&](float v) { return v <= x[i]; });
        if (!top || static_cast<double>(x[i]) < around + 0.6 || (peaks > 0 && i - last < 5))
            continue;
        if (peaks > 0) {
            const double gap = static_cast<double>(i - last) / kOnsetRate;
            interval_sum += gap, interval_square += gap * gap;
        }
        ++peaks;
        last = i;
        height += static_cast<double>(x[i]);
    }
    const double seconds = std::max(0.1, static_cast<double>(x.size()) / kOnsetRate);
    const double intervals = std::max(1, peaks - 1), mean_gap = interval_sum / intervals;
    out.add("onset_rate_hz", peaks / seconds);
    out.add("onset_height", peaks > 0 ? height / peaks : 0.0);
    out.add("onset_gap_variation",
            mean_gap > 0.0
                ? std::sqrt(std::max(0.0, interval_square / intervals - mean_gap * mean_gap)) /
                      mean_gap
                : 0.0);

    // Periodicity: autocorrelation at 40..240 bpm, of all and of the lowest band.
    for (const std::size_t which : {Frames::kOnsetBands, std::size_t{0}}) {
        std::vector<float> centred(rise[which]);
        const double mean = mean_of(centred);
        for (float& v : centred) v = std::min(v, 8.0F) - static_cast<float>(mean);
        const double zero = std::max(autocorrelation(centred, 0), 1e-9);
        constexpr std::size_t kTempi = 16;
        double best = 0.0, best_bpm = 0.0, sum = 0.0, entropy = 0.0;
        std::array<double, kTempi> profile{};
        for (std::size_t lag = 21; lag <= 130 && lag + 10 < centred.size(); ++lag) {
            const double value = std::max(0.0, autocorrelation(centred, lag) / zero);
            const double bpm = 60.0 * kOnsetRate / static_cast<double>(lag);
            const auto bin = static_cast<std::size_t>(std::clamp(
                std::log2(bpm / 39.7) / std::log2(246.1 / 39.7) * kTempi, 0.0, kTempi - 1.0));
            profile[bin] = std::max(profile[bin], value);
            if (value > best) best = value, best_bpm = bpm;
        }
        for (const double v : profile) sum += v + 1e-6;
        for (const double v : profile) entropy -= (v + 1e-6) / sum * std::log((v + 1e-6) / sum);
        const char* name = which == 0 ? "low_periodicity" : "periodicity";
        for (std::size_t i = 0; i < kTempi; ++i) out.add(numbered(name, i), profile[i]);
        out.add(std::string(name) + "_best", best);
        out.add(std::string(name) + "_bpm", best_bpm > 0.0 ? std::log2(best_bpm / 120.0) : 0.0);
        out.add(std::string(name) + "_entropy", entropy);
    }
}

std::optional<std::vector<float>> described(const Frames& frames, double from_s, double to_s,
                                            std::vector<std::string>* names) {
    const Range timbre = range_of(frames.timbre.size(), frames.timbre_dropped, Frames::kTimbreHop,
                                  Frames::kTimbreWindow, from_s, to_s);
    const Range tonal = range_of(frames.tonal.size(), frames.tonal_dropped, Frames::kTonalHop,
                                 Frames::kTonalWindow, from_s, to_s);
    const Range onset =
        range_of(frames.onset.size(), 0, Frames::kOnsetHop, Frames::kOnsetWindow, from_s, to_s);
    double mean_power = 0.0;
    for (std::size_t t = timbre.first; t < timbre.last; ++t)
        mean_power += static_cast<double>(frames.timbre[t].power);
    mean_power /= std::max<double>(1.0, static_cast<double>(timbre.last - timbre.first));
    FrameList list;
    for (std::size_t t = timbre.first; t < timbre.last; ++t) {
        if (static_cast<double>(frames.timbre[t].power) > kFrameGate * mean_power)
            list.push_back(&frames.timbre[t]);
    }
    if (list.size() < 20 || onset.last - onset.first < 160 || !(mean_power > 1e-12))
        return std::nullopt;
    Collector out(names);
    add_mel(out, list);
    add_shape(out, list);
    add_dynamics(out, list, mean_power);
    add_harmony(out, frames, tonal);
    add_rhythm(out, frames, onset);
    return std::move(out.values);
}

}  // namespace

const std::vector<std::string>& descriptor_names() {
    static const std::vector<std::string> names = [] {
        std::vector<float> x(3 * Frames::kRate);
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = 0.1F * std::sin(static_cast<float>(i % 4410) * 0.05F);
        MusicFrames frames;
        MusicFramer framer;
        framer.push(x, frames);
        std::vector<std::string> all;
        static_cast<void>(described(frames, 0.0, 3.0, &all));
        return all;
    }();
    return names;
}

std::optional<std::vector<float>> describe(const MusicFrames& frames, double from_s, double to_s) {
    return described(frames, from_s, to_s, nullptr);
}

KeyEvidence key_evidence(const MusicFrames& frames, double from_s, double to_s) {
    constexpr float kSounds = 0.25F;  // of the strongest pitch class
    KeyEvidence out;
    out.mean = mean_chroma(frames, from_s, to_s);
    const Range r = range_of(frames.tonal.size(), frames.tonal_dropped, Frames::kTonalHop, Frames::kTonalWindow, from_s, to_s);
    const int tuning = tuning_of(frames, r);
    for (std::size_t t = r.first; t < r.last; ++t) {
        const Chroma all = frame_chroma(frames.tonal[t], tuning, 1.0), high = fold(frames.tonal[t].high, tuning);
        if (sum_of(all) < 1e-9) continue;
        const float top = *std::max_element(all.begin(), all.end());
        for (std::size_t i = 0; i < 12; ++i) out.sounding[i] += all[i] > kSounds * top ? 1.0F : 0.0F;
        const auto strongest = std::max_element(high.begin(), high.end());
        if (*strongest > 0.0F) out.strongest[static_cast<std::size_t>(strongest - high.begin())] += 1.0F;
    }
    return out;
}

std::array<float, 12> mean_chroma(const MusicFrames& frames, double from_s, double to_s) {
    const Range r = range_of(frames.tonal.size(), frames.tonal_dropped, Frames::kTonalHop,
                             Frames::kTonalWindow, from_s, to_s);
    const int tuning = tuning_of(frames, r);
    Chroma mean{};
    for (std::size_t t = r.first; t < r.last; ++t) {
        const Chroma c = frame_chroma(frames.tonal[t], tuning, 1.0);
        const double amplitude = sum_of(c);
        if (amplitude < 1e-9) continue;
        for (std::size_t i = 0; i < 12; ++i)
            mean[i] +=
                static_cast<float>(std::sqrt(amplitude) * static_cast<double>(c[i]) / amplitude);
    }
    const double total = sum_of(mean);
    if (total > 0.0) {
        for (float& v : mean) v = static_cast<float>(static_cast<double>(v) / total);
    }
    return mean;
}

}  // namespace attune::signal
