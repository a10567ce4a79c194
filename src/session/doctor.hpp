// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Looks at what Attune needs on this machine and says what is missing and what to do about it.
///
/// Threads  any; opens its own connection; may take a second (sound devices)
/// Errors   none: what cannot be looked at is a finding
#include <filesystem>
#include <string>
#include <vector>

namespace attune::session {

enum class Health {
    kOk,
    kWarning,  ///< works, but less well than it could
    kMissing,  ///< a part that some functions need is not here; the rest works
    kFailed,   ///< nothing works without it
};
[[nodiscard]] const char* to_string(Health health) noexcept;

struct Finding {
    std::string what;    ///< "database"; names of web.doctor in share/strings
    Health health = Health::kOk;
    std::string detail;  ///< what was found, or what is wrong
    std::string fix;     ///< what to do next; empty = nothing
};

[[nodiscard]] std::vector<Finding> examine(const std::filesystem::path& data_dir, const std::string& db_url);

}  // namespace attune::session
