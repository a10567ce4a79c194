// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/content_key.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "media/detail/ffmpeg_error.hpp"
#include "media/detail/ffmpeg_input.hpp"

namespace attune::media {
namespace {

constexpr std::int64_t kKeySeconds = 30;
// For packets without a time: stop after as many bytes as 30 s of 24-bit 192 kHz stereo have.
constexpr std::size_t kMaxBytes = std::size_t{30} * 192000 * 6;

}  // namespace

Result<ContentKey> content_key(const std::string& path, const core::CancelToken* cancel) {
    ATTUNE_TRY(auto input, detail::Input::open(path, AVMEDIA_TYPE_AUDIO, cancel, 0.0));
    const AVRational base = input->stream()->time_base;
    const std::int64_t end = av_rescale_q(kKeySeconds, AVRational{1, 1}, base);
    core::Blake2b hash(16);
    detail::PacketPtr packet(av_packet_alloc());
    std::optional<std::int64_t> first;
    std::size_t bytes = 0;
    while (bytes < kMaxBytes) {
        const int rc = input->read(*packet);
        if (rc == AVERROR_EXIT)
            return detail::ffmpeg_fail(rc, "making the content key was cancelled", path);
        if (rc == AVERROR(EIO)) return detail::ffmpeg_fail(rc, "cannot read the file", path);
        if (rc < 0) break;
        if (packet->dts != AV_NOPTS_VALUE) {
            if (!first) first = packet->dts;
            if (packet->dts - *first >= end) break;
        }
        hash.update(
            std::span<const std::uint8_t>(packet->data, static_cast<std::size_t>(packet->size)));
        bytes += static_cast<std::size_t>(packet->size);
        av_packet_unref(packet.get());
    }
    if (bytes == 0) return fail(ErrorCode::kCorrupt, "the file holds no sound data", path);
    const auto digest = hash.finish();
    ContentKey key;
    std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
    return key;
}

}  // namespace attune::media
