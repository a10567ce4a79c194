// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// library → choose: the columns that planning reads, immutable, with a version.
///
/// Every column has size() entries, row i of each describes the same track; rows are sorted by
/// content key. NaN = unknown. Built by library (or `simulate library`), shared by pointer.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace attune::flow {

struct LibraryView {
    std::uint64_t version = 0;      ///< changes whenever anything below does
    bool simulated = false;         ///< any row is

    std::vector<ContentKey> key;
    std::vector<float> valence, valence_sd, arousal, arousal_sd;   ///< expressed, whole track
    std::vector<float> first_valence, first_arousal;               ///< first segment
    std::vector<float> last_valence, last_arousal;                 ///< last segment
    std::vector<float> arousal_p95;
    std::vector<float> startle_lu;
    std::vector<float> tempo_bpm;
    std::vector<float> loudness_lufs;
    std::vector<float> first_loudness_lufs, last_loudness_lufs;
    std::vector<float> true_peak_dbtp;  ///< may be empty: then no track is made louder than it is
    std::vector<float> vocals;          ///< probability
    std::vector<float> duration_s;
    std::vector<float> calming;
    std::vector<std::uint32_t> artist;  ///< index into artists
    std::vector<std::uint32_t> genre;   ///< index into genres
    std::vector<std::string> artists, genres;   ///< entry 0 is "" (unknown)
    std::vector<std::string> title;
    std::size_t embedding_dims = 0;
    std::vector<float> embedding;       ///< row-major size() × embedding_dims; may be empty

    [[nodiscard]] std::size_t size() const { return key.size(); }
    /// Row of a key by binary search.
    [[nodiscard]] std::optional<std::size_t> row(const ContentKey& k) const;
};

using LibraryViewPtr = std::shared_ptr<const LibraryView>;  ///< shared: planner, session and pages read it

}  // namespace attune::flow
