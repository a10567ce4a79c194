// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A made-up library of any size with plausible joint columns: for tests, benchmarks and `simulate`.
///
/// Genres have their own ranges of valence, arousal, tempo, loudness and singing; artists live in a
/// genre and differ; tracks differ round their artist; segments rise and fall inside a track; the
/// embedding carries genre, artist and mood. None of it is music: every profile says simulated.
///
/// In       number of tracks, seed        Out  profiles, or the view of all
/// Threads  const calls from any thread; track i is the same whatever else was asked for
/// Errors   none
#include <cstdint>
#include <string>
#include <vector>

#include "flow/library_view.hpp"
#include "flow/track_profile.hpp"

namespace attune::library {

class SimulatedLibrary {
public:
    static constexpr std::size_t kEmbeddingDims = 16;

    SimulatedLibrary(std::size_t tracks, std::uint64_t seed);
    [[nodiscard]] std::size_t size() const { return tracks_; }
    /// Everything that library would know, segments of 15 s included; i < size().
    [[nodiscard]] flow::TrackProfile profile(std::size_t i) const;
    /// All tracks as planning sees them; the version depends on size and seed.
    [[nodiscard]] flow::LibraryViewPtr view() const;

private:
    struct Artist;
    struct Track;
    [[nodiscard]] Artist artist(std::size_t index) const;
    [[nodiscard]] Track track(std::size_t i) const;
    [[nodiscard]] std::size_t artists() const;
    std::size_t tracks_;
    std::uint64_t seed_;
};

}  // namespace attune::library
