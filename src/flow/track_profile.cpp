// SPDX-License-Identifier: GPL-3.0-or-later
#include "flow/track_profile.hpp"

#include "core/text.hpp"

namespace attune::flow {

std::string TrackProfile::display_title() const {
    if (!tags.title.empty()) return tags.title;
    const auto slash = path.find_last_of('/');
    return core::to_utf8_lossy(slash == std::string::npos ? path : path.substr(slash + 1));
}

}  // namespace attune::flow
