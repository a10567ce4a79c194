// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The catalogue of sentences, one file a language, shared by pages, reports and command line.
///
/// share/strings/en.json is nested JSON; "reason.liked_artist" is {"reason": {"liked_artist": "..."}}.
/// {name} in a sentence is filled in from named arguments; a name that is not given stays as it is.
/// Threads  const calls from any thread
/// Errors   load(): kNotFound, kCorrupt with the place
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::core {

class Strings {
public:
    using Args = std::map<std::string, std::string>;

    [[nodiscard]] static Result<Strings> load(const std::filesystem::path& file);
    /// The installed catalogue of a language ("en").
    [[nodiscard]] static Result<Strings> installed(std::string_view language = "en");
    [[nodiscard]] static Result<Strings> parse(std::string_view json, std::string_view name);

    [[nodiscard]] bool has(std::string_view key) const;
    /// The sentence with its arguments; the key itself where the catalogue has none, so that a gap shows.
    [[nodiscard]] std::string get(std::string_view key, const Args& args = {}) const;
    /// All keys, sorted.
    [[nodiscard]] std::vector<std::string> keys() const;

private:
    std::map<std::string, std::string, std::less<>> sentences_;
};

}  // namespace attune::core
