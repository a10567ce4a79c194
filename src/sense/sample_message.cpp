// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/sample_message.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "sense/channels.hpp"

namespace attune::sense {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = 1U << 20, kMaxSamples = 1U << 16;
const std::vector<std::string> kKeys{"t_s", "rate_hz", "unit", "samples", "times_s", "label"};

tl::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::kBadArgument, std::move(message), "sample message"); }

Result<std::vector<double>> numbers(const json& value, const char* key) {
    if (!value.is_array() || value.size() > kMaxSamples) return wrong(std::string(key) + " must be a list of at most 65536 numbers");
    std::vector<double> out;
    for (const json& x : value) {
        if (!x.is_number() || !std::isfinite(x.get<double>())) return wrong(std::string(key) + " holds something that is not a number");
        out.push_back(x.get<double>());
    }
    return out;
}

Result<double> number(const json& object, const char* key, double low, double high) {
    const json& value = object[key];
    const double x = value.is_number() ? value.get<double>() : std::nan("");
    if (!(x >= low && x <= high)) {
        return wrong(std::string(key) + " must be a number in " + core::format_double(low) + ".." + core::format_double(high));
    }
    return x;
}

Result<void> read_times(const json& object, DeviceBlock& block) {
    ATTUNE_TRY(const auto times, numbers(object["times_s"], "times_s"));
    if (times.size() != block.samples.size()) {
        return wrong(std::to_string(times.size()) + " times_s for " + std::to_string(block.samples.size()) + " samples");
    }
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (!(std::abs(times[i]) < 1e10) || (i > 0 && times[i] < times[i - 1])) return wrong("times_s must rise and lie within +-1e10 s");
        block.offsets_s.push_back(times[i] - times.front());
    }
    if (!times.empty()) block.device_s = times.front();
    return {};
}

Result<DeviceBlock> from_object(flow::Channel channel, const json& object) {
    for (const auto& [key, value] : object.items()) {
        if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) continue;
        const auto near = core::nearest_word(key, kKeys);
        return wrong("unknown key '" + core::to_utf8_lossy(key) + "'" + (near ? "; did you mean '" + *near + "'?" : "; known: t_s rate_hz unit samples times_s label"));
    }
    if (!object.contains("samples")) return wrong("no samples");
    DeviceBlock block;
    block.channel = channel;
    UnitConversion conversion;
    if (object.contains("unit")) {
        if (!object["unit"].is_string()) return wrong("unit must be a text");
        ATTUNE_TRY(conversion, unit_conversion(channel, object["unit"].get_ref<const std::string&>()));
    }
    if (object.contains("label") && object["label"].is_string()) block.label = core::to_utf8_lossy(object["label"].get_ref<const std::string&>().substr(0, 32));
    if (object.contains("rate_hz")) {
        ATTUNE_TRY(block.rate_hz, number(object, "rate_hz", 0.0, channel_row(channel).max_rate_hz));
    }
    if (object.contains("t_s")) {
        ATTUNE_TRY(block.device_s, number(object, "t_s", -1e10, 1e10));
    }
    ATTUNE_TRY(const auto samples, numbers(object["samples"], "samples"));
    for (const double x : samples) block.samples.push_back(static_cast<float>(x * conversion.factor + conversion.offset));
    if (object.contains("times_s")) {
        block.rate_hz = 0.0;
        ATTUNE_CHECK(read_times(object, block));
    } else if (block.rate_hz == 0.0 && block.samples.size() > 1) {
        return wrong("several samples need rate_hz or times_s");
    }
    return block;
}

}  // namespace

Result<DeviceBlock> parse_sample_message(flow::Channel channel, std::string_view text) {
    if (text.size() > kMaxBytes) return wrong("longer than 1 MiB");
    if (const auto x = core::parse_double(text)) {
        DeviceBlock block;
        block.channel = channel;
        block.samples = {static_cast<float>(*x)};
        block.offsets_s = {0.0};
        return block;
    }
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object()) return wrong("neither a number nor a JSON object");
    return from_object(channel, object);
}

}  // namespace attune::sense
