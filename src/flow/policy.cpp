// SPDX-License-Identifier: GPL-3.0-or-later
#include "flow/policy.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace attune::flow {
namespace {

constexpr std::array<std::string_view, 12> kBetweenArtists = {
    ";", ",", "/", " & ", " + ", " feat. ", " feat ", " ft. ", " ft ", " with ", " x ", " vs. "};

bool is_word_char(char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z');
}

}  // namespace

bool artist_matches(std::string_view artist, std::string_view blocked_lower) {
    const std::string_view wanted = core::trim(blocked_lower);
    if (wanted.empty()) return false;
    std::string rest = core::to_lower_ascii(artist);
    if (core::trim(rest) == wanted) return true;
    for (const std::string_view mark : kBetweenArtists)
        for (auto at = rest.find(mark); at != std::string::npos; at = rest.find(mark))
            rest = rest.substr(0, at) + '\n' + rest.substr(at + mark.size());
    for (const std::string_view part : core::split(rest, '\n'))
        if (core::trim(part) == wanted) return true;
    return false;
}

bool tag_matches(std::string_view genre, std::string_view blocked_lower) {
    const std::string_view wanted = core::trim(blocked_lower);
    if (wanted.empty()) return false;
    const std::string text = core::to_lower_ascii(genre);
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
        const bool starts = at == 0 || !is_word_char(text[at - 1]);
        const std::size_t end = at + wanted.size();
        if (starts && (end == text.size() || !is_word_char(text[end]))) return true;
    }
    return false;
}

bool is_blocked(const Blocks& blocks, const ContentKey& track, std::string_view artist,
                std::string_view genre) {
    if (blocks.tracks.contains(track)) return true;
    for (const std::string& name : blocks.artists)
        if (artist_matches(artist, name)) return true;
    for (const std::string& tag : blocks.tags)
        if (tag_matches(genre, tag)) return true;
    return false;
}

}  // namespace attune::flow
