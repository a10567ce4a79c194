// SPDX-License-Identifier: GPL-3.0-or-later
// A European Data Format file through libedf: what is accepted has finite rates and as many samples as it says.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "sense/recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    static const std::string path = [] {
        char name[] = "/tmp/attune-edf-XXXXXX";
        const int file = mkstemp(name);
        if (file < 0) std::abort();
        close(file);
        static std::string kept;
        kept = name;
        std::atexit([] { std::remove(kept.c_str()); });
        return kept;
    }();
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr || std::fwrite(data, 1, size, file) != size) std::abort();
    std::fclose(file);
    const auto recording = sense::read_edf(path);
    if (!recording) return 0;
    for (const auto& channel : recording->channels) {
        if (!(std::isfinite(channel.rate_hz) && channel.rate_hz >= 0.0)) std::abort();
        for (const auto& segment : channel.segments)
            if (channel.rate_hz == 0.0 && segment.times.size() != segment.samples.size()) std::abort();
    }
    return 0;
}
