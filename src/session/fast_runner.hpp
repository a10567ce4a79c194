// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The same rooms as a live session, stepped on one thread in virtual time.
///
/// Order    by (time, priority, sequence): news of the player, frames and evidence, answers, plans due,
///          then the tick of the second. A plan asked for at t takes effect at t + 1 s, as live
/// Threads  one. `cancel` is looked at every second
#include <functional>
#include <memory>
#include <vector>

#include "affect/recogniser.hpp"
#include "core/cancel.hpp"
#include "sense/simulated_listener.hpp"
#include "sense/source.hpp"
#include "session/player.hpp"
#include "session/profiles.hpp"
#include "session/session.hpp"

namespace attune::session {

/// What a command line or a script wants at a time.
struct Scripted {
    Time t;
    Payload payload;   ///< Command, Rating, SourceChange, Fault
};

struct FastSetup {
    Start start;
    World world;
    ProfileLookup profiles;
    std::unique_ptr<Player> player;
    std::unique_ptr<sense::SimulatedListener> listener;          ///< may be null
    std::vector<std::unique_ptr<sense::Source>> sources;         ///< replayed recordings
    std::vector<std::unique_ptr<affect::Recogniser>> recognisers;
    std::vector<Scripted> script;                                ///< in the order of time
    EventSink sink;
    const core::CancelToken* cancel = nullptr;
};

struct FastResult {
    Time ended;
    PlayerTelemetry player;
    PersonState learnt;
    std::optional<flow::Va> true_start, true_final;   ///< of a simulated listener
};

[[nodiscard]] Result<FastResult> run_fast(FastSetup setup);

/// Segment and liking of what is heard, from the profile and the plan: what fusion and listeners read.
void fill_heard(flow::Heard& heard, const flow::PlanItem* item, const flow::TrackProfile* profile);

}  // namespace attune::session
