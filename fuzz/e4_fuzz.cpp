// SPDX-License-Identifier: GPL-3.0-or-later
// The files of an Empatica E4 export; the first byte chooses which.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sense/recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    constexpr std::array kStems{"ACC", "BVP", "EDA", "HR", "IBI", "TEMP", "tags"};
    if (size == 0) return 0;
    const char* stem = kStems[data[0] % kStems.size()];
    auto recording = sense::parse_e4(stem, {reinterpret_cast<const char*>(data) + 1, size - 1}, "fuzz.csv");
    if (!recording) return 0;
    for (const auto& channel : recording->channels) {
        for (const auto& segment : channel.segments) {
            if (channel.rate_hz == 0.0 && segment.times.size() != segment.samples.size()) std::abort();
        }
    }
    auto twice = sense::merged(*recording, *recording);
    if (!twice) std::abort();
    return 0;
}
