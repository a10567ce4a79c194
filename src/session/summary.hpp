// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What happened in a session, from its events alone: for `session run --json`, the report and the pages.
/// Works on an interrupted record too.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "session/event.hpp"

namespace attune::session {

struct PlayedItem {
    flow::PlanItem plan;
    Time began;
    double planned_s = 0.0;
    double played_s = 0.0;      ///< as heard, second by second
    std::string why_ended;      ///< empty if the record stops before its end
    std::string error;
};

struct Summary {
    Start start;
    Time ended;                                 ///< of the last event
    std::string why_ended;                      ///< of the End event; empty = interrupted
    std::vector<flow::AffectState> states;      ///< 1 Hz
    std::vector<flow::Rating> ratings;
    std::vector<flow::Heard> heard;             ///< 1 Hz and on change
    std::vector<PlayedItem> items;              ///< in the order in which they were heard
    std::vector<std::pair<Time, Decision>> decisions;
    std::vector<std::pair<Time, flow::Command>> commands;
    std::vector<std::pair<Time, SourceChange>> sources;
    std::vector<std::pair<Time, Fault>> faults;
    std::vector<Composed> composed;      ///< who composed what, in the order of the record
    std::optional<SoundReport> sound;           ///< the last one; empty for a session in virtual time
    std::vector<std::string> models;            ///< of the evidence, in the order of first use
    std::vector<flow::Unmet> unmet;             ///< of the first plan
    int replans = 0;
    flow::Origin origin = flow::Origin::kLive;

    [[nodiscard]] bool simulated() const { return start.simulated || origin == flow::Origin::kSimulated; }
    /// Where distances are measured from: the start rating, else the first estimate.
    [[nodiscard]] flow::Va start_point() const;
    /// The last felt rating after the start; nullopt if there was none.
    [[nodiscard]] std::optional<flow::Va> final_rating() const;
    [[nodiscard]] std::optional<flow::AffectState> final_state() const;
};

/// The first event must be Start (kCorrupt otherwise).
[[nodiscard]] Result<Summary> summarise(std::span<const SessionEvent> events);

/// The reason that says most about why; null if there is none. "We do not know yet" only where nothing else is said.
[[nodiscard]] const flow::Reason* main_reason(const std::vector<flow::Reason>& reasons);

/// The object of `attune session run --json` and `session show --json`, but for what only the run knows
/// (wall_s, first_sound_s, underruns, the true mood of a simulated listener).
[[nodiscard]] nlohmann::json to_json(const Summary& summary);

}  // namespace attune::session
