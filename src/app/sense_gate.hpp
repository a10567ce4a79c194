// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What stands before every command that opens a sensor: the deployment, then the listener's consent.
///
/// Recordings and simulated listeners are no devices; they may be opened anywhere, as by session run, and nothing is
/// inferred from them where the deployment forbids it.
/// Errors   kRefused naming sensor, rule and what to do; those of the space
#include <string>
#include <vector>

#include "app/command_line.hpp"
#include "sense/spec.hpp"

namespace attune::app {

/// `person` empty = the first of the space, which is opened only if a SPEC names a device. `purpose`: "session" or "research".
[[nodiscard]] Result<void> may_open(const Context& context, const std::vector<std::string>& specs, const std::string& person, const char* purpose);

}  // namespace attune::app
