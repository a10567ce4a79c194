// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sense/spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    const auto spec = sense::parse_spec({reinterpret_cast<const char*>(data), size});
    if (!spec) return 0;
    const auto again = sense::parse_spec(spec->text);
    if (!again || again->place != spec->place || again->params != spec->params) std::abort();
    return 0;
}
