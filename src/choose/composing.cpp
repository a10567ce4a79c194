// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/composing.hpp"

#include <limits>
#include <string>

namespace attune::choose {

const char* to_string(Composing composing) noexcept {
    switch (composing) {
        case Composing::kNever: return "never";
        case Composing::kWhenNothingFits: return "gaps";
        case Composing::kAlways: return "always";
    }
    return "never";
}

Result<Composing> parse_composing(std::string_view name) {
    for (const Composing c : {Composing::kNever, Composing::kWhenNothingFits, Composing::kAlways})
        if (name == to_string(c)) return c;
    return fail(ErrorCode::kBadArgument, "compose '" + std::string(name) + "'; never, gaps (where no track fits) and always are allowed");
}

Edges composed_edges(const flow::Va& at) noexcept {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    Edges e;
    e.first_valence = e.last_valence = at.valence;
    e.first_arousal = e.last_arousal = e.arousal = e.arousal_p95 = at.arousal;
    e.first_lufs = e.last_lufs = e.tempo = kUnknown;
    return e;
}

double composed_seconds(double left_s) noexcept { return left_s < 1.5 * kComposedItemS ? left_s : kComposedItemS; }

}  // namespace attune::choose
