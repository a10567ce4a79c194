// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// "I don't feel safe" in a terminal: the person's own contact, then the dated local card. No model takes part.
#include "core/ids.hpp"
#include "session/space.hpp"

namespace attune::app {

/// Prints to stderr; what cannot be read is said, never silently left out.
void print_help(session::Space& space, const Id& person);

}  // namespace attune::app
