// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The engine's timeline in virtual time, without samples: the fast session with the null sink.
///
/// Joins, gains, ramps and tempo curves are those of the rendering engine to the frame: it is the same
/// play::Timeline. Loudness comes from the profiles' 1 Hz curves.
/// Frame 0 of the engine is session time 0.
#include <map>
#include <memory>
#include <vector>

#include "play/timeline.hpp"
#include "session/player.hpp"
#include "session/profiles.hpp"

namespace attune::session {

class TimelinePlayer final : public Player {
public:
    TimelinePlayer(const play::TimelineConfig& config, ProfileLookup profiles);

    void apply(const EngineOrder& order) override;
    void advance_to(Time t, PlayerNews& news) override;
    [[nodiscard]] PlayerTelemetry telemetry() const override { return telemetry_; }
    /// Every join so far, to the frame.
    [[nodiscard]] const std::vector<play::Join>& joins() const noexcept { return joins_; }

private:
    void adopt(const EngineOrder& order);
    void collect(PlayerNews& news);
    void hear(Time t, PlayerNews& news);

    play::Timeline timeline_;
    ProfileLookup profiles_;
    std::vector<std::unique_ptr<play::Item>> items_;   ///< the timeline borrows them
    std::map<Id, double> heard_s_;            ///< seconds of each item that sounded
    std::map<Id, std::string> why_;           ///< how an item is going to end, if not by itself
    std::vector<play::Join> joins_;
    Id last_heard_;
    Id finish_after_;                         ///< the closing fade belongs to this item's end
    std::int64_t next_hear_ = 0;              ///< frame of the next 1 Hz report
    bool finishing_ = false;
    PlayerTelemetry telemetry_;
};

[[nodiscard]] Time time_of(FramePos frame);

}  // namespace attune::session
