// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The models that describe what music expresses, on top of what was measured. Each may be missing:
/// then its values stay unknown.
///
/// In       descriptors of 30 s windows (TrackAnalysis)
/// Out      valence, arousal (with SD), quadrant, calming, genre of a track; valence and arousal of each segment, where
///          its window was not looked at on the line between those around it
/// Threads  apply() from any thread
/// Errors   load() never fails: a model that is absent or broken is named in missing()
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "flow/track_profile.hpp"
#include "library/track_analysis.hpp"

namespace attune::library {

/// Windows of a track that a model looks at, whatever the track's length.
inline constexpr std::size_t kMostWindows = 8;
/// Which of so many windows, in order: all of up to kMostWindows, else so many evenly over the track.
[[nodiscard]] std::vector<std::size_t> looked_at(std::size_t windows);

class TrackModels {
public:
    /// No model at all.
    TrackModels();
    ~TrackModels();
    TrackModels(TrackModels&&) noexcept;
    TrackModels& operator=(TrackModels&&) noexcept;
    /// From DATA/models, models/free, models/research: music-emotion, quadrant, calming, genre.
    [[nodiscard]] static TrackModels load(const std::filesystem::path& data_dir);

    void apply(const TrackAnalysis& analysis, flow::TrackProfile& profile) const;
    /// "music-emotion@1,quadrant@1,..." of those that are there, for the catalogue; "none" without
    /// any.
    [[nodiscard]] const std::string& version() const noexcept;
    /// "music-emotion: why".
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace attune::library
