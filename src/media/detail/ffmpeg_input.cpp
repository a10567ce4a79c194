// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/detail/ffmpeg_input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <span>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "media/detail/ffmpeg_error.hpp"
#include "media/encoder_delay.hpp"

namespace attune::media::detail {
namespace {

constexpr int kIoBytes = 32 * 1024;
constexpr int kPollMs = 20;
constexpr std::int64_t kProbeBytes = 2 << 20;

// Single-file formats only: nothing here opens a second file or a network address.
constexpr const char* kFormats =
    "mp3,flac,ogg,mov,mp4,m4a,3gp,3g2,mj2,wav,w64,rf64,aiff,wv,ape,tta,mpc,mpc8,aac,ac3,eac3,dts,"
    "caf,au,asf,"
    "matroska,webm,avi,mpeg,mpegts,flv,mjpeg,image2,png_pipe,jpeg_pipe,bmp_pipe,webp_pipe,dsf,iff";

}  // namespace

Result<std::unique_ptr<Input>> Input::open(const std::string& path, AVMediaType type,
                                           const core::CancelToken* cancel, double wait_s) {
    quiet_ffmpeg();
    std::unique_ptr<Input> input(new Input);
    input->path_ = path;
    input->cancel_ = cancel;
    input->wait_s_ = wait_s;
    ATTUNE_CHECK(input->open_file());
    ATTUNE_CHECK(input->open_container());
    ATTUNE_CHECK(input->choose_stream(type));
    return input;
}

std::int64_t Input::stored_duration(const std::string& path) {
    Input input;
    input.path_ = path;
    input.ignore_edits_ = true;
    if (!input.open_file() || !input.open_container() || !input.choose_stream(AVMEDIA_TYPE_AUDIO))
        return 0;
    const AVStream* st = input.stream_;
    if (st->duration == AV_NOPTS_VALUE) return 0;
    return av_rescale_q(st->duration, st->time_base,
                        AVRational{1, std::max(1, st->codecpar->sample_rate)});
}

std::vector<std::uint8_t> Input::head(std::size_t most) const {
    std::vector<std::uint8_t> bytes(most);
    if (pipe_) return {};
    off_t at = 0;
    ssize_t n = 0;
    for (int tags = 0; tags < 4; ++tags) {
        n = ::pread(fd_, bytes.data(), most, at);
        if (n <= 0) return {};
        const std::uint64_t tag = id3v2_size(std::span(bytes).first(static_cast<std::size_t>(n)));
        if (tag == 0) break;
        at += static_cast<off_t>(tag);
    }
    bytes.resize(static_cast<std::size_t>(n));
    return bytes;
}

Input::~Input() {
    if (format_ != nullptr) avformat_close_input(&format_);
    if (io_ != nullptr) {
        av_freep(&io_->buffer);
        avio_context_free(&io_);
    }
    if (fd_ >= 0) ::close(fd_);
}

Result<void> Input::open_file() {
    // O_NONBLOCK: opening a FIFO that nobody writes must not hang.
    fd_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd_ < 0) {
        const int e = errno;
        return fail(e == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                    std::string("cannot open the file: ") + std::strerror(e), path_);
    }
    struct stat st {};
    if (::fstat(fd_, &st) != 0) return fail(ErrorCode::kIo, std::strerror(errno), path_);
    if (S_ISDIR(st.st_mode))
        return fail(ErrorCode::kBadArgument, "this is a folder, not a file", path_);
    if (S_ISREG(st.st_mode) && st.st_size == 0)
        return fail(ErrorCode::kCorrupt, "the file is empty (0 bytes)", path_);
    pipe_ = !S_ISREG(st.st_mode);
    return {};
}

Result<void> Input::open_container() {
    format_ = avformat_alloc_context();
    auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBytes));
    if (format_ == nullptr || buffer == nullptr)
        return fail(ErrorCode::kInternal, "out of memory", path_);
    io_ = avio_alloc_context(buffer, kIoBytes, 0, this, &Input::read_bytes, nullptr,
                             pipe_ ? nullptr : &Input::seek_bytes);
    if (io_ == nullptr) {
        av_free(buffer);
        return fail(ErrorCode::kInternal, "out of memory", path_);
    }
    format_->pb = io_;
    format_->flags |= AVFMT_FLAG_CUSTOM_IO;
    format_->interrupt_callback = {&Input::interrupt, this};
    format_->probesize = kProbeBytes;
    format_->format_whitelist = av_strdup(kFormats);
    format_->protocol_whitelist = av_strdup("none");
    if (wait_s_ > 0)
        deadline_ =
            std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                   std::chrono::duration<double>(wait_s_));
    // The name helps the probe of formats without a magic number; nothing is opened by it.
    AVDictionary* options = nullptr;
    if (ignore_edits_) av_dict_set(&options, "ignore_editlist", "1", 0);
    int rc = avformat_open_input(&format_, path_.c_str(), nullptr, &options);
    av_dict_free(&options);
    if (rc == 0) rc = avformat_find_stream_info(format_, nullptr);
    const bool late = deadline_ && std::chrono::steady_clock::now() >= *deadline_;
    deadline_.reset();
    if (rc >= 0) return {};
    if (cancel_ != nullptr && cancel_->cancelled())
        return ffmpeg_fail(AVERROR_EXIT, "opening was cancelled", path_);
    if (late) return ffmpeg_fail(AVERROR(ETIMEDOUT), "the file gave no data in time", path_);
    if (rc == AVERROR_INVALIDDATA || rc == AVERROR_EOF || rc == AVERROR(EINVAL))
        return fail(ErrorCode::kCorrupt,
                    "neither sound nor video that can be read, or its header is damaged", path_);
    return ffmpeg_fail(rc, "cannot read the file", path_);
}

Result<void> Input::choose_stream(AVMediaType type) {
    const int index = av_find_best_stream(format_, type, -1, -1, nullptr, 0);
    if (index < 0) {
        const char* kind = type == AVMEDIA_TYPE_AUDIO ? "sound" : "pictures";
        return fail(ErrorCode::kUnsupported,
                    std::string("the file holds no ") + kind + " that can be decoded", path_);
    }
    stream_ = format_->streams[index];
    for (unsigned i = 0; i < format_->nb_streams; ++i)
        if (static_cast<int>(i) != index) format_->streams[i]->discard = AVDISCARD_ALL;
    constexpr unsigned kDrms = MKTAG('d', 'r', 'm', 's');
    constexpr unsigned kEnca = MKTAG('e', 'n', 'c', 'a');
    const unsigned tag = stream_->codecpar->codec_tag;
    std::size_t size = 0;
    const bool sealed =
        av_stream_get_side_data(stream_, AV_PKT_DATA_ENCRYPTION_INIT_INFO, &size) != nullptr;
    if (tag == kDrms || tag == kEnca || sealed)
        return fail(ErrorCode::kUnsupported,
                    "the file is protected (DRM) and cannot be played here", path_);
    return {};
}

Result<CodecPtr> Input::open_codec() const {
    const AVCodec* decoder = avcodec_find_decoder(stream_->codecpar->codec_id);
    if (decoder == nullptr)
        return fail(ErrorCode::kUnsupported,
                    std::string("no decoder for ") + avcodec_get_name(stream_->codecpar->codec_id),
                    path_);
    CodecPtr codec(avcodec_alloc_context3(decoder));
    if (!codec) return fail(ErrorCode::kInternal, "out of memory", path_);
    int rc = avcodec_parameters_to_context(codec.get(), stream_->codecpar);
    codec->pkt_timebase = stream_->time_base;
    codec->thread_count = 1;
    codec->request_sample_fmt = AV_SAMPLE_FMT_FLTP;
    if (rc >= 0) rc = avcodec_open2(codec.get(), decoder, nullptr);
    if (rc < 0) return ffmpeg_fail(rc, "cannot start the decoder", path_);
    return codec;
}

int Input::read(AVPacket& packet) {
    if (wait_s_ > 0)
        deadline_ =
            std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                   std::chrono::duration<double>(wait_s_));
    int rc = 0;
    for (;;) {
        rc = av_read_frame(format_, &packet);
        if (rc < 0 || packet.stream_index == stream_->index) break;
        av_packet_unref(&packet);
    }
    if (rc < 0 && interrupted())
        rc = cancel_ != nullptr && cancel_->cancelled() ? AVERROR_EXIT : AVERROR(ETIMEDOUT);
    deadline_.reset();
    return rc;
}

bool Input::interrupted() const {
    return (cancel_ != nullptr && cancel_->cancelled()) ||
           (deadline_ && std::chrono::steady_clock::now() >= *deadline_);
}

int Input::interrupt(void* self) { return static_cast<Input*>(self)->interrupted() ? 1 : 0; }

int Input::read_bytes(void* self, std::uint8_t* to, int size) {
    auto& in = *static_cast<Input*>(self);
    bool seen_writer = false;
    for (;;) {
        if (in.interrupted()) return AVERROR_EXIT;
        const ssize_t n = ::read(in.fd_, to, static_cast<std::size_t>(size));
        if (n > 0) return static_cast<int>(n);
        if (n == 0 && (!in.pipe_ || seen_writer || avio_tell(in.io_) > 0)) return AVERROR_EOF;
        if (n < 0 && errno == EAGAIN)
            seen_writer = true;
        else if (n < 0 && errno != EINTR)
            return AVERROR(errno);
        pollfd p{in.fd_, POLLIN, 0};
        if (::poll(&p, 1, kPollMs) > 0 && (p.revents & POLLHUP) != 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));  // no writer yet
    }
}

std::int64_t Input::seek_bytes(void* self, std::int64_t offset, int whence) {
    auto& in = *static_cast<Input*>(self);
    if (whence == AVSEEK_SIZE) {
        struct stat st {};
        return ::fstat(in.fd_, &st) == 0 ? st.st_size : AVERROR(errno);
    }
    const off_t at = ::lseek(in.fd_, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

}  // namespace attune::media::detail
