// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/result.hpp"

namespace attune {

const char* to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kBadArgument: return "bad_argument";
        case ErrorCode::kNotFound: return "not_found";
        case ErrorCode::kUnavailable: return "unavailable";
        case ErrorCode::kUnsupported: return "unsupported";
        case ErrorCode::kCorrupt: return "corrupt";
        case ErrorCode::kIo: return "io";
        case ErrorCode::kDiskFull: return "disk_full";
        case ErrorCode::kBusy: return "busy";
        case ErrorCode::kVersion: return "version";
        case ErrorCode::kRefused: return "refused";
        case ErrorCode::kCancelled: return "cancelled";
        case ErrorCode::kTimeout: return "timeout";
        case ErrorCode::kInternal: return "internal";
    }
    return "internal";
}

std::string Error::describe() const {
    return context.empty() ? message : message + " (" + context + ")";
}

tl::unexpected<Error> fail_in(Error error, std::string_view where) {
    error.context = error.context.empty() ? std::string(where)
                                          : std::string(where) + ": " + error.context;
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace attune
