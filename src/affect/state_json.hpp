// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// AffectState as one line of JSON: `attune affect watch`, docs/schema/affect_state.json.
#include <map>
#include <optional>
#include <string>

#include "affect/breath.hpp"
#include "flow/affect_state.hpp"
#include "flow/evidence.hpp"

namespace attune::affect {

/// What the recognisers say of themselves, beside the state.
struct Beside {
    std::optional<Breathing> breathing;
    std::map<std::string, std::string> waits_for;  ///< by source
    std::map<std::string, flow::Evidence> last;    ///< by source: what its own tile shows; never a part of the state
};

/// No newline. Unknown is null; numbers have at most 6 decimals.
[[nodiscard]] std::string to_json_line(const flow::AffectState& state, const Beside& beside = {});

}  // namespace attune::affect
