// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Grid over (valence, arousal, tempo folded into one octave) of the analysed rows of a view, and the
/// look-ups of artists and genres by name. Built once a view, then read only.
///
/// In       a LibraryView; rows whose valence or arousal is NaN are left out of the grid
/// Out      row numbers, nearest cells first, in content-key order inside a cell: no chance anywhere
/// Threads  const calls from any thread
/// Cost     O(size) to build, 12 bytes a row
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/affect.hpp"
#include "flow/library_view.hpp"

namespace attune::choose {

inline constexpr int kCells = 40;      ///< along valence and arousal: .05 wide
inline constexpr int kTempoBins = 6;   ///< of one octave; the last extra bin holds unknown tempo

/// log2(bpm) folded to [0, 1); NaN if the tempo is unknown or not positive.
[[nodiscard]] double folded_tempo(double bpm);
/// Ratio between two tempi as a fraction, octaves folded; 0 if either is unknown.
[[nodiscard]] double tempo_gap(double folded_a, double folded_b);

class TrackIndex {
public:
    explicit TrackIndex(const flow::LibraryView& view);

    [[nodiscard]] std::uint64_t version() const { return version_; }
    [[nodiscard]] std::size_t analysed() const { return rows_.size(); }

    /// Appends rows of whole rings round `at`, nearest ring first, at most `per_bin` of each tempo bin,
    /// until every bin is full or the grid ends. `keep` may refuse a row before it is counted.
    template <typename Keep>
    void around(const flow::Va& at, std::size_t per_bin, Keep&& keep,
                std::vector<std::uint32_t>& out) const;

    /// Index of an artist in the view, by lower-case name.
    [[nodiscard]] std::optional<std::uint32_t> artist(std::string_view lower_name) const;
    [[nodiscard]] std::span<const std::uint32_t> rows_of_artist(std::uint32_t artist) const;
    /// Lower-case names, index for index with the view's.
    [[nodiscard]] const std::vector<std::string>& artist_names() const { return artist_names_; }
    [[nodiscard]] const std::vector<std::string>& genre_names() const { return genre_names_; }

private:
    static constexpr int kBins = kTempoBins + 1;
    [[nodiscard]] static int cell_of(double x);
    [[nodiscard]] static std::size_t slot(int v, int a, int bin) {
        return (static_cast<std::size_t>(v) * kCells + static_cast<std::size_t>(a)) * kBins +
               static_cast<std::size_t>(bin);
    }
    void fill_grid(const flow::LibraryView& view);
    void fill_names(const flow::LibraryView& view);

    std::uint64_t version_ = 0;
    std::vector<std::uint32_t> offsets_;   ///< kCells*kCells*kBins + 1
    std::vector<std::uint32_t> rows_;
    std::vector<std::uint32_t> artist_offsets_, artist_rows_;
    std::vector<std::string> artist_names_, genre_names_;
    std::unordered_map<std::string, std::uint32_t> artist_ids_;
};

template <typename Keep>
void TrackIndex::around(const flow::Va& at, std::size_t per_bin, Keep&& keep,
                        std::vector<std::uint32_t>& out) const {
    const int cv = cell_of(at.valence);
    const int ca = cell_of(at.arousal);
    std::array<std::size_t, kBins> taken{};
    const auto take = [&](int v, int a) {
        for (int bin = 0; bin < kBins; ++bin) {
            std::size_t& n = taken[static_cast<std::size_t>(bin)];
            for (std::uint32_t i = offsets_[slot(v, a, bin)]; i < offsets_[slot(v, a, bin) + 1]; ++i) {
                if (n >= per_bin) break;
                if (keep(rows_[i])) {
                    out.push_back(rows_[i]);
                    ++n;
                }
            }
        }
    };
    for (int ring = 0; ring < kCells; ++ring) {
        for (int v = std::max(cv - ring, 0); v <= std::min(cv + ring, kCells - 1); ++v) {
            const bool edge = v == cv - ring || v == cv + ring;
            const int step = edge || ring == 0 ? 1 : 2 * ring;
            for (int a = ca - ring; a <= ca + ring; a += step)
                if (a >= 0 && a < kCells) take(v, a);
        }
        bool full = true;
        for (int bin = 0; bin < kTempoBins; ++bin)
            full = full && taken[static_cast<std::size_t>(bin)] >= per_bin;
        if (full || out.size() >= per_bin * (kBins + 1)) return;
    }
}

}  // namespace attune::choose
