// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Music for a space that has none: composes the starter pieces and scans them into the library.
#include <functional>
#include <set>

#include "core/cancel.hpp"
#include "session/space.hpp"

namespace attune::session {

using Progress = std::function<void(const char* what, std::size_t done, std::size_t total)>;

/// `progress` may be empty. Nothing if the library has tracks. Otherwise composes what is missing of DATA/starter (about a minute) and
/// scans it. Errors: kUnavailable without a soundfont, with the package to install; kCancelled; kDiskFull.
[[nodiscard]] Result<void> ensure_music(Space& space, const core::CancelToken& cancel, const Progress& progress);

/// Those of the library's tracks that are starter pieces: they may return sooner.
[[nodiscard]] Result<std::set<ContentKey>> starter_tracks(Space& space);

}  // namespace attune::session
