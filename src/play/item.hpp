// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One thing to play, with what the engine must know of it before it is opened.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/units.hpp"
#include "flow/audio_source.hpp"
#include "flow/plan.hpp"
#include "flow/track_profile.hpp"

namespace attune::play {

/// Made by session from a PlanItem and the TrackProfile; not changed after it was given to the
/// engine.
struct Item {
    flow::PlanItem plan;
    int source_rate_hz = kEngineRate.hz;
    std::int64_t source_frames = 0;  ///< whole file, at source_rate_hz; 0 = unknown until decoded
    std::vector<float>
        loudness_1hz;  ///< of the file [LUFS], from its start; for dose without samples
    std::optional<double> loudness_lufs;   ///< integrated, before gain
    std::optional<double> true_peak_dbtp;  ///< bounds a positive gain
    std::optional<double> tempo_bpm;
    std::vector<float> beats_s;  ///< of the file; both items' beats align a crossfade
    std::unique_ptr<flow::AudioSource>
        source;  ///< kCompose: prepared by the engine's owner; may be null in timeline mode
    bool broken_off = false;  ///< the engine's: the file ended before its promised length
    const Item* next = nullptr;  ///< the item behind this one in the queue that both were given in

    [[nodiscard]] bool is_track() const { return plan.kind == flow::ItemKind::kTrack; }
};

/// What the profile knows is copied into the item. `profile` may be null (kCompose, kSilence, not
/// analysed).
[[nodiscard]] std::unique_ptr<Item> make_item(const flow::PlanItem& plan,
                                              const flow::TrackProfile* profile);

/// Gain that brings a file to `level_lufs`, never above what leaves its true peak at -1 dBTP; 0
/// where the loudness is unknown. A positive gain needs a known true peak.
[[nodiscard]] double normalisation_gain_db(std::optional<double> loudness_lufs,
                                           std::optional<double> true_peak_dbtp, double level_lufs);
/// One gain for tracks of an album that are played in order: energy mean of their loudness by
/// duration, bounded by the highest true peak.
[[nodiscard]] double album_gain_db(const std::vector<const flow::TrackProfile*>& album,
                                   double level_lufs);

/// The gain that the engine really uses: plan.gain_db, a positive one bounded by the true peak.
[[nodiscard]] double bounded_gain_db(const Item& item);

}  // namespace attune::play
