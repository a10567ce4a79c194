// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The two pictures of a session: the valence/arousal plane and the timeline. Inline SVG.
#include <string>

#include "session/summary.hpp"

namespace attune::report {

/// Who reads: the person or family sees ratings, music and words; the professional sees everything.
enum class Audience { kPerson, kProfessional };

/// Planned path (expected music), the listener's ratings and, for the professional, the estimated path
/// with 90 % ellipses. Stretches without any evidence are dashed and never called felt.
[[nodiscard]] std::string plane(const session::Summary& summary, Audience audience);

/// Over the session's minutes: ratings and estimate with its 90 % band (professional), the items,
/// loudness and tempo as played, and the quality of each source.
[[nodiscard]] std::string timeline(const session::Summary& summary, Audience audience);

}  // namespace attune::report
