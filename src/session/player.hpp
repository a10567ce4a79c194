// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a runner needs of the engine: orders in, news out. One implementation for all ways of running.
#include <cstdint>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "session/conductor.hpp"

namespace attune::session {

/// Heard, ItemEnded and Fault, each with its session time, in order.
using PlayerNews = std::vector<std::pair<Time, Payload>>;

struct PlayerTelemetry {
    SoundReport sound;
    std::optional<double> first_sound_s;   ///< first non-zero frame given to the sink
};

class Player {
public:
    virtual ~Player() = default;
    Player() = default;
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    virtual void apply(const EngineOrder& order) = 0;
    /// The first plan is applied: session time runs from here. Live: opens the sink.
    [[nodiscard]] virtual Result<void> start() = 0;
    /// Live: session time. It begins with the first frame, if that comes within a second of start().
    [[nodiscard]] virtual Time now() = 0;
    /// Nothing more will be heard: completes a file.
    [[nodiscard]] virtual Result<void> finish() = 0;
    /// Fast: runs the engine to session time t. Live: hands over what happened up to now.
    virtual void advance_to(Time t, PlayerNews& news) = 0;
    [[nodiscard]] virtual PlayerTelemetry telemetry() const = 0;
};

}  // namespace attune::session
