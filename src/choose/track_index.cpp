// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/track_index.hpp"

#include <cmath>

#include "core/text.hpp"

namespace attune::choose {
namespace {

int tempo_bin(double bpm) {
    const double folded = folded_tempo(bpm);
    if (std::isnan(folded)) return kTempoBins;
    return std::min(static_cast<int>(folded * kTempoBins), kTempoBins - 1);
}

}  // namespace

double folded_tempo(double bpm) {
    if (!(bpm > 0.0) || !std::isfinite(bpm)) return std::nan("");
    const double octaves = std::log2(bpm);
    return octaves - std::floor(octaves);
}

double tempo_gap(double folded_a, double folded_b) {
    if (std::isnan(folded_a) || std::isnan(folded_b)) return 0.0;
    const double d = std::abs(folded_a - folded_b);
    return std::exp2(std::min(d, 1.0 - d)) - 1.0;
}

TrackIndex::TrackIndex(const flow::LibraryView& view) : version_(view.version) {
    fill_grid(view);
    fill_names(view);
}

int TrackIndex::cell_of(double x) {
    return std::clamp(static_cast<int>((x + 1.0) * .5 * kCells), 0, kCells - 1);
}

void TrackIndex::fill_grid(const flow::LibraryView& view) {
    const std::size_t n = view.size();
    offsets_.assign(slot(kCells - 1, kCells - 1, kBins - 1) + 2, 0);
    std::vector<std::uint32_t> where(n);
    constexpr std::uint32_t kNowhere = 0xffffffffU;
    for (std::size_t i = 0; i < n; ++i) {
        const double v = static_cast<double>(view.valence[i]);
        const double a = static_cast<double>(view.arousal[i]);
        if (!std::isfinite(v) || !std::isfinite(a)) {
            where[i] = kNowhere;
            continue;
        }
        where[i] = static_cast<std::uint32_t>(
            slot(cell_of(v), cell_of(a), tempo_bin(static_cast<double>(view.tempo_bpm[i]))));
        ++offsets_[where[i] + 1];
    }
    for (std::size_t i = 1; i < offsets_.size(); ++i) offsets_[i] += offsets_[i - 1];
    rows_.resize(offsets_.back());
    std::vector<std::uint32_t> next(offsets_.begin(), offsets_.end() - 1);
    for (std::size_t i = 0; i < n; ++i)
        if (where[i] != kNowhere) rows_[next[where[i]]++] = static_cast<std::uint32_t>(i);
}

void TrackIndex::fill_names(const flow::LibraryView& view) {
    artist_offsets_.assign(view.artists.size() + 1, 0);
    for (const std::uint32_t artist : view.artist) ++artist_offsets_[artist + 1];
    for (std::size_t i = 1; i < artist_offsets_.size(); ++i)
        artist_offsets_[i] += artist_offsets_[i - 1];
    artist_rows_.resize(view.artist.size());
    std::vector<std::uint32_t> next(artist_offsets_.begin(), artist_offsets_.end() - 1);
    for (std::size_t i = 0; i < view.artist.size(); ++i)
        artist_rows_[next[view.artist[i]]++] = static_cast<std::uint32_t>(i);
    artist_names_.reserve(view.artists.size());
    for (const std::string& name : view.artists) {
        artist_names_.push_back(core::to_lower_ascii(name));
        artist_ids_.emplace(artist_names_.back(), static_cast<std::uint32_t>(artist_names_.size() - 1));
    }
    for (const std::string& name : view.genres) genre_names_.push_back(core::to_lower_ascii(name));
}

std::optional<std::uint32_t> TrackIndex::artist(std::string_view lower_name) const {
    const auto at = artist_ids_.find(std::string(lower_name));
    if (at == artist_ids_.end() || lower_name.empty()) return std::nullopt;
    return at->second;
}

std::span<const std::uint32_t> TrackIndex::rows_of_artist(std::uint32_t artist) const {
    if (artist + 1 >= artist_offsets_.size()) return {};
    return std::span(artist_rows_).subspan(artist_offsets_[artist],
                                           artist_offsets_[artist + 1] - artist_offsets_[artist]);
}

}  // namespace attune::choose
