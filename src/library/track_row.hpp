// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One line of the library's table: what lists, filters and sorts read of a track, edits applied.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "flow/track_profile.hpp"

namespace attune::library {

/// Numbers are NaN where they are not known. Texts are UTF-8, except path (bytes).
struct TrackRow {
    ContentKey key;
    std::string path;
    bool analysed = false;  ///< false: only tags are known, and key stands for (path, size, mtime)
    bool simulated = false;
    std::string recording_group;
    std::string title, artist, album, genre;  ///< genre: edit, else tag, else the model's likeliest
    double year, track_number;
    double duration_s, loudness_lufs, loudness_range_lu, true_peak_dbtp, startle_lu;
    double tempo_bpm, tempo_confidence;
    double key_pitch_class;  ///< 0 = C .. 11 = B
    double major;            ///< 1 major, 0 minor
    double key_confidence;
    double valence, valence_sd, arousal, arousal_sd, arousal_p95;
    double calming, vocals;
    double q1, q2, q3, q4;  ///< quadrant probabilities
    double first_valence, first_arousal, first_loudness_lufs;
    double last_valence, last_arousal, last_loudness_lufs;
    double played_lufs, played_peak_dbtp;  ///< of the two channels that are played; the file's are above

    TrackRow();  ///< all numbers NaN
};

/// The row of a profile (with its edits already applied).
[[nodiscard]] TrackRow make_row(const flow::TrackProfile& profile);

}  // namespace attune::library
