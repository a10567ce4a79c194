// SPDX-License-Identifier: GPL-3.0-or-later
// Our CSV of sensor samples: every text is read or refused, and what was read plays back with time never going back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sense/replay_source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    auto recording = sense::parse_csv({reinterpret_cast<const char*>(data), size}, "fuzz.csv");
    if (!recording) return 0;
    for (const auto& channel : recording->channels) {
        Time before{INT64_MIN};
        for (const auto& segment : channel.segments) {
            if (segment.t < before || segment.samples.empty() || segment.gap_ns < 0) std::abort();
            before = segment.t;
            for (const Time t : segment.times) {
                if (t < before) std::abort();
                before = t;
            }
        }
    }
    sense::ReplaySource source(*std::move(recording), {});
    sense::Batch out;
    for (int s = 1; s < 20; ++s) {
        if (!source.pull(Time{} + seconds(s), out)) std::abort();
    }
    return 0;
}
