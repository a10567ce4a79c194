// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// "I don't feel safe": the person's own contact first, then a dated local card. No model takes part,
/// nothing is sent, nobody is called: the page says what the person can do.
///
/// Cards are share/help/REGION.toml, edited by hand, each with the day on which somebody looked up its
/// numbers; a card older than a year says so.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::care {

struct HelpLine {
    std::string name;
    std::string reach;     ///< number or address, as it is dialled
    std::string note;      ///< when and for whom; may be empty
};

struct HelpCard {
    std::string region;    ///< ISO 3166 code, or "EU", or "INT"
    std::string checked;   ///< "2026-01-31": day on which it was looked up
    std::string source;    ///< where
    std::vector<HelpLine> lines;
    /// More than 365 days between `checked` and `today` ("YYYY-MM-DD"), or not a date.
    [[nodiscard]] bool stale(std::string_view today) const;
};

/// Errors: kCorrupt with file:line, kBadArgument naming the key.
[[nodiscard]] Result<HelpCard> parse_help_card(std::string_view toml, std::string_view name);
/// The region's card, else INT's. Region is two or three letters, any case.
[[nodiscard]] Result<HelpCard> load_help_card(std::string_view region);

}  // namespace attune::care
