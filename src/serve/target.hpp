// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads the target of a request ("/a/b%20c?x=1"): outside bytes, so strict.
#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace attune::serve {

inline constexpr std::size_t kMaxTargetBytes = 4096;
inline constexpr std::size_t kMaxQueryPairs = 64;

struct Target {
    std::string path;  ///< decoded; no "//", "." or ".." in it; begins with '/'
    std::map<std::string, std::string> query;  ///< decoded; the first of equal names wins
};

/// Origin form only. kBadArgument for anything else: longer than kMaxTargetBytes, a broken or
/// overlong escape, a control character, a backslash, an encoded slash, a segment "." or "..", an
/// empty segment inside the path, a fragment, bytes that are not UTF-8.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

/// "%41+b" to "Ab" with '+' as a space where `plus_is_space`; kBadArgument on a broken escape.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace attune::serve
