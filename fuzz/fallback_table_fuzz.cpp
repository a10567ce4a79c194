// SPDX-License-Identifier: GPL-3.0-or-later
// The editable table of states and genres: what is accepted has a row for every point of the plane.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "choose/fallback_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    const auto table = choose::FallbackTable::parse({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
    if (!table) return 0;
    if (table->rows().empty()) std::abort();
    for (const auto& row : table->rows()) {
        if (!(std::abs(row.at.valence) <= 1.0 && std::abs(row.at.arousal) <= 1.0)) std::abort();
        if (row.genres.empty()) std::abort();
    }
    for (const flow::Va felt : {flow::Va{-1, 1}, flow::Va{0, 0}, flow::Va{1, -1}}) {
        const auto& row = table->row_for(felt);
        for (const auto& other : table->rows())
            if (flow::distance(other.at, felt) < flow::distance(row.at, felt)) std::abort();
    }
    return 0;
}
