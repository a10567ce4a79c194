// SPDX-License-Identifier: GPL-3.0-or-later
// What sensors send: a broker's text (the first byte names the channel) and the bytes of the Heart Rate Service.
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "sense/heart_rate_measurement.hpp"
#include "sense/sample_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    if (size < 1) return 0;
    const auto channel = static_cast<flow::Channel>(data[0] % (static_cast<int>(flow::Channel::kAudio) + 1));
    (void)sense::parse_sample_message(channel, {reinterpret_cast<const char*>(data + 1), size - 1});
    const auto heart = sense::parse_heart_rate_measurement(std::span(data + 1, size - 1));
    if (heart)
        for (const float rr : heart->rr_ms)
            if (!std::isfinite(rr)) __builtin_trap();
    return 0;
}
