// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How a running session gets at what library knows of one track: by key, kept as long as it is used.
#include <functional>
#include <memory>

#include "flow/track_profile.hpp"

namespace attune::session {

using ProfilePtr = std::shared_ptr<const flow::TrackProfile>;   ///< shared: player and reports hold it
/// Null if the track is not known (any more). Called outside of real-time threads; may read a database.
using ProfileLookup = std::function<ProfilePtr(const ContentKey&)>;

}  // namespace attune::session
