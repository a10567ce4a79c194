// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/channels.hpp"

#include <array>

#include "core/text.hpp"

namespace attune::sense {
namespace {

using flow::Channel;

enum class Quantity { kVoltageMilli, kVoltageMicro, kArbitrary, kMilliseconds, kPerMinute, kConductance, kTemperature,
                      kAcceleration, kFullScale };

Quantity quantity_of(Channel channel) {
    switch (channel) {
        case Channel::kEcg: return Quantity::kVoltageMilli;
        case Channel::kEeg: return Quantity::kVoltageMicro;
        case Channel::kPpg:
        case Channel::kRespiration: return Quantity::kArbitrary;
        case Channel::kRr: return Quantity::kMilliseconds;
        case Channel::kHeartRate: return Quantity::kPerMinute;
        case Channel::kEda: return Quantity::kConductance;
        case Channel::kSkinTemp: return Quantity::kTemperature;
        case Channel::kAccelX:
        case Channel::kAccelY:
        case Channel::kAccelZ: return Quantity::kAcceleration;
        case Channel::kAudio: return Quantity::kFullScale;
    }
    return Quantity::kArbitrary;
}

struct Unit {
    Quantity quantity;
    const char* name;
    UnitConversion to_ours;
};

const std::array kUnits{
    Unit{Quantity::kVoltageMilli, "mV", {}},
    Unit{Quantity::kVoltageMilli, "uV", {1e-3, 0}},
    Unit{Quantity::kVoltageMilli, "µV", {1e-3, 0}},
    Unit{Quantity::kVoltageMilli, "V", {1e3, 0}},
    Unit{Quantity::kVoltageMicro, "microvolts", {}},
    Unit{Quantity::kVoltageMicro, "uV", {}},
    Unit{Quantity::kVoltageMicro, "µV", {}},
    Unit{Quantity::kVoltageMicro, "mV", {1e3, 0}},
    Unit{Quantity::kVoltageMicro, "V", {1e6, 0}},
    Unit{Quantity::kArbitrary, "arbitrary", {}},
    Unit{Quantity::kArbitrary, "a.u.", {}},
    Unit{Quantity::kArbitrary, "V", {}},
    Unit{Quantity::kArbitrary, "mV", {}},
    Unit{Quantity::kArbitrary, "1", {}},
    Unit{Quantity::kMilliseconds, "ms", {}},
    Unit{Quantity::kMilliseconds, "s", {1e3, 0}},
    Unit{Quantity::kPerMinute, "bpm", {}},
    Unit{Quantity::kPerMinute, "1/min", {}},
    Unit{Quantity::kPerMinute, "Hz", {60, 0}},
    Unit{Quantity::kConductance, "microsiemens", {}},
    Unit{Quantity::kConductance, "uS", {}},
    Unit{Quantity::kConductance, "µS", {}},
    Unit{Quantity::kConductance, "nS", {1e-3, 0}},
    Unit{Quantity::kConductance, "S", {1e6, 0}},
    Unit{Quantity::kTemperature, "degC", {}},
    Unit{Quantity::kTemperature, "C", {}},
    Unit{Quantity::kTemperature, "°C", {}},
    Unit{Quantity::kTemperature, "degF", {5.0 / 9.0, -160.0 / 9.0}},
    Unit{Quantity::kTemperature, "K", {1, -273.15}},
    Unit{Quantity::kAcceleration, "g", {}},
    Unit{Quantity::kAcceleration, "mg", {1e-3, 0}},
    Unit{Quantity::kAcceleration, "g/64", {1.0 / 64.0, 0}},
    Unit{Quantity::kAcceleration, "m/s2", {1.0 / 9.80665, 0}},
    Unit{Quantity::kFullScale, "1", {}},
};

}  // namespace

const std::vector<ChannelRow>& channel_rows() {
    static const std::vector<ChannelRow> rows{
        {Channel::kEcg, "mV", -10, 10, 4000, {"ekg"}},
        {Channel::kPpg, "arbitrary", -1e9, 1e9, 4000, {"bvp", "pleth"}},
        {Channel::kRr, "ms", 200, 3000, 0, {"ibi", "rri"}},
        {Channel::kHeartRate, "bpm", 20, 250, 10, {"hr", "pulse"}},
        {Channel::kEda, "microsiemens", 0, 100, 1000, {"gsr", "sc", "scl"}},
        {Channel::kSkinTemp, "degC", 10, 45, 100, {"temp", "temperature"}},
        {Channel::kRespiration, "arbitrary", -1e9, 1e9, 1000, {"resp", "rsp", "breath"}},
        {Channel::kAccelX, "g", -32, 32, 2000, {"acc_x", "accx"}},
        {Channel::kAccelY, "g", -32, 32, 2000, {"acc_y", "accy"}},
        {Channel::kAccelZ, "g", -32, 32, 2000, {"acc_z", "accz"}},
        {Channel::kEeg, "microvolts", -1e5, 1e5, 20000, {}},
        {Channel::kAudio, "1", -1, 1, 192000, {"voice"}},
    };
    return rows;
}

const ChannelRow& channel_row(Channel channel) {
    for (const ChannelRow& row : channel_rows()) {
        if (row.channel == channel) return row;
    }
    return channel_rows().front();
}

std::optional<Channel> channel_by_name(std::string_view name) {
    const std::string lower = core::to_lower_ascii(core::trim(name));
    for (const ChannelRow& row : channel_rows()) {
        if (lower == flow::to_string(row.channel)) return row.channel;
        for (const char* other : row.names) {
            if (lower == other) return row.channel;
        }
    }
    return std::nullopt;
}

std::vector<std::string> channel_names() {
    std::vector<std::string> names;
    for (const ChannelRow& row : channel_rows()) {
        names.emplace_back(flow::to_string(row.channel));
        names.insert(names.end(), row.names.begin(), row.names.end());
    }
    return names;
}

Result<UnitConversion> unit_conversion(Channel channel, std::string_view unit) {
    const Quantity quantity = quantity_of(channel);
    std::string known;
    for (const Unit& u : kUnits) {
        if (u.quantity != quantity) continue;
        if (unit == u.name) return u.to_ours;
        known += (known.empty() ? "" : ", ") + std::string(u.name);
    }
    return fail(ErrorCode::kBadArgument, "unit '" + core::to_utf8_lossy(unit) + "' is not known for " +
                                             flow::to_string(channel) + "; known: " + known);
}

}  // namespace attune::sense
