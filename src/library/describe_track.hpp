// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One file → everything that Attune knows of it. The door of this room for other programs:
///
///     auto models = attune::library::TrackModels::load(data_dir);      // works without any model,
///     too auto track = attune::library::describe_track("song.flac", models); if (track)
///     use(track->profile.tempo_bpm, track->profile.expressed_valence);
///
/// In       a local path (bytes) of any length and format that media::Decoder reads
/// Out      flow::TrackProfile without recording_group; unknown is nullopt. Fingerprint for
///          duplicates
/// Threads  any; one call a track. Takes about 1/200 of the track's length in processor time
/// Errors   those of media::Decoder; kCorrupt if the music breaks off and less than half of it was
///          there
#include <cstdint>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "flow/track_profile.hpp"
#include "library/track_models.hpp"

namespace attune::library {

struct DescribedTrack {
    flow::TrackProfile profile;
    std::vector<std::uint8_t> fingerprint;
    std::string warning;  ///< the file is damaged but most of it could be used; else empty
};

/// Version of everything measured here; a change makes files be analysed again.
inline constexpr const char* kAnalyser = "analyser@2";

[[nodiscard]] Result<DescribedTrack> describe_track(const std::string& path,
                                                    const TrackModels& models,
                                                    const core::CancelToken* cancel = nullptr);

}  // namespace attune::library
