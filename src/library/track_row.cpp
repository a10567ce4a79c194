// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/track_row.hpp"

#include <algorithm>
#include <limits>

#include "library/tags.hpp"

namespace attune::library {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double value_of(const flow::Maybe<double>& v) { return v ? v->value : kNan; }
double sd_of(const flow::Maybe<double>& v) { return v && v->sd ? *v->sd : kNan; }

std::string genre_of(const flow::TrackProfile& p) {
    if (!without_advisory(p.tags.genre).empty() || p.genre_probabilities.empty()) return p.tags.genre;
    const std::string& heard = std::max_element(p.genre_probabilities.begin(), p.genre_probabilities.end(),
                                                [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    return has_advisory(p.tags.genre) ? with_advisory(heard) : heard;
}

}  // namespace

TrackRow::TrackRow()
    : year(kNan), track_number(kNan), duration_s(kNan), loudness_lufs(kNan),
      loudness_range_lu(kNan), true_peak_dbtp(kNan), startle_lu(kNan), tempo_bpm(kNan),
      tempo_confidence(kNan), key_pitch_class(kNan), major(kNan), key_confidence(kNan),
      valence(kNan), valence_sd(kNan), arousal(kNan), arousal_sd(kNan), arousal_p95(kNan),
      calming(kNan), vocals(kNan), q1(kNan), q2(kNan), q3(kNan), q4(kNan), first_valence(kNan),
      first_arousal(kNan), first_loudness_lufs(kNan), last_valence(kNan), last_arousal(kNan),
      last_loudness_lufs(kNan), played_lufs(kNan), played_peak_dbtp(kNan) {}

TrackRow make_row(const flow::TrackProfile& p) {
    TrackRow r;
    r.key = p.key;
    r.path = p.path;
    r.simulated = p.simulated;
    r.recording_group = p.recording_group;
    r.title = p.display_title();
    r.artist = p.tags.artist;
    r.album = p.tags.album;
    r.genre = genre_of(p);
    if (p.tags.year) r.year = *p.tags.year;
    if (p.tags.track_number) r.track_number = *p.tags.track_number;
    if (p.duration_s > 0.0) r.duration_s = p.duration_s;
    r.loudness_lufs = value_of(p.loudness_lufs);
    r.loudness_range_lu = value_of(p.loudness_range_lu);
    r.true_peak_dbtp = value_of(p.true_peak_dbtp);
    r.played_lufs = p.played_lufs().value_or(kNan);
    r.played_peak_dbtp = p.played_peak_dbtp().value_or(kNan);
    r.startle_lu = value_of(p.startle_lu);
    r.tempo_bpm = value_of(p.tempo_bpm);
    r.tempo_confidence = p.tempo_confidence.value_or(kNan);
    if (p.key_pitch_class) r.key_pitch_class = p.key_pitch_class->value;
    if (p.major) r.major = p.major->value ? 1.0 : 0.0;
    r.key_confidence = p.key_confidence.value_or(kNan);
    r.valence = value_of(p.expressed_valence);
    r.valence_sd = sd_of(p.expressed_valence);
    r.arousal = value_of(p.expressed_arousal);
    r.arousal_sd = sd_of(p.expressed_arousal);
    r.arousal_p95 = p.arousal_p95.value_or(kNan);
    r.calming = value_of(p.calming);
    r.vocals = value_of(p.vocals);
    if (p.quadrant)
        r.q1 = (*p.quadrant)[0], r.q2 = (*p.quadrant)[1], r.q3 = (*p.quadrant)[2],
        r.q4 = (*p.quadrant)[3];
    if (!p.segments.empty()) {
        const auto& first = p.segments.front();
        const auto& last = p.segments.back();
        if (first.expressed)
            r.first_valence = first.expressed->valence, r.first_arousal = first.expressed->arousal;
        if (last.expressed)
            r.last_valence = last.expressed->valence, r.last_arousal = last.expressed->arousal;
        r.first_loudness_lufs = first.loudness_lufs.value_or(kNan);
        r.last_loudness_lufs = last.loudness_lufs.value_or(kNan);
    }
    return r;
}

}  // namespace attune::library
