// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The labelled sets that the models of music are trained and measured on: musifeast17 and
/// panda_4q.
///
/// In       a folder that holds the sets (or is one), any subset of their clips
/// Out      descriptors of each clip with its labels and its artist as one key over both sets
/// Errors   kNotFound if neither set is there; a clip that cannot be read is a warning
/// Cache    descriptors are kept in DATA/cache/music-descriptors by the hash of the clip's bytes
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "learn/model_registry.hpp"
#include "library/music_model.hpp"

namespace attune::library {

struct Clip {
    std::string set;  ///< "musifeast17" or "panda_4q"
    std::string name;
    std::string artist;  ///< artist_key(); the clip's name if no artist is known
    std::filesystem::path file;
    std::vector<float> descriptors;           ///< of the whole
    std::vector<std::vector<float>> halves;   ///< TrackAnalysis::halves
    std::string genre;  ///< musifeast17: its label; panda_4q: the first of AllMusic's
    std::optional<double> valence, arousal;        ///< -1..1, mean of about 33 raters (musifeast17)
    std::optional<double> valence_sd, arousal_sd;  ///< over raters, same unit
    std::optional<int> quadrant;                   ///< 0..3 = Q1..Q4 (panda_4q)
    std::optional<bool> calm;                      ///< any of seven tags of listeners (panda_4q)
};

struct MusicSets {
    std::vector<Clip> clips;         ///< by set and name
    std::vector<std::string> found;  ///< sets
    std::string data_sha256;
    std::vector<std::string> warnings;
    [[nodiscard]] std::vector<std::size_t> of(std::string_view set) const;
};

[[nodiscard]] Result<MusicSets> load_music_sets(const std::filesystem::path& data,
                                                const std::filesystem::path& data_dir,
                                                const std::vector<std::string>& sets,
                                                const learn::Progress& progress,
                                                const core::CancelToken* cancel);

/// The clip as a model looks at it: the whole, and its halves if it was trained on them.
[[nodiscard]] std::vector<double> predict(const MusicModel& model, const Clip& clip);

/// The artist of each clip, in order.
[[nodiscard]] std::vector<std::string> artists(const MusicSets& sets,
                                               std::span<const std::size_t> clips);
/// The clips of `others` by artists that are not among those of `clips`.
[[nodiscard]] std::vector<std::size_t> apart(const MusicSets& sets,
                                             std::span<const std::size_t> others,
                                             std::span<const std::size_t> clips);

/// One name for "The Beatles", "BEATLES", "Beatles feat. X", "X & his Orchestra": letters and
/// digits, lower case, without accents of Latin letters, a leading "the", guests, and "and
/// his/her/the ...".
[[nodiscard]] std::string artist_key(std::string_view artist);

/// Lines of cells; quotes as in RFC 4180. kCorrupt for a quote that is never closed.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text);

}  // namespace attune::library
