// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/video.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media/detail/camera.hpp"
#include "media/detail/ffmpeg_error.hpp"
#include "media/detail/ffmpeg_input.hpp"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
}

namespace attune::media {
namespace {

constexpr int kMaxSide = 16384;

struct SwsDeleter {
    void operator()(SwsContext* s) const { sws_freeContext(s); }
};

/// Quarter turns clockwise that bring the stream upright, 0..3.
int quarter_turns(const AVStream* st) {
    std::size_t size = 0;
    const std::uint8_t* matrix = av_stream_get_side_data(st, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (matrix == nullptr || size < 9 * sizeof(std::int32_t)) return 0;
    std::int32_t m[9];
    std::memcpy(m, matrix, sizeof m);
    const double degrees = -av_display_rotation_get(m);
    if (!std::isfinite(degrees)) return 0;
    return ((static_cast<int>(std::lround(degrees / 90.0)) % 4) + 4) % 4;
}

/// Turned clockwise by a quarter.
Picture turned(const Picture& p) {
    Picture out{p.height, p.width, p.t_s, std::vector<std::uint8_t>(p.rgb.size())};
    for (int y = 0; y < p.height; ++y)
        for (int x = 0; x < p.width; ++x) {
            const std::size_t from =
                (static_cast<std::size_t>(y) * static_cast<std::size_t>(p.width) +
                 static_cast<std::size_t>(x)) *
                3;
            const std::size_t to =
                (static_cast<std::size_t>(x) * static_cast<std::size_t>(out.width) +
                 static_cast<std::size_t>(out.width - 1 - y)) *
                3;
            std::copy_n(p.rgb.data() + from, 3, out.rgb.data() + to);
        }
    return out;
}

/// Converts whatever FFmpeg decodes into RGB24.
class Converter {
public:
    Result<Picture> convert(const AVFrame& f, int max_width, const std::string& where) {
        if (f.width < 1 || f.height < 1 || f.width > kMaxSide || f.height > kMaxSide)
            return fail(ErrorCode::kCorrupt,
                        "picture of " + std::to_string(f.width) + "x" + std::to_string(f.height) +
                            "; 1..16384 are read",
                        where);
        int w = f.width, h = f.height;
        if (max_width > 0 && w > max_width) {
            h = std::max(1, static_cast<int>(std::lround(static_cast<double>(h) * max_width / w)));
            w = max_width;
        }
        SwsContext* raw = sws_getCachedContext(
            sws_.release(), f.width, f.height, static_cast<AVPixelFormat>(f.format), w, h,
            AV_PIX_FMT_RGB24, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
        if (raw == nullptr)
            return fail(ErrorCode::kUnsupported, "this kind of pixels cannot be converted", where);
        sws_.reset(raw);
        // swscale may write a little past a row: rows are padded, then packed.
        const int stride = (3 * w + 63) / 64 * 64;
        padded_.resize(static_cast<std::size_t>(stride) * static_cast<std::size_t>(h) + 64);
        std::uint8_t* to[1] = {padded_.data()};
        const int strides[1] = {stride};
        sws_scale(raw, f.data, f.linesize, 0, f.height, to, strides);
        Picture p{w, h, 0.0,
                  std::vector<std::uint8_t>(static_cast<std::size_t>(3 * w) *
                                            static_cast<std::size_t>(h))};
        for (int y = 0; y < h; ++y)
            std::copy_n(
                padded_.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(stride),
                3 * w,
                p.rgb.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(3 * w));
        return p;
    }

private:
    std::unique_ptr<SwsContext, SwsDeleter> sws_;
    std::vector<std::uint8_t> padded_;
};

}  // namespace

struct VideoReader::State {
    std::unique_ptr<detail::Camera> camera;
    std::unique_ptr<detail::Input> input;
    detail::CodecPtr codec;
    detail::PacketPtr packet{av_packet_alloc()};
    detail::FramePtr frame{av_frame_alloc()};
    Converter converter;
    VideoOptions options;
    VideoInfo info;
    std::optional<Picture> ready;
    std::optional<double> first_s;
    int turns = 0, errors = 0;
    bool sent_eof = false;
    std::int64_t count = 0;

    [[nodiscard]] std::string where() const { return camera ? camera->name() : input->path(); }
    [[nodiscard]] double time_of_frame() const;
    [[nodiscard]] Result<bool> feed();
    [[nodiscard]] Result<std::optional<Picture>> decode();
};

double VideoReader::State::time_of_frame() const {
    if (camera) return camera->frame_time_s();
    const std::int64_t pts = frame->best_effort_timestamp;
    if (pts != AV_NOPTS_VALUE) return static_cast<double>(pts) * av_q2d(input->stream()->time_base);
    return static_cast<double>(count) / info.frames_per_s.value_or(25.0);
}

/// Gives the codec one packet; false at the end.
Result<bool> VideoReader::State::feed() {
    if (sent_eof) return false;
    if (camera) {
        ATTUNE_CHECK(camera->read(*packet, options.cancel, options.wait_s));
    } else {
        const int rc = input->read(*packet);
        if (rc == AVERROR_EXIT || rc == AVERROR(ETIMEDOUT))
            return detail::ffmpeg_fail(rc, "reading was interrupted", where());
        if (rc < 0) {
            sent_eof = true;
            avcodec_send_packet(codec.get(), nullptr);
            return true;
        }
    }
    const int rc = avcodec_send_packet(codec.get(), packet.get());
    av_packet_unref(packet.get());
    if (rc < 0 && rc != AVERROR(EAGAIN) && ++errors > 100)
        return fail(ErrorCode::kCorrupt, "more than 100 pictures in a row are damaged", where());
    return true;
}

Result<std::optional<Picture>> VideoReader::State::decode() {
    for (;;) {
        const int rc = avcodec_receive_frame(codec.get(), frame.get());
        if (rc >= 0) {
            errors = 0;
            const double t = time_of_frame();
            if (!first_s) first_s = t;
            ATTUNE_TRY(Picture p, converter.convert(*frame, options.max_width, where()));
            av_frame_unref(frame.get());
            for (int k = 0; k < turns; ++k) p = turned(p);
            p.t_s = t - *first_s;
            ++count;
            return std::optional<Picture>(std::move(p));
        }
        if (rc == AVERROR_EOF) return std::optional<Picture>{};
        ATTUNE_TRY(const bool more, feed());
        if (!more && rc != AVERROR(EAGAIN)) return std::optional<Picture>{};
    }
}

VideoReader::VideoReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
VideoReader::~VideoReader() = default;
const VideoInfo& VideoReader::info() const { return state_->info; }

Result<std::unique_ptr<VideoReader>> VideoReader::open(const std::string& source,
                                                       const VideoOptions& options) {
    auto s = std::make_unique<State>();
    s->options = options;
    if (const auto device = detail::camera_device(source)) {
        detail::quiet_ffmpeg();
        ATTUNE_TRY(s->camera, detail::Camera::open(*device));
        ATTUNE_TRY(s->codec, s->camera->open_codec());
        s->info.camera = true;
        s->info.frames_per_s = s->camera->frames_per_s();
    } else {
        ATTUNE_TRY(s->input,
                   detail::Input::open(source, AVMEDIA_TYPE_VIDEO, options.cancel, options.wait_s));
        ATTUNE_TRY(s->codec, s->input->open_codec());
        const AVStream* st = s->input->stream();
        s->turns = quarter_turns(st);
        if (st->avg_frame_rate.num > 0) s->info.frames_per_s = av_q2d(st->avg_frame_rate);
        if (s->input->format()->duration > 0)
            s->info.duration_s = static_cast<double>(s->input->format()->duration) / AV_TIME_BASE;
        // Of a file that was cut off some formats tell the length of what is left, but the pictures that there were.
        if (st->nb_frames > 0 && s->info.frames_per_s)
            s->info.duration_s = std::max(s->info.duration_s.value_or(0.0), static_cast<double>(st->nb_frames) / *s->info.frames_per_s);
    }
    s->info.codec = avcodec_get_name(s->codec->codec_id);
    auto first = s->decode();
    if (!first) return tl::unexpected<Error>(std::move(first).error());
    if (!*first) return fail(ErrorCode::kCorrupt, "no picture can be decoded", source);
    s->info.width = (*first)->width;
    s->info.height = (*first)->height;
    s->ready = **std::move(first);
    return std::unique_ptr<VideoReader>(new VideoReader(std::move(s)));
}

Result<std::optional<Picture>> VideoReader::next() {
    if (state_->ready) {
        std::optional<Picture> p = std::move(state_->ready);
        state_->ready.reset();
        return p;
    }
    return state_->decode();
}

std::vector<std::uint8_t> to_grey(const Picture& p) {
    std::vector<std::uint8_t> grey(p.rgb.size() / 3);
    for (std::size_t k = 0; k < grey.size(); ++k)
        grey[k] = static_cast<std::uint8_t>(
            (299 * p.rgb[3 * k] + 587 * p.rgb[3 * k + 1] + 114 * p.rgb[3 * k + 2] + 500) / 1000);
    return grey;
}

namespace {

AVCodecID picture_codec(const std::vector<std::uint8_t>& b) {
    const auto starts = [&](std::initializer_list<int> magic, std::size_t at = 0) {
        if (b.size() < at + magic.size()) return false;
        return std::equal(magic.begin(), magic.end(), b.begin() + static_cast<std::ptrdiff_t>(at),
                          [](int m, std::uint8_t x) { return m == x; });
    };
    if (starts({0xFF, 0xD8, 0xFF})) return AV_CODEC_ID_MJPEG;
    if (starts({0x89, 'P', 'N', 'G'})) return AV_CODEC_ID_PNG;
    if (starts({'B', 'M'})) return AV_CODEC_ID_BMP;
    if (starts({'R', 'I', 'F', 'F'}) && starts({'W', 'E', 'B', 'P'}, 8)) return AV_CODEC_ID_WEBP;
    return AV_CODEC_ID_NONE;
}

}  // namespace

Result<Picture> decode_picture(const std::vector<std::uint8_t>& bytes) {
    detail::quiet_ffmpeg();
    const AVCodecID id = picture_codec(bytes);
    const AVCodec* decoder = id == AV_CODEC_ID_NONE ? nullptr : avcodec_find_decoder(id);
    if (decoder == nullptr)
        return fail(ErrorCode::kUnsupported, "not a JPEG, PNG, BMP or WebP picture");
    detail::CodecPtr codec(avcodec_alloc_context3(decoder));
    codec->thread_count = 1;
    codec->max_pixels = std::int64_t{8192} * 8192;
    detail::PacketPtr packet(av_packet_alloc());
    if (av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0)
        return fail(ErrorCode::kInternal, "out of memory");
    std::copy(bytes.begin(), bytes.end(), packet->data);
    detail::FramePtr frame(av_frame_alloc());
    int rc = avcodec_open2(codec.get(), decoder, nullptr);
    if (rc >= 0) rc = avcodec_send_packet(codec.get(), packet.get());
    if (rc >= 0) avcodec_send_packet(codec.get(), nullptr);
    if (rc >= 0) rc = avcodec_receive_frame(codec.get(), frame.get());
    if (rc < 0) return detail::ffmpeg_fail(rc, "the picture cannot be decoded", "");
    Converter converter;
    return converter.convert(*frame, 0, "picture");
}

}  // namespace attune::media
