// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// An opened container and its one audio (or video) stream. Private to media.
///
/// Bytes come through our own reader: a path is always a local path (never a URL or an FFmpeg
/// protocol), playlists and manifests that would open other files are not on the list of formats,
/// and every wait (a FIFO without a writer, a stalled disk that polls) ends when the CancelToken is
/// set or the deadline is past.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace attune::media::detail {

struct PacketDeleter {
    void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct FrameDeleter {
    void operator()(AVFrame* f) const { av_frame_free(&f); }
};
struct CodecDeleter {
    void operator()(AVCodecContext* c) const { avcodec_free_context(&c); }
};
using PacketPtr = std::unique_ptr<AVPacket, PacketDeleter>;
using FramePtr = std::unique_ptr<AVFrame, FrameDeleter>;
using CodecPtr = std::unique_ptr<AVCodecContext, CodecDeleter>;

class Input {
public:
    /// `cancel` (may be null) is borrowed for the life of the input; `wait_s` bounds each wait for
    /// bytes, 0 = for ever. `type` is the kind of stream that is wanted.
    [[nodiscard]] static Result<std::unique_ptr<Input>>
    open(const std::string& path, AVMediaType type, const core::CancelToken* cancel, double wait_s);
    /// Frames of the stream's timeline as it was stored, edit lists not applied; 0 = unknown.
    [[nodiscard]] static std::int64_t stored_duration(const std::string& path);
    /// The first bytes behind ID3v2 tags, at most `most`; empty for a pipe.
    [[nodiscard]] std::vector<std::uint8_t> head(std::size_t most) const;
    ~Input();
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    [[nodiscard]] AVFormatContext* format() const { return format_; }
    [[nodiscard]] AVStream* stream() const { return stream_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Next packet of the stream; 0, or a negative AVERROR (AVERROR_EOF at the end).
    [[nodiscard]] int read(AVPacket& packet);
    /// Opens the decoder of the stream.
    [[nodiscard]] Result<CodecPtr> open_codec() const;

private:
    Input() = default;
    bool ignore_edits_ = false;
    [[nodiscard]] Result<void> open_file();
    [[nodiscard]] Result<void> open_container();
    [[nodiscard]] Result<void> choose_stream(AVMediaType type);
    [[nodiscard]] bool interrupted() const;
    static int read_bytes(void* self, std::uint8_t* to, int size);
    static std::int64_t seek_bytes(void* self, std::int64_t offset, int whence);
    static int interrupt(void* self);

    std::string path_;
    const core::CancelToken* cancel_ = nullptr;
    double wait_s_ = 0.0;
    std::optional<std::chrono::steady_clock::time_point> deadline_;  ///< of the call under way
    int fd_ = -1;
    bool pipe_ = false;
    AVIOContext* io_ = nullptr;
    AVFormatContext* format_ = nullptr;
    AVStream* stream_ = nullptr;
};

}  // namespace attune::media::detail
