// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The first two minutes with a listener: what they love, never want, and what carries memories. And the plans
/// that a person or a therapist makes by hand.
///
/// A choice is a track's content key in hex, "artist:NAME", or (never only) "tag:NAME"; case does not matter.
/// Errors   kBadArgument naming the choice; kNotFound if no track of the library is meant; those of care::People
#include <span>
#include <string>
#include <vector>

#include "care/people.hpp"
#include "flow/library_view.hpp"

namespace attune::session {

struct Onboarding {
    std::vector<std::string> love, never;
    std::vector<std::string> allow;   ///< what was never to play may again
    care::BlockedBy by;               ///< who says so; the time is filled in
    std::vector<std::pair<std::string, flow::Memory>> memories;   ///< kNone takes a mark back
};

/// Loved: familiar from now on, and the first that the liking model knows. Never: blocked. Memories: asked
/// first, only with somebody, or never. Adds to what stands; only `allow` and a memory of "none" take back
/// (kNotFound: an allowed choice that was not forbidden; kRefused: it was forbidden by a therapist).
[[nodiscard]] Result<void> onboard(care::People& people, const flow::LibraryView& view, const Id& person,
                                   const Onboarding& wishes);

[[nodiscard]] Result<flow::Memory> parse_memory(std::string_view name);   ///< "ask", "only-with-me", "never", "none"

/// Keeps a hand-made plan under a name of 1 to 60 characters; an empty one erases it.
[[nodiscard]] Result<void> keep_plan(care::People& people, const Id& person, const std::string& name,
                                     std::span<const ContentKey> tracks);
[[nodiscard]] Result<std::vector<ContentKey>> kept_plan(care::People& people, const Id& person, const std::string& name);
/// The names of all plans that hold a track, sorted.
[[nodiscard]] Result<std::vector<std::string>> kept_plans(store::Connection& connection, care::People& people, const Id& person);

}  // namespace attune::session
