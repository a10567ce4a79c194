// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From what a person asks for to a session that runs and is recorded.
///
/// Errors   kBadArgument (goal, start, spec: value, range, place), kNotFound (no music), kRefused (policy),
///          and those of the space
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/cancel.hpp"
#include "play/sink.hpp"
#include "sense/source.hpp"
#include "session/runner.hpp"
#include "session/space.hpp"
#include "session/starter.hpp"
#include "session/summary.hpp"

namespace attune::session {

struct RunRequest {
    std::string goal = "calm";
    double minutes = 20.0;
    std::optional<flow::Va> from;              ///< the blind rating; empty = skipped, or asked of a simulated listener
    std::vector<std::string> words;            ///< how the person says they feel; kept in the record
    std::optional<Id> person;                  ///< empty = the space's first
    std::vector<std::string> sense;            ///< SPECs
    std::string check_in;                      ///< voice:mic or voice:wav:FILE: ten spoken seconds before and after; empty = none
    std::function<void()> before_check_in;     ///< tells the listener to speak now; may be empty
    std::string sink = "device";               ///< "device", "null", "file:OUT.flac"
    bool fast = false;
    std::optional<std::uint64_t> seed;         ///< empty = drawn
    std::string strategy = "planner";
    double taste_weight = 1.0;
    flow::Deployment deployment = flow::Deployment::kHome;
    /// Live only, instead of `sink`: the page is the loudspeaker.
    std::function<Result<std::unique_ptr<play::Sink>>()> make_sink;
    /// Sensors that somebody else opened, e.g. those of a page.
    std::function<Result<std::vector<std::unique_ptr<sense::Source>>>()> make_sources;
    Progress progress;                         ///< of composing music for an empty library; may be empty
    std::string plan;                          ///< a hand-made plan of this person, by name; its tracks come first
    bool locked = false;                       ///< and nothing else
    ComposeChoice compose;                     ///< composed music, by whom, and biofeedback
    bool companion = false;                    ///< somebody is with the listener: "only with me" music may play
};

struct RunReport {
    Summary summary;
    PlayerTelemetry player;
    double wall_s = 0.0;
    std::optional<flow::Va> true_start, true_final;
};

/// Runs to the end (or until `cancel`), recording as it goes. `watch` sees every event, after it is numbered;
/// `inbox` brings buttons and ratings to a live session.
[[nodiscard]] Result<RunReport> run_session(Space& space, const RunRequest& request,
                                            const core::CancelToken& cancel, const EventSink& watch = {},
                                            Inbox* inbox = nullptr);

/// The object of `attune session run --json`.
[[nodiscard]] nlohmann::json to_json(const RunReport& report);

}  // namespace attune::session
