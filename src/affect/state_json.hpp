// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// AffectState as one line of JSON: `attune affect watch`, docs/schema/affect_state.json.
#include <string>

#include "flow/affect_state.hpp"

namespace attune::affect {

/// No newline. Unknown is null; numbers have at most 6 decimals.
[[nodiscard]] std::string to_json_line(const flow::AffectState& state);

}  // namespace attune::affect
