// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>

#include "app/command_line.hpp"

namespace attune::app {

void add_serve_commands(CLI::App&, Context&) {}

}  // namespace attune::app
