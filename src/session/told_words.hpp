// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a person types or presses while a session runs, as a command or a rating.
///
///   rate V,A | like L | hold | go-on | back | skip | softer | slower | faster | pause | resume | stop | unsafe
///   silence | keep-going | quieter | yes | no | next TRACK | step V,A | level DB | lock | unlock | block TRACK or artist:NAME
///   withdraw SOURCE
///
/// Errors   kBadArgument naming the word (with the nearest one) or the value and its range
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "session/event.hpp"

namespace attune::session {

struct Speaker {
    std::string actor = "local";
    flow::Role role = flow::Role::kListener;
};

/// A track is given by its content key in hex. The times are set when the session hears of it.
[[nodiscard]] Result<Payload> parse_told(std::span<const std::string> words, const Speaker& speaker);

/// Every first word, in the order of the help.
[[nodiscard]] std::vector<std::string_view> told_words();

/// "listener", "therapist", "owner", "researcher".
[[nodiscard]] Result<flow::Role> parse_role(std::string_view name);

/// VALENCE,AROUSAL with both from -1 to 1.
[[nodiscard]] Result<flow::Va> parse_point(std::string_view text);

/// The word that a key of the terminal stands for: h hold, g go-on, b back, s skip, - softer, p or space pause and
/// resume by turns, m silence, k keep-going, y yes, n no, u unsafe, q stop. Empty = the key means nothing.
[[nodiscard]] std::string_view word_of_key(char key, bool paused) noexcept;
inline constexpr std::string_view kKeysHelp =
    "keys: h hold  g go on  b back  s skip  - softer  p pause  m silence  k keep going  y yes  n no  r rate  u I don't feel safe  q stop";

}  // namespace attune::session
