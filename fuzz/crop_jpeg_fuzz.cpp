// SPDX-License-Identifier: GPL-3.0-or-later
// Face crops as a page sends them.
#include <cstdint>
#include <span>

#include "learn/crop_jpeg.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto luma = attune::learn::decode_crop(std::span(data, size));
    if (luma && luma->size() != 96U * 96U) __builtin_trap();
    return 0;
}
