// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a person says about themselves or a track. Nothing outranks it.
#include <optional>
#include <string>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "flow/affect.hpp"

namespace attune::flow {

enum class RatingKind {
    kFelt,      ///< `value`: how I feel, both dimensions
    kLiking,    ///< `liking`: of `track`, in [-1, 1]
    kVas,       ///< `vas`: 0..100 on the named `scale`
};

struct Rating {
    Time t;
    RatingKind kind = RatingKind::kFelt;
    std::optional<Va> value;
    std::optional<double> liking;
    std::optional<double> vas;
    std::string scale;                 ///< name of the VAS
    bool touched = true;               ///< an untouched slider is no answer; then the rest is empty
    bool blind = true;                 ///< given before any estimate was shown
    bool prompted = false;             ///< asked for, or volunteered
    bool music_playing = false;        ///< then the fast felt part is in it too
    std::optional<ContentKey> track;
    std::string actor;                 ///< account or "local"
};

}  // namespace attune::flow
