// SPDX-License-Identifier: GPL-3.0-or-later
// A local help card: what is accepted has somebody to reach, and an age.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "care/help_card.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    const auto card = care::parse_help_card({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
    if (!card) return 0;
    if (card->lines.empty()) std::abort();
    for (const auto& line : card->lines)
        if (line.name.empty() || line.reach.empty()) std::abort();
    (void)card->stale("2026-11-21");
    (void)card->stale(card->checked);
    return 0;
}
