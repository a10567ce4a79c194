// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/describe_track.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "library/fingerprint.hpp"
#include "library/tags.hpp"
#include "library/track_analysis.hpp"
#include "media/content_key.hpp"
#include "media/decoder.hpp"
#include "signal/music_descriptors.hpp"

namespace attune::library {
namespace {

constexpr std::size_t kBlock = 16384;  // [frames]

flow::Maybe<double> measured(const std::optional<double>& v, const char* model) {
    if (!v) return std::nullopt;
    return flow::Estimate<double>{*v, std::nullopt, flow::ValueOrigin::kMeasured, model};
}

/// The descriptors that people may want to see by name, averaged over windows.
void name_descriptors(const TrackAnalysis& a, flow::TrackProfile& p) {
    static constexpr std::array<std::string_view, 18> kShown{"onset_rate_hz",
                                                             "centroid_mean",
                                                             "flatness_mean",
                                                             "flux_mean",
                                                             "flux_sd",
                                                             "roughness_mean",
                                                             "level_sd",
                                                             "low_energy_share",
                                                             "onset_height",
                                                             "periodicity_best",
                                                             "peakiness_mean",
                                                             "minor_chord_share",
                                                             "majorness",
                                                             "key_clarity",
                                                             "chroma_entropy",
                                                             "chord_change_share",
                                                             "low_register_share",
                                                             "zero_crossings_mean"};
    std::vector<const std::vector<float>*> windows;
    if (!a.descriptors.empty()) windows.push_back(&a.descriptors);
    for (const auto& s : a.segments) {
        if (a.descriptors.empty() && !s.descriptors.empty()) windows.push_back(&s.descriptors);
    }
    if (windows.empty()) return;
    const auto& names = signal::descriptor_names();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool mfcc = names[i].starts_with("mfcc_mean_") || names[i].starts_with("mfcc_sd_");
        if (!mfcc && std::find(kShown.begin(), kShown.end(), names[i]) == kShown.end()) continue;
        double sum = 0.0;
        for (const auto* w : windows) sum += static_cast<double>((*w)[i]);
        p.descriptors[names[i]] = sum / static_cast<double>(windows.size());
    }
    // As frequencies, and as one word for how struck the music is.
    for (const char* name : {"centroid_mean", "zero_crossings_mean"})
        p.descriptors[name] = std::exp(p.descriptors[name]);
    p.descriptors["flatness_mean"] = std::exp(p.descriptors["flatness_mean"]) - 1e-3;
    p.descriptors["percussiveness"] =
        std::clamp((p.descriptors["onset_height"] - 1.5) / 4.0, 0.0, 1.0) *
        std::clamp(1.2 - p.descriptors["peakiness_mean"], 0.0, 1.0);
    for (std::size_t i = 0; i < 12; ++i) {
        static constexpr std::array<const char*, 12> kNames{
            "chroma_c",  "chroma_cs", "chroma_d",  "chroma_ds", "chroma_e",  "chroma_f",
            "chroma_fs", "chroma_g",  "chroma_gs", "chroma_a",  "chroma_as", "chroma_b"};
        p.descriptors[kNames[i]] = static_cast<double>(a.chroma[i]);
    }
}

void fill_measured(const TrackAnalysis& a, flow::TrackProfile& p) {
    p.frames = a.frames;
    p.duration_s = a.duration_s;
    p.leading_silence_s = a.leading_silence_s;
    p.trailing_silence_s = a.trailing_silence_s;
    p.loudness_lufs = measured(a.loudness_lufs, "bs1770@4");
    p.loudness_range_lu = measured(a.loudness_range_lu, "ebu3342@1");
    p.true_peak_dbtp = measured(a.true_peak_dbtp, "bs1770@4");
    if (a.loudness_lufs && a.played_lufs) p.played_louder_lu = *a.played_lufs - *a.loudness_lufs;
    if (a.true_peak_dbtp && a.played_peak_dbtp) p.played_peak_higher_db = *a.played_peak_dbtp - *a.true_peak_dbtp;
    p.startle_lu = measured(a.startle_lu, "startle@1");
    p.loudness_1hz = a.loudness_1hz;
    p.vocals_reason = "no-model";
    if (a.tempo) {
        p.tempo_bpm = flow::Estimate<double>{a.tempo->bpm, a.tempo->sd_bpm,
                                             flow::ValueOrigin::kMeasured, "tempo@1"};
        p.tempo_confidence = a.tempo->confidence;
        p.beats_s = a.tempo->beats_s;
    }
    if (a.key && a.key->confidence > 0.0) {
        p.key_pitch_class = flow::Estimate<int>{a.key->pitch_class, std::nullopt,
                                                flow::ValueOrigin::kMeasured, "key@2"};
        p.major =
            flow::Estimate<bool>{a.key->major, std::nullopt, flow::ValueOrigin::kMeasured, "key@2"};
        p.key_confidence = a.key->confidence;
    }
    p.embedding = a.embedding;
    for (const auto& s : a.segments)
        p.segments.push_back({s.start_s, s.duration_s, std::nullopt, s.loudness_lufs});
    name_descriptors(a, p);
}

}  // namespace

Result<DescribedTrack> describe_track(const std::string& path, const TrackModels& models,
                                      const core::CancelToken* cancel) {
    DescribedTrack out;
    flow::TrackProfile& p = out.profile;
    p.path = path;
    ATTUNE_TRY(const auto decoder, media::Decoder::open(path, {.cancel = cancel, .keep_channels = true}));
    const auto& info = decoder->info();
    ATTUNE_TRY(auto analyser, TrackAnalyser::create(info.rate_hz, decoder->channel_weights()));
    Fingerprinter fingerprinter(info.rate_hz);
    std::vector<float> left(kBlock), right(kBlock), mono(kBlock);
    std::int64_t seen = 0;
    while (true) {
        const auto got = decoder->read(left, right);
        if (!got) {
            const bool damaged =
                got.error().code == ErrorCode::kCorrupt || got.error().code == ErrorCode::kIo;
            if (!damaged || !info.frames || seen * 2 < *info.frames)
                return tl::unexpected(got.error());
            out.warning = got.error().message;
            break;
        }
        if (*got == 0) break;
        analyser.push(std::span(left).first(*got), std::span(right).first(*got));
        analyser.push_stored(decoder->stored());
        for (std::size_t i = 0; i < *got; ++i) mono[i] = 0.5F * (left[i] + right[i]);
        fingerprinter.push(std::span(mono).first(*got));
        seen += static_cast<std::int64_t>(*got);
        if (cancel != nullptr && cancel->cancelled())
            return fail(ErrorCode::kCancelled, "the scan was cancelled");
    }
    if (seen == 0)
        return fail(ErrorCode::kCorrupt, "the file holds no sound: its length is zero",
                    core::to_utf8_lossy(path));
    if (decoder->ended_early()) {
        if (info.frames && seen * 2 < *info.frames) {
            return fail(ErrorCode::kCorrupt,
                        "the file is cut off: " +
                            std::to_string(seen * 100 / std::max<std::int64_t>(1, *info.frames)) +
                            " % of its music is there",
                        core::to_utf8_lossy(path));
        }
        out.warning = "the file is cut off near its end";
    }
    ATTUNE_TRY(p.key, media::content_key(path, cancel));
    if (auto tags = read_tags(path))
        p.tags = *std::move(tags);  // music without readable tags is still music
    p.source_rate_hz = info.rate_hz;
    p.channels = info.channels;
    p.encoder_delay_frames = info.encoder_delay_frames;
    p.padding_frames = info.padding_frames;
    const TrackAnalysis analysis = analyser.finish();
    fill_measured(analysis, p);
    models.apply(analysis, p);
    out.fingerprint = fingerprinter.finish();
    return out;
}

}  // namespace attune::library
