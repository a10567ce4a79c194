// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/track_analysis.hpp"

#include <algorithm>
#include <cmath>

#include "media/decoder.hpp"
#include "signal/loudness.hpp"
#include "signal/music_descriptors.hpp"
#include "signal/music_frames.hpp"
#include "signal/resampler.hpp"
#include "signal/true_peak.hpp"

namespace attune::library {
namespace {

constexpr float kSilence = 1e-3F;  // -60 dBFS
constexpr double kShortTrack_s = 45.0;
constexpr std::size_t kEmbeddingBands = signal::MusicFrames::kMel;

/// Mean, SD and change of the log-mel spectrum and the harmony's intervals, brought to unit length:
/// what similar() compares. The scales bring each group to about the same weight.
std::vector<float> embedding_of(const std::vector<AnalysedSegment>& segments,
                                const std::vector<float>& whole) {
    std::vector<const std::vector<float>*> windows;
    for (const auto& s : segments) {
        if (!s.descriptors.empty()) windows.push_back(&s.descriptors);
    }
    if (!whole.empty()) windows = {&whole};
    if (windows.empty()) return {};
    constexpr std::size_t kDims = 3 * kEmbeddingBands;
    std::vector<float> out(kDims, 0.0F);
    for (const auto* w : windows) {
        for (std::size_t i = 0; i < kDims; ++i)
            out[i] += (*w)[i] / static_cast<float>(windows.size());
    }
    const auto group = [&](std::size_t g) {
        return std::span(out).subspan(g * kEmbeddingBands, kEmbeddingBands);
    };
    constexpr std::array<float, 3> kTypical{-5.5F, 1.2F, 0.7F}, kScale{1.0F, 2.0F, 3.0F};
    for (std::size_t g = 0; g < 3; ++g) {
        for (float& v : group(g)) v = (v - kTypical[g]) * kScale[g];
    }
    double square = 0.0;
    for (const float v : out) square += static_cast<double>(v) * static_cast<double>(v);
    if (!(square > 0.0)) return {};
    for (float& v : out) v = static_cast<float>(static_cast<double>(v) / std::sqrt(square));
    return out;
}

}  // namespace

struct TrackAnalyser::State {
    int rate_hz;
    signal::LoudnessMeter meter;
    signal::TruePeak peak_left, peak_right;
    signal::Resampler resampler;
    signal::MusicFramer framer;
    signal::MusicFrames frames;
    std::vector<float> middle, reduced;
    bool mono = false;                           ///< one channel, pushed as two
    std::vector<signal::LoudnessMeter> meters;   ///< of the stored channels, two by two; empty up to two
    std::vector<signal::TruePeak> peaks;         ///< of each stored channel
    std::int64_t seen = 0, first_sound = -1, last_sound = -1;
    std::int64_t reduced_seen = 0;            ///< samples at MusicFrames::kRate
    std::vector<std::vector<float>> windows;  ///< descriptors of the segments that are complete
    std::array<std::array<double, 12>, 3> key_sums{};  ///< mean, sounding, strongest, over segments

    State(int rate, signal::LoudnessMeter m, signal::TruePeak l, signal::TruePeak r,
          signal::Resampler re)
        : rate_hz(rate), meter(std::move(m)), peak_left(std::move(l)), peak_right(std::move(r)),
          resampler(std::move(re)) {}

    void note_sound(std::span<const float> left, std::span<const float> right);
    void frame(std::span<const float> samples);
    void describe_next(double end_s);
    void measure_level(TrackAnalysis& a) const;
};

TrackAnalyser::TrackAnalyser(std::unique_ptr<State> state) : state_(std::move(state)) {}
TrackAnalyser::~TrackAnalyser() = default;
TrackAnalyser::TrackAnalyser(TrackAnalyser&&) noexcept = default;
TrackAnalyser& TrackAnalyser::operator=(TrackAnalyser&&) noexcept = default;

Result<TrackAnalyser> TrackAnalyser::create(int rate_hz, const std::vector<double>& weights) {
    ATTUNE_TRY(auto meter, signal::LoudnessMeter::create(rate_hz));
    ATTUNE_TRY(auto left, signal::TruePeak::create(rate_hz));
    ATTUNE_TRY(auto right, signal::TruePeak::create(rate_hz));
    ATTUNE_TRY(auto resampler, signal::Resampler::create(rate_hz, signal::MusicFrames::kRate));
    auto s = std::make_unique<State>(rate_hz, std::move(meter), std::move(left), std::move(right), std::move(resampler));
    s->mono = weights.size() == 1;
    for (std::size_t c = 0; weights.size() > 2 && c < weights.size(); ++c) {
        if (c % 2 == 0) {
            ATTUNE_TRY(auto pair, signal::LoudnessMeter::create(rate_hz, weights[c], c + 1 < weights.size() ? weights[c + 1] : 0.0));
            s->meters.push_back(std::move(pair));
        }
        ATTUNE_TRY(auto peak, signal::TruePeak::create(rate_hz));
        s->peaks.push_back(std::move(peak));
    }
    return TrackAnalyser(std::move(s));
}

void TrackAnalyser::push_stored(const std::vector<std::vector<float>>& channels) {
    State& s = *state_;
    if (channels.size() != s.peaks.size()) return;  // up to two channels are measured as they are played
    for (std::size_t c = 0; c < channels.size(); ++c) {
        s.peaks[c].push(channels[c]);
        if (c % 2 == 0) s.meters[c / 2].push(channels[c], c + 1 < channels.size() ? channels[c + 1] : channels[c]);
    }
}

void TrackAnalyser::State::note_sound(std::span<const float> left, std::span<const float> right) {
    const auto loud = [&](std::size_t i) {
        return std::abs(left[i]) > kSilence || std::abs(right[i]) > kSilence;
    };
    if (first_sound < 0) {
        for (std::size_t i = 0; i < left.size(); ++i) {
            if (loud(i)) {
                first_sound = seen + static_cast<std::int64_t>(i);
                break;
            }
        }
    }
    for (std::size_t i = left.size(); i-- > 0;) {
        if (loud(i)) {
            last_sound = seen + static_cast<std::int64_t>(i);
            break;
        }
    }
}

/// Describes segment number windows.size(), whose window ends at end_s or at the end of the music.
void TrackAnalyser::State::describe_next(double end_s) {
    const double start = static_cast<double>(windows.size()) * kSegment_s,
                 margin = (kWindow_s - kSegment_s) / 2.0;
    const double from = std::max(0.0, start - margin),
                 to = std::min(end_s, start + kSegment_s + margin);
    windows.push_back(signal::describe(frames, from, to).value_or(std::vector<float>{}));
    const auto part = signal::key_evidence(frames, start, std::min(end_s, start + kSegment_s));
    for (std::size_t i = 0; i < 12; ++i) {
        key_sums[0][i] += static_cast<double>(part.mean[i]);
        key_sums[1][i] += static_cast<double>(part.sounding[i]);
        key_sums[2][i] += static_cast<double>(part.strongest[i]);
    }
}

void TrackAnalyser::State::frame(std::span<const float> samples) {
    framer.push(samples, frames);
    reduced_seen += static_cast<std::int64_t>(samples.size());
    const double now = static_cast<double>(reduced_seen) / signal::MusicFrames::kRate;
    if (now <= kShortTrack_s + kSegment_s) return;  // a short track is also described as a whole
    while (now >= static_cast<double>(windows.size() + 1) * kSegment_s + kSegment_s) {
        describe_next(now);
        frames.drop_before(static_cast<double>(windows.size()) * kSegment_s - kSegment_s);
    }
}

void TrackAnalyser::push(std::span<const float> left, std::span<const float> right) {
    State& s = *state_;
    s.note_sound(left, right);
    s.meter.push(left, right);
    s.peak_left.push(left);
    s.peak_right.push(right);
    s.middle.resize(left.size());
    for (std::size_t i = 0; i < left.size(); ++i) s.middle[i] = 0.5F * (left[i] + right[i]);
    s.reduced.clear();
    if (static_cast<double>(s.seen) < kMostHeard_s * s.rate_hz) {
        s.resampler.push(s.middle, s.reduced);
        s.frame(s.reduced);
    }
    s.seen += static_cast<std::int64_t>(left.size());
}

/// Loudness and true peak as stored, which other programs say, and as played to two speakers, which normalisation needs.
void TrackAnalyser::State::measure_level(TrackAnalysis& a) const {
    const auto decibels = [](double peak) { return peak > 0.0 ? std::optional(20.0 * std::log10(peak)) : std::nullopt; };
    a.played_lufs = meter.integrated_lufs();
    double peak = std::max(peak_left.peak(), peak_right.peak());
    a.played_peak_dbtp = decibels(peak);
    std::vector<double> blocks = meter.blocks();
    for (double& b : blocks) b *= mono ? 0.5 : 1.0;
    if (!meters.empty()) {
        blocks = meters.front().blocks();
        for (std::size_t m = 1; m < meters.size(); ++m)
            for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] += meters[m].blocks()[i];
        peak = 0.0;
        for (const auto& p : peaks) peak = std::max(peak, p.peak());
    }
    const bool as_played = !mono && meters.empty();  // the two stored channels are what is heard
    a.loudness_lufs = as_played ? a.played_lufs : signal::LoudnessMeter::integrated_of(blocks);
    a.loudness_range_lu = signal::LoudnessMeter::range_of(blocks);
    a.true_peak_dbtp = decibels(peak);
}

TrackAnalysis TrackAnalyser::finish() {
    State& s = *state_;
    s.reduced.clear();
    s.resampler.finish(s.reduced);
    s.frame(s.reduced);
    TrackAnalysis a;
    a.frames = s.seen;
    a.duration_s = static_cast<double>(s.seen) / s.rate_hz;
    const auto seconds = [&](std::int64_t frames) {
        return static_cast<double>(frames) / s.rate_hz;
    };
    a.leading_silence_s = s.first_sound < 0 ? a.duration_s : seconds(s.first_sound);
    a.trailing_silence_s = s.last_sound < 0 ? a.duration_s : seconds(s.seen - 1 - s.last_sound);
    s.measure_level(a);
    a.loudness_1hz = s.meter.curve_1hz();
    a.startle_lu = s.meter.startle_lu();

    // A last segment below half its length belongs to the one before.
    const auto count =
        static_cast<std::size_t>(std::max(1.0, std::round(a.duration_s / kSegment_s)));
    const double end_s = static_cast<double>(s.reduced_seen) / signal::MusicFrames::kRate;
    while (s.windows.size() < count) s.describe_next(end_s);
    for (std::size_t i = 0; i < count && a.duration_s > 0.0; ++i) {
        AnalysedSegment segment;
        segment.start_s = static_cast<double>(i) * kSegment_s;
        segment.duration_s =
            (i + 1 == count ? a.duration_s : segment.start_s + kSegment_s) - segment.start_s;
        segment.loudness_lufs =
            s.meter.between_lufs(segment.start_s, segment.start_s + segment.duration_s);
        segment.descriptors = std::move(s.windows[i]);
        a.segments.push_back(std::move(segment));
    }
    if (a.duration_s <= kShortTrack_s) {
        a.descriptors = signal::describe(s.frames, 0.0, end_s).value_or(std::vector<float>{});
        for (int quarter = 0; quarter < 3; ++quarter) {
            const double from = end_s * quarter / 4.0;
            if (auto half = signal::describe(s.frames, from, from + end_s / 2.0)) a.halves.push_back(*std::move(half));
        }
    }
    a.embedding = embedding_of(a.segments, a.descriptors);

    const auto shares = [](const std::array<double, 12>& sums) {
        double total = 0.0;
        for (const double v : sums) total += v;
        std::array<float, 12> out{};
        for (std::size_t i = 0; i < 12 && total > 0.0; ++i) out[i] = static_cast<float>(sums[i] / total);
        return out;
    };
    a.key_evidence = {shares(s.key_sums[0]), shares(s.key_sums[1]), shares(s.key_sums[2])};
    a.chroma = a.key_evidence.mean;
    if (std::any_of(a.chroma.begin(), a.chroma.end(), [](float v) { return v > 0.0F; })) a.key = signal::choose_key(a.key_evidence);
    a.tempo = signal::estimate_tempo(s.frames.onset);
    return a;
}

Result<TrackAnalysis> analyse_file(const std::filesystem::path& file, const core::CancelToken* cancel) {
    ATTUNE_TRY(const auto decoder, media::Decoder::open(file.string(), {.cancel = cancel}));
    ATTUNE_TRY(auto analyser, TrackAnalyser::create(decoder->info().rate_hz));
    std::vector<float> left(16384), right(16384);
    while (true) {
        ATTUNE_TRY(const auto n, decoder->read(left, right));
        if (n == 0) break;
        analyser.push(std::span(left).first(n), std::span(right).first(n));
    }
    return analyser.finish();
}

}  // namespace attune::library
