// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/detail/ffmpeg_error.hpp"

#include <array>
#include <mutex>

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

namespace attune::media::detail {
namespace {

ErrorCode code_of(int averror) {
    switch (averror) {
    case AVERROR_INVALIDDATA:
    case AVERROR_EOF: return ErrorCode::kCorrupt;
    case AVERROR_EXIT: return ErrorCode::kCancelled;
    case AVERROR(ETIMEDOUT): return ErrorCode::kTimeout;
    case AVERROR(ENOENT): return ErrorCode::kNotFound;
    case AVERROR(ENOSPC): return ErrorCode::kDiskFull;
    case AVERROR(EINVAL):
    case AVERROR_PATCHWELCOME:
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND: return ErrorCode::kUnsupported;
    default: return ErrorCode::kIo;
    }
}

}  // namespace

tl::unexpected<Error> ffmpeg_fail(int averror, const std::string& what, const std::string& where) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(averror, text.data(), text.size());
    return fail(code_of(averror), what + ": " + text.data(), where);
}

void quiet_ffmpeg() {
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

}  // namespace attune::media::detail
