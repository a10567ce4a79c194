// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The text that a sensor sends to a broker: one number, or one JSON object with a block of samples.
///
/// In       "72.5"   or   {"t_s": 12.25, "rate_hz": 4, "unit": "uS", "samples": [0.51, 0.52], "label": "Fp1"}
///          t_s = device time of the first sample; irregular samples bring "times_s", one each
/// Errors   kBadArgument: unknown key (the nearest is named), a number out of its range, an unknown unit
#include <string_view>

#include "sense/live_source.hpp"

namespace attune::sense {

[[nodiscard]] Result<DeviceBlock> parse_sample_message(flow::Channel channel, std::string_view text);

}  // namespace attune::sense
