// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ARFF, the table format of Weka: numeric, string and nominal attributes; dense rows; '?' =
/// unknown.
///
/// Errors   parse: kCorrupt names the line; kUnsupported for sparse rows and relational attributes
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

struct ArffAttribute {
    enum class Kind { kNumeric, kString, kNominal };
    std::string name;
    Kind kind = Kind::kNumeric;
    std::vector<std::string> values;  ///< of a nominal one
};

struct ArffTable {
    std::string relation;
    std::vector<ArffAttribute> attributes;
    std::vector<std::vector<std::string>> rows;  ///< cells as text; "" = unknown
};

[[nodiscard]] std::string to_arff(const ArffTable& table);
[[nodiscard]] Result<ArffTable> parse_arff(std::string_view text);

}  // namespace attune::learn
