// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Names and units that files and devices use for our channels, and how to convert them.
///
/// docs/signals.md describes every channel; the table here is what the readers obey.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::sense {

struct ChannelRow {
    flow::Channel channel;
    const char* unit;             ///< ours: "microsiemens"
    double low, high;             ///< what a sensor on a person can give, in our unit
    double max_rate_hz;           ///< above it the file's header is wrong
    std::vector<const char*> names;   ///< lower case, other than to_string(channel)
};
[[nodiscard]] const std::vector<ChannelRow>& channel_rows();
[[nodiscard]] const ChannelRow& channel_row(flow::Channel channel);

/// "EDA", "gsr", "Temp", "acc_x" ...; empty = not one of ours.
[[nodiscard]] std::optional<flow::Channel> channel_by_name(std::string_view name);
/// "eda, skin_temp, ..." for errors.
[[nodiscard]] std::vector<std::string> channel_names();

/// value_in_our_unit = value * factor + offset.
struct UnitConversion {
    double factor = 1.0, offset = 0.0;
};
/// kBadArgument names the units that the channel is known in.
[[nodiscard]] Result<UnitConversion> unit_conversion(flow::Channel channel, std::string_view unit);

}  // namespace attune::sense
