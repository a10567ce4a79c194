// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The names of the texts that are kept of a person (People::keep): what there is, not what it says.
///
/// Threads  as its connection
/// Errors   those of store::Connection
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/connection.hpp"

namespace attune::care {

/// Those that begin with `prefix`, sorted.
[[nodiscard]] Result<std::vector<std::string>> kept_names(store::Connection& connection, const Id& person, std::string_view prefix);

}  // namespace attune::care
