// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The two databases behind Connection. Only store/connection.cpp includes this.
#include <memory>
#include <string>

#include "store/connection.hpp"

namespace attune::store {

/// Creates the file if it is missing. WAL, synchronous FULL, foreign keys on, waits 5 s for a lock.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_sqlite(const std::string& file);
[[nodiscard]] Result<std::unique_ptr<Connection>> open_postgres(const std::string& url);

}  // namespace attune::store
