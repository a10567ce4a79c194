// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune simulate compare`.
#include "app/command_line.hpp"

namespace attune::app {

void add_compare_command(CLI::App& simulate, Context& context);

}  // namespace attune::app
