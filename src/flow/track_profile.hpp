// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What library knows of one track.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "flow/affect.hpp"
#include "flow/estimate.hpp"

namespace attune::flow {

/// Description of one stretch of 15 s.
struct Segment {
    double start_s = 0.0;
    double duration_s = 15.0;
    std::optional<Va> expressed;        ///< mean of the model; its SD is the track's
    std::optional<double> loudness_lufs;
};

struct Tags {
    std::string title, artist, album, album_artist, genre;  ///< UTF-8; empty = not tagged
    std::optional<int> year, track_number;
    bool operator==(const Tags&) const = default;
};

/// All Estimates are of the whole track. Times are in seconds of decoded audio after encoder delay.
struct TrackProfile {
    ContentKey key;
    std::string path;                   ///< bytes as the file system gives them
    Tags tags;
    bool simulated = false;             ///< made by `simulate library`
    std::string recording_group;        ///< same fingerprint = same group; empty = unique

    int source_rate_hz = 0;
    int channels = 0;
    std::int64_t frames = 0;            ///< at source_rate_hz, delay and padding removed
    std::int64_t encoder_delay_frames = 0;
    std::int64_t padding_frames = 0;
    double duration_s = 0.0;
    double leading_silence_s = 0.0, trailing_silence_s = 0.0;

    Maybe<double> loudness_lufs;        ///< integrated, BS.1770-4, of the channels as they are stored
    Maybe<double> loudness_range_lu;    ///< EBU Tech 3342
    Maybe<double> true_peak_dbtp;       ///< of the channels as they are stored
    double played_louder_lu = 0.0;      ///< what playing it to two speakers adds: 3.01 for mono, what the mix does for more
    double played_peak_higher_db = 0.0; ///< the same of the true peak
    std::vector<float> loudness_1hz;    ///< momentary loudness [LUFS] as played, one value a second; for dose
    Maybe<double> startle_lu;           ///< largest rise of 3 s loudness within 1 s

    Maybe<double> tempo_bpm;
    std::optional<double> tempo_confidence;  ///< 0..1
    std::vector<float> beats_s;
    Maybe<int> key_pitch_class;         ///< 0 = C .. 11 = B
    Maybe<bool> major;
    std::optional<double> key_confidence;
    std::map<std::string, double> descriptors;  ///< name → value; names in docs/signals.md
    std::vector<float> embedding;       ///< unit length; empty = not analysed
    std::map<std::string, double> genre_probabilities;
    Maybe<double> vocals;               ///< probability of singing; empty with vocals_reason
    std::string vocals_reason;          ///< "no-model"

    Maybe<double> expressed_valence, expressed_arousal;  ///< -1..1
    std::optional<std::array<double, 4>> quadrant;       ///< P(Q1..Q4), Russell
    Maybe<double> calming;              ///< 0..1, "usually heard as calm"
    std::vector<Segment> segments;
    std::optional<double> arousal_p95;  ///< 95th percentile over segments

    /// Loudness and true peak of the two channels that are played: what normalisation and the ceiling need.
    [[nodiscard]] std::optional<double> played_lufs() const {
        return loudness_lufs ? std::optional(loudness_lufs->value + played_louder_lu) : std::nullopt;
    }
    [[nodiscard]] std::optional<double> played_peak_dbtp() const {
        return true_peak_dbtp ? std::optional(true_peak_dbtp->value + played_peak_higher_db) : std::nullopt;
    }
    /// What a player or list shows: title, else the file's name.
    [[nodiscard]] std::string display_title() const;
};

}  // namespace attune::flow
