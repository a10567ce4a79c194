// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The log of the process: ids and codes only. Titles, paths, names and measured values may appear
/// at kDebug and below, never above.
#include <filesystem>
#include <string_view>

#include "core/result.hpp"

namespace attune::core {

enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError };

/// Adds a rotated file (5 × 2 MB) in `folder`; until then, and always for warnings, the log goes to stderr.
/// Call once, before threads start.
[[nodiscard]] Result<void> open_log(const std::filesystem::path& folder, LogLevel level);
void set_log_level(LogLevel level) noexcept;

/// Threads: any but a real-time one. `room` is the folder that speaks.
void log(LogLevel level, std::string_view room, std::string_view message) noexcept;

}  // namespace attune::core
