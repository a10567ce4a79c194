// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The configuration file, and what of it goes where.
///
/// Precedence   1. flag   2. environment (ATTUNE_…)   3. file (--config, ATTUNE_CONFIG, else the XDG place)   4. default
/// File         TOML. Keys: data, db, deployment; [session] minutes, sink, person; [serve] host, port,
///              tls_certificate, tls_key. deployment = "workplace" or "education" cannot be lifted by a flag or the
///              environment
/// Errors       kBadArgument: an unknown key, with the nearest one and file:line, or a value of the wrong type;
///              kNotFound: a file that was asked for and is not there
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "flow/policy.hpp"

namespace CLI {
class App;
}

namespace attune::app {

/// One key: "session.minutes", its flag, and the command that has the flag ("session run"; empty = the program).
struct ConfigKey {
    std::string key, flag, command;
    [[nodiscard]] std::string environment() const;   ///< ATTUNE_SESSION_MINUTES
};
[[nodiscard]] const std::vector<ConfigKey>& config_keys();

/// Values as text, by key. A missing file is empty unless `required`.
[[nodiscard]] Result<std::map<std::string, std::string>> read_config(const std::filesystem::path& file, bool required);

/// Makes file and environment the defaults of the flags; call before the command line is parsed.
[[nodiscard]] Result<void> apply_config(CLI::App& app, const std::map<std::string, std::string>& values);

/// What the flag and the environment ask for, bound by what the file says: where the file forbids inference from face,
/// voice and body, nothing else allows it (kRefused).
[[nodiscard]] Result<flow::Deployment> deployment_of(const std::map<std::string, std::string>& file, const std::string& asked);

/// The file that --config or ATTUNE_CONFIG names, else the usual place. `named` = somebody asked for it.
[[nodiscard]] std::filesystem::path config_path(const std::vector<std::string>& arguments, bool& named);

}  // namespace attune::app
