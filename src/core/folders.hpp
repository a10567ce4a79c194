// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Folders that we write into.
#include <filesystem>

#include "core/result.hpp"

namespace attune::core {

/// Makes the folder and those above it; one that is there is kept as it is.
/// Errors  kIo, kDiskFull with the folder as the place
[[nodiscard]] Result<void> make_folder(const std::filesystem::path& folder);

}  // namespace attune::core
