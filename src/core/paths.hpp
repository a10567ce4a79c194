// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Where things lie: the user's data, the configuration, what ships with the program.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::core {

/// The data folder: attune.db, keys/, starter/, models/, backups/, exports/, log/, cache/.
/// 1. `chosen` (--data), 2. ATTUNE_DATA, 3. $XDG_DATA_HOME/attune, 4. ~/.local/share/attune.
[[nodiscard]] std::filesystem::path data_dir(const std::filesystem::path& chosen = {});
/// $XDG_CONFIG_HOME/attune/attune.toml, else ~/.config/attune/attune.toml.
[[nodiscard]] std::filesystem::path config_file();

/// A file that ships with the program, e.g. "strings/en.json" or "free/face.onnx" (from models/).
/// Looked for in: 1. ATTUNE_SHARE, 2. ../share/attune beside the executable, 3. the source tree
/// (its share/ and models/). kNotFound names all places that were tried.
[[nodiscard]] Result<std::filesystem::path> resource(const std::filesystem::path& relative);

/// Reads a whole file of at most `max_bytes`.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file,
                                            std::size_t max_bytes = 64U << 20);
/// Writes beside the target, syncs and renames over it: readers see the old file or the new one.
[[nodiscard]] Result<void> write_file_atomically(const std::filesystem::path& file,
                                                 std::string_view bytes);

}  // namespace attune::core
