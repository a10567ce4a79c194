// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// "I don't feel safe" in a terminal: the person's own contact, then the dated local card. No model takes part.
#include <nlohmann/json_fwd.hpp>

#include "core/ids.hpp"
#include "session/space.hpp"

namespace attune::app {

/// Prints to stderr; what cannot be read is said, never silently left out.
void print_help(session::Space& space, const Id& person);
/// The same as an object, with the names of GET /api/v1/people/{who}/help: contact, region, help (name, phone, note),
/// checked_on, stale; "error" if the card cannot be read.
[[nodiscard]] nlohmann::json help_json(session::Space& space, const Id& person);

}  // namespace attune::app
