// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The one translation from FFmpeg's numbers to our errors. Private to media.
#include <string>

#include "core/result.hpp"

namespace attune::media::detail {

/// `what` says what was tried, `where` the file; `averror` is negative.
[[nodiscard]] tl::unexpected<Error> ffmpeg_fail(int averror, const std::string& what,
                                                const std::string& where);

/// Once a process: FFmpeg keeps its opinions for the debug log.
void quiet_ffmpeg();

}  // namespace attune::media::detail
