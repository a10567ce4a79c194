// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Names the data that a figure was measured on.
///
/// data_sha256 = SHA-256 of the lines "<sha256 of the file> <path relative to root>\n", sorted bytewise.
/// So the same files give the same hash on every machine, whatever else lies beside them. A file of the system, outside
/// of root, stands with its whole path.
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

/// Over the files given. kIo if one cannot be read.
[[nodiscard]] Result<std::string> data_sha256(const std::filesystem::path& root,
                                              std::span<const std::filesystem::path> files);
/// Every regular file under `folder`, sorted by path. kNotFound if there is no such folder.
[[nodiscard]] Result<std::vector<std::filesystem::path>> files_under(const std::filesystem::path& folder);

/// The folder called `set` ("ravdess", "mitdb"): `root` itself, or the nearest below it (up to 4 levels).
[[nodiscard]] std::optional<std::filesystem::path> find_set(const std::filesystem::path& root,
                                                            const std::string& set);

}  // namespace attune::learn
