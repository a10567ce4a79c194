// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The table for tracks without analysis: how somebody feels -> genres (share/policies/default_table.toml).
///
/// A convention without evidence, kept because a library that was not analysed must still play. What
/// it chooses says so in its reason ("default_table").
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "flow/affect.hpp"

namespace attune::choose {

struct TableRow {
    std::string state;               ///< "happy", "sad", ...
    flow::Va at;                     ///< where the word stands on the plane
    std::vector<std::string> genres; ///< lower-case
};

class FallbackTable {
public:
    /// Errors: kIo, kCorrupt with file:line, kBadArgument naming value and range.
    [[nodiscard]] static Result<FallbackTable> load(const std::filesystem::path& file);
    [[nodiscard]] static Result<FallbackTable> parse(std::string_view toml, std::string_view name);
    /// The row whose place is nearest to how the listener feels; ties go to the first in the file.
    [[nodiscard]] const TableRow& row_for(const flow::Va& felt) const;
    [[nodiscard]] const std::vector<TableRow>& rows() const { return rows_; }

private:
    std::vector<TableRow> rows_;     ///< never empty
};

}  // namespace attune::choose
