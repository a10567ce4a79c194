// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/flac_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
}

#include "core/units.hpp"
#include "media/detail/ffmpeg_error.hpp"
#include "media/detail/ffmpeg_input.hpp"

namespace attune::media {
namespace {

constexpr double kFullScale = 8388607.0;  // 24 bit

std::int32_t to_fixed(float x) {
    const double clipped = std::clamp(static_cast<double>(x), -1.0, 1.0);
    return static_cast<std::int32_t>(std::lround(clipped * kFullScale)) * 256;  // in the upper bits of 32
}

class FlacFile {
public:
    ~FlacFile() {
        if (format_ != nullptr) {
            if (format_->pb != nullptr) avio_closep(&format_->pb);
            avformat_free_context(format_);
        }
    }

    Result<void> open(const std::string& path, const FlacTags& tags) {
        path_ = path;
        ATTUNE_CHECK(ok(avformat_alloc_output_context2(&format_, nullptr, "flac", path.c_str()), "no FLAC container"));
        const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_FLAC);
        if (codec == nullptr) return fail(ErrorCode::kUnavailable, "this FFmpeg has no FLAC encoder");
        codec_.reset(avcodec_alloc_context3(codec));
        codec_->sample_fmt = AV_SAMPLE_FMT_S32;
        codec_->bits_per_raw_sample = 24;
        codec_->sample_rate = kEngineRate.hz;
        codec_->flags |= AV_CODEC_FLAG_BITEXACT;
        codec_->thread_count = 1;
        av_channel_layout_default(&codec_->ch_layout, 2);
        codec_->time_base = {1, kEngineRate.hz};
        ATTUNE_CHECK(ok(avcodec_open2(codec_.get(), codec, nullptr), "the FLAC encoder did not open"));
        AVStream* stream = avformat_new_stream(format_, nullptr);
        if (stream == nullptr) return fail(ErrorCode::kInternal, "no stream", path_);
        stream->time_base = codec_->time_base;
        ATTUNE_CHECK(ok(avcodec_parameters_from_context(stream->codecpar, codec_.get()), "no stream parameters"));
        format_->flags |= AVFMT_FLAG_BITEXACT;
        for (const auto& [key, value] : tags) av_dict_set(&format_->metadata, key.c_str(), value.c_str(), 0);
        ATTUNE_CHECK(ok(avio_open(&format_->pb, path.c_str(), AVIO_FLAG_WRITE), "cannot write"));
        return ok(avformat_write_header(format_, nullptr), "cannot write");
    }

    Result<void> write(std::span<const float> left, std::span<const float> right) {
        const auto block = static_cast<std::size_t>(codec_->frame_size);
        for (std::size_t at = 0; at < left.size(); at += block) {
            const auto n = std::min(block, left.size() - at);
            detail::FramePtr frame(av_frame_alloc());
            frame->format = codec_->sample_fmt;
            frame->nb_samples = static_cast<int>(n);
            frame->sample_rate = codec_->sample_rate;
            frame->pts = static_cast<std::int64_t>(at);
            av_channel_layout_copy(&frame->ch_layout, &codec_->ch_layout);
            ATTUNE_CHECK(ok(av_frame_get_buffer(frame.get(), 0), "no memory for a frame"));
            auto* out = reinterpret_cast<std::int32_t*>(frame->data[0]);
            for (std::size_t i = 0; i < n; ++i) {
                out[2 * i] = to_fixed(left[at + i]);
                out[2 * i + 1] = to_fixed(right[at + i]);
            }
            ATTUNE_CHECK(send(frame.get()));
        }
        ATTUNE_CHECK(send(nullptr));
        return ok(av_write_trailer(format_), "cannot finish");
    }

private:
    [[nodiscard]] Result<void> ok(int status, const char* what) const {
        if (status >= 0) return {};
        return detail::ffmpeg_fail(status, what, path_);
    }

    Result<void> send(const AVFrame* frame) {
        ATTUNE_CHECK(ok(avcodec_send_frame(codec_.get(), frame), "cannot encode"));
        for (;;) {
            detail::PacketPtr packet(av_packet_alloc());
            const int status = avcodec_receive_packet(codec_.get(), packet.get());
            if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return {};
            ATTUNE_CHECK(ok(status, "cannot encode"));
            packet->stream_index = 0;
            ATTUNE_CHECK(ok(av_interleaved_write_frame(format_, packet.get()), "cannot write"));
        }
    }

    std::string path_;
    AVFormatContext* format_ = nullptr;
    detail::CodecPtr codec_;
};

}  // namespace

Result<void> write_flac(const std::filesystem::path& file, std::span<const float> left, std::span<const float> right,
                        const FlacTags& tags) {
    if (left.size() != right.size() || left.empty())
        return fail(ErrorCode::kBadArgument, "left has " + std::to_string(left.size()) + " frames and right " +
                                                 std::to_string(right.size()) + "; both must have the same, at least 1");
    detail::quiet_ffmpeg();
    std::error_code error;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
    auto part = file;
    part += ".part";
    {
        FlacFile flac;
        ATTUNE_CHECK(flac.open(part.string(), tags));
        ATTUNE_CHECK(flac.write(left, right));
    }
    std::filesystem::rename(part, file, error);
    if (error) return fail(ErrorCode::kIo, "cannot rename over the target: " + error.message(), file.string());
    return {};
}

}  // namespace attune::media
