// SPDX-License-Identifier: GPL-3.0-or-later
// One case a kind. A recogniser that cannot be made says why: nothing is ever put in its place.
#include "affect/recognisers.hpp"

namespace attune::affect {

Result<std::unique_ptr<Recogniser>> make_recogniser(flow::SourceKind kind, const std::string& source,
                                                    const std::filesystem::path&) {
    switch (kind) {
        case flow::SourceKind::kFace:
        case flow::SourceKind::kVoice:
        case flow::SourceKind::kBody:
        case flow::SourceKind::kHeart:
        case flow::SourceKind::kEeg: break;
    }
    return fail(ErrorCode::kUnavailable, std::string("this build has no recogniser for ") + flow::to_string(kind), source);
}

}  // namespace attune::affect
