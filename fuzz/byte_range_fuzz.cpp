// SPDX-License-Identifier: GPL-3.0-or-later
// The first eight bytes are the file's size. Whatever is answered lies inside the file.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "serve/file_slice.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint64_t bytes = 0;
    if (size < sizeof bytes) return 0;
    std::memcpy(&bytes, data, sizeof bytes);
    const std::string_view header(reinterpret_cast<const char*>(data) + sizeof bytes, size - sizeof bytes);
    const auto range = attune::serve::parse_range(header, bytes);
    if (range.offset > bytes || range.length > bytes - range.offset) std::abort();
    if (range.kind == attune::serve::ByteRange::Kind::kPart && range.length == 0) std::abort();
    return 0;
}
