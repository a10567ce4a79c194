// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Runs a session to its end, in real time or in virtual time: the same steps in the same order.
///
/// Order    of each second: news of the player, frames and evidence, answers and plans that are due, then
///          the tick. A plan asked for at t takes effect at t + 1 s in both; live, one that is late is a
///          recorded missed deadline, and one that a person waits for (a skip) is taken as soon as it is there
/// Live     waits for each second to be heard, takes buttons and ratings from the inbox in between, and
///          plans on a worker. Fast: one thread, no waiting
/// Threads  the caller's is the conductor's. `cancel` is looked at every second
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "affect/recogniser.hpp"
#include "core/cancel.hpp"
#include "sense/simulated_listener.hpp"
#include "sense/source.hpp"
#include "session/check_in.hpp"
#include "session/inbox.hpp"
#include "session/player.hpp"
#include "session/profiles.hpp"
#include "session/samples.hpp"
#include "session/session.hpp"
#include "session/session_clock.hpp"

namespace attune::session {

/// What a command line or a script wants at a time.
struct Scripted {
    Time t;
    Payload payload;   ///< Command, Rating, SourceChange, Fault
};

struct RunSetup {
    Start start;
    World world;
    ProfileLookup profiles;
    std::unique_ptr<Player> player;
    std::unique_ptr<sense::SimulatedListener> listener;          ///< may be null
    std::unique_ptr<SessionClock> clock;                         ///< live: what devices stamp by; outlives them
    std::vector<std::unique_ptr<sense::Source>> sources;         ///< recordings; live: devices too
    std::vector<std::unique_ptr<affect::Recogniser>> recognisers;
    /// For a source that is opened again after its consent came back; empty = it stays closed.
    std::function<Result<std::unique_ptr<affect::Recogniser>>(flow::SourceKind, const std::string& id)> make_recogniser;
    std::optional<CheckIn> check_in;                             ///< spoken again when the music has ended
    std::vector<Scripted> script;                                ///< in the order of time
    EventSink sink;
    /// Takes the samples of a second, before what was said of them comes to `sink`; false = they had to be dropped, which
    /// the record then says. Empty = none are kept. Not called where the policy forbids inference from the body.
    std::function<bool(SampleSecond)> keep_samples;
    const core::CancelToken* cancel = nullptr;
    bool live = false;                                           ///< real time
    Inbox* inbox = nullptr;                                      ///< live: what comes from outside; may be null
    /// Simulations only: sees the truth once a second, with what is heard. Nothing that decides is told.
    std::function<void(Time, const sense::SimulatedListener&, const flow::Heard&)> observe;
    /// Simulations only: if the session ends sooner, the listener lives on in silence until then.
    Time live_on_until;
};

struct RunResult {
    Time ended;
    PlayerTelemetry player;
    PersonState learnt;
    std::optional<flow::Va> true_start, true_final;   ///< of a simulated listener
};

[[nodiscard]] Result<RunResult> run(RunSetup setup);

/// The fault that a record has where the samples of its second were dropped.
inline constexpr const char* kSamplesDropped = "samples_dropped";

/// Segment and liking of what is heard, from the profile and the plan: what fusion and listeners read.
void fill_heard(flow::Heard& heard, const flow::PlanItem* item, const flow::TrackProfile* profile);

}  // namespace attune::session
