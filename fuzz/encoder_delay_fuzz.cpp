// SPDX-License-Identifier: GPL-3.0-or-later
// Gapless notes of MP3 and AAC files: any bytes give nothing, or lengths that can be played.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "media/encoder_delay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune::media;
    const std::span<const std::uint8_t> bytes(data, size);
    const auto check = [](const std::optional<EncoderDelay>& d) {
        if (d && (d->delay_frames < 0 || d->padding_frames < 0 || d->music_frames <= 0))
            std::abort();
    };
    check(parse_lame_header(bytes));
    check(parse_itunsmpb({reinterpret_cast<const char*>(data), size}));
    if (id3v2_size(bytes) != 0 && size < 10) std::abort();
    return 0;
}
