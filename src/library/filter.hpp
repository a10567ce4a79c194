// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The language of `attune library list`: "tempo 60..80 and valence > 0.2 and genre = ambient".
///
///     filter  := any { "or" any }          any    := term { "and" term }
///     term    := "not" term | "(" filter ")" | field test
///     test    := number ".." number | ("<" | "<=" | ">" | ">=" | "=" | "!=") value | "~" text |
///     "unknown" | "known"
///
/// Texts compare without case; "~" means contains; quotes where a text holds spaces. A value that
/// is not known passes no test but "unknown" ("not" of such a test does not pass either).
///
/// Threads  matches() from any thread
/// Errors   parse(): kBadArgument with the place and, for a field, the nearest name
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "library/track_row.hpp"

namespace attune::library {

class Filter {
public:
    /// "" lets everything pass.
    [[nodiscard]] static Result<Filter> parse(std::string_view text);
    [[nodiscard]] bool matches(const TrackRow& row) const;
    /// In the language itself, with full names of operators and no brackets that are not needed: parse(text()) is this
    /// filter again.
    [[nodiscard]] std::string text() const;

    struct Node;

private:
    std::shared_ptr<const Node> root_;  ///< shared: a Filter is a value, its tree never changes
};

/// Names that filters and sorting know, e.g. "tempo" (= "tempo_bpm"), "valence", "title".
[[nodiscard]] const std::vector<std::string>& row_fields();
/// Sorts by a field, unknown last; "-tempo" is descending. kBadArgument for another name.
[[nodiscard]] Result<void> sort_rows(std::vector<const TrackRow*>& rows, std::string_view field);

}  // namespace attune::library
