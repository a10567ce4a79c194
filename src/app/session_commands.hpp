// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The parts of `attune session` that have a file of their own.
#include "app/command_line.hpp"

namespace attune::app {

void add_session_run(CLI::App& session, Context& context);
void add_session_tell(CLI::App& session, Context& context);

}  // namespace attune::app
