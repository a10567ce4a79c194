// SPDX-License-Identifier: GPL-3.0-or-later
// Lists and tables that people import, the filter that they type, and the texts of model
// files: any bytes, no crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "learn/arff.hpp"
#include "learn/onnx_metadata.hpp"
#include "library/exchange.hpp"
#include "library/filter.hpp"
#include "library/music_dataset.hpp"
#include "library/music_model.hpp"
#include "library/profile_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 7) {
    case 0: static_cast<void>(library::parse_m3u8(text, "/music")); break;
    case 1: static_cast<void>(library::parse_jspf(text, "/music")); break;
    case 2: static_cast<void>(library::parse_csv(text)); break;
    case 3:
        if (const auto table = learn::parse_arff(text)) {
            // What was read can be written and read again.
            if (!learn::parse_arff(learn::to_arff(*table))) __builtin_trap();
        }
        break;
    case 4:
        if (const auto filter = library::Filter::parse(text)) {
            static_cast<void>(filter->matches(library::TrackRow{}));
            if (!library::Filter::parse(filter->text())) __builtin_trap();
        }
        break;
    case 5:
        if (const auto texts = learn::onnx_metadata(text)) static_cast<void>(library::MusicModel::described_by(*texts));
        break;
    default: static_cast<void>(library::decode({data + 1, size - 1})); break;
    }
    return 0;
}
