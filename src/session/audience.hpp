// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What of a session its listener is not shown: the one place that decides, for the pages (live, record, report) and
/// for the command line.
///
/// Where a policy hides the state (psychosis or mania, dementia), a listener is told what plays, what they said
/// themselves and whether their sensors work. They are not told the estimate, what a recogniser read from them, or
/// numbers from which either could be read: waypoints, scores, forecasts, reasons and questions that speak of the state,
/// and what composed music is sent to, which follows the estimate. A therapist and a researcher are told everything.
///
/// Who looks says so ("as" of the pages, --as of the command line), as everywhere in the product.
#include <span>

#include <nlohmann/json_fwd.hpp>

#include "care/people.hpp"
#include "session/record.hpp"
#include "session/summary.hpp"

namespace attune::session {

/// A therapist or a researcher.
[[nodiscard]] bool sees_everything(flow::Role role) noexcept;

/// The policy that the session was played under, or the one that came in its midst.
[[nodiscard]] bool hides_state(std::span<const SessionEvent> events);
[[nodiscard]] bool hides_state(const SessionEvent& event);

/// Today's policy of the person; false for nobody and for a person who was erased.
[[nodiscard]] bool hides_state_today(care::People& people, const Id& person);

/// Whether `role` is shown the estimated state of this session: what hid it when it was played, or hides it today, counts.
[[nodiscard]] bool state_shown(care::People& people, const SessionRow& row, std::span<const SessionEvent> events,
                               flow::Role role);

/// The event, session::to_json's object, without the state; null where nothing is left of it.
[[nodiscard]] nlohmann::json without_state(nlohmann::json event);

/// What is said aloud of it: neither the reasons nor the question of a decision speak of the state.
[[nodiscard]] SessionEvent without_state(SessionEvent event);
/// For the person's version of the report.
[[nodiscard]] Summary without_state(Summary summary);
/// to_json of a summary without the state: what only the estimate could say is null.
[[nodiscard]] nlohmann::json to_json_without_state(const Summary& summary);

/// kRefused with who may, unless the state is shown.
[[nodiscard]] Result<void> may_read_professional(bool state_shown);

}  // namespace attune::session
