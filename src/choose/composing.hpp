// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// When a plan has composed items instead of tracks.
///
/// Errors   parse_composing(): kBadArgument names the three words
#include <string_view>

#include "choose/limits.hpp"
#include "core/result.hpp"
#include "flow/plan.hpp"

namespace attune::choose {

enum class Composing { kNever, kWhenNothingFits, kAlways };
/// "never", "gaps", "always".
[[nodiscard]] const char* to_string(Composing composing) noexcept;
[[nodiscard]] Result<Composing> parse_composing(std::string_view name);

/// A track farther than this from its waypoint does not fit; chosen: the radius of the match.
inline constexpr double kNearEnough = .35;
/// Length of one composed item [s]; the last takes up to half as much again. Chosen: then style and key change.
inline constexpr double kComposedItemS = 240.0;

/// Composed music is what it was asked to be: the same point from end to end. Its tempo and loudness are the composer's and
/// count as unknown here.
[[nodiscard]] Edges composed_edges(const flow::Va& at) noexcept;

/// How long a composed item is where `left_s` are left.
[[nodiscard]] double composed_seconds(double left_s) noexcept;

}  // namespace attune::choose
