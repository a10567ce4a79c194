// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a file says about itself: tags and the embedded picture, through TagLib.
///
/// Threads  any
/// Errors   kCorrupt: a file that TagLib cannot read. Broken text becomes well-formed UTF-8
#include <string>
#include <vector>

#include "core/result.hpp"
#include "flow/track_profile.hpp"

namespace attune::library {

/// A track whose file says "explicit" (ITUNESADVISORY = 1 or 4, MP4 rtng = 1 or 4) has the word in its genre, so that
/// whoever blocks the tag "explicit" blocks it in plan, choice and player alike.
[[nodiscard]] Result<flow::Tags> read_tags(const std::string& path);

/// "Rap" to "Rap, explicit"; what says so already stays as it is.
[[nodiscard]] std::string with_advisory(std::string_view genre);
[[nodiscard]] bool has_advisory(std::string_view genre);
/// The genre alone, as models and lists of genres know it.
[[nodiscard]] std::string without_advisory(std::string_view genre);

struct Picture {
    std::string mime;                 ///< "image/jpeg"
    std::vector<std::uint8_t> bytes;  ///< as embedded, at most 16 MB
};
/// The front cover, else the first picture; kNotFound without one.
[[nodiscard]] Result<Picture> read_picture(const std::string& path);

/// Year of "1997", "1997-05-12", "May 1997"; nullopt outside 1000..2999.
[[nodiscard]] std::optional<int> parse_year(std::string_view text);

}  // namespace attune::library
