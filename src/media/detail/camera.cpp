// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/detail/camera.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace attune::media::detail {
namespace {

constexpr unsigned kWidth = 640, kHeight = 480, kFramesPerSecond = 30;
constexpr int kPollMs = 50;

int ask(int fd, unsigned long request, void* argument) {
    int rc = 0;
    do rc = ::ioctl(fd, request, argument);
    while (rc < 0 && errno == EINTR);
    return rc;
}

tl::unexpected<Error> device_fail(const std::string& what, const std::string& device) {
    const int e = errno;
    return fail(e == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                what + ": " + std::strerror(e), device);
}

}  // namespace

std::optional<std::string> camera_device(const std::string& source) {
    if (source.starts_with("/dev/video")) return source;
    constexpr std::string_view kPrefix = "camera:";
    if (!source.starts_with(kPrefix)) return std::nullopt;
    int n = 0;
    const char* end = source.data() + source.size();
    const auto [at, ec] = std::from_chars(source.data() + kPrefix.size(), end, n);
    if (ec != std::errc{} || at != end || n < 0 || n > 255) return std::nullopt;
    return "/dev/video" + std::to_string(n);
}

Result<std::unique_ptr<Camera>> Camera::open(const std::string& device) {
    std::unique_ptr<Camera> c(new Camera);
    c->device_ = device;
    c->fd_ = ::open(device.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (c->fd_ < 0) return device_fail("cannot open the camera", device);
    v4l2_capability cap{};
    if (ask(c->fd_, VIDIOC_QUERYCAP, &cap) < 0) return device_fail("this is no camera", device);
    const unsigned can =
        (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap.device_caps : cap.capabilities;
    if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0 || (can & V4L2_CAP_STREAMING) == 0)
        return fail(ErrorCode::kUnavailable, "this device gives no pictures", device);
    ATTUNE_CHECK(c->negotiate());
    ATTUNE_CHECK(c->map_buffers());
    return c;
}

Result<void> Camera::negotiate() {
    for (const unsigned kind : {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV}) {
        v4l2_format f{};
        f.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        f.fmt.pix.width = kWidth;
        f.fmt.pix.height = kHeight;
        f.fmt.pix.pixelformat = kind;
        f.fmt.pix.field = V4L2_FIELD_ANY;
        if (ask(fd_, VIDIOC_S_FMT, &f) < 0) {
            if (errno == EBUSY) return device_fail("another program uses the camera", device_);
            continue;
        }
        if (f.fmt.pix.pixelformat != kind) continue;
        mjpeg_ = kind == V4L2_PIX_FMT_MJPEG;
        width_ = static_cast<int>(f.fmt.pix.width);
        height_ = static_cast<int>(f.fmt.pix.height);
        v4l2_streamparm p{};
        p.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        p.parm.capture.timeperframe = {1, kFramesPerSecond};
        if (ask(fd_, VIDIOC_S_PARM, &p) == 0 && p.parm.capture.timeperframe.numerator > 0)
            frames_per_s_ = static_cast<double>(p.parm.capture.timeperframe.denominator) /
                            p.parm.capture.timeperframe.numerator;
        return {};
    }
    return fail(ErrorCode::kUnsupported, "the camera gives neither MJPEG nor YUYV", device_);
}

Result<void> Camera::map_buffers() {
    v4l2_requestbuffers r{};
    r.count = kBuffers;
    r.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    r.memory = V4L2_MEMORY_MMAP;
    if (ask(fd_, VIDIOC_REQBUFS, &r) < 0)
        return device_fail("the camera lends no buffers", device_);
    for (unsigned k = 0; k < std::min(r.count, kBuffers); ++k) {
        v4l2_buffer b{};
        b.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        b.memory = V4L2_MEMORY_MMAP;
        b.index = k;
        if (ask(fd_, VIDIOC_QUERYBUF, &b) < 0)
            return device_fail("the camera lends no buffers", device_);
        void* at = ::mmap(nullptr, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd_,
                          static_cast<off_t>(b.m.offset));
        if (at == MAP_FAILED) return device_fail("the camera's buffers cannot be mapped", device_);
        buffers_[mapped_++] = {at, b.length};
        if (ask(fd_, VIDIOC_QBUF, &b) < 0)
            return device_fail("the camera takes no buffers", device_);
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (ask(fd_, VIDIOC_STREAMON, &type) < 0)
        return device_fail("the camera does not start", device_);
    streaming_ = true;
    return {};
}

Camera::~Camera() {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (streaming_) ask(fd_, VIDIOC_STREAMOFF, &type);
    for (unsigned k = 0; k < mapped_; ++k) ::munmap(buffers_[k].data, buffers_[k].size);
    if (fd_ >= 0) ::close(fd_);
}

Result<CodecPtr> Camera::open_codec() const {
    const AVCodec* decoder =
        avcodec_find_decoder(mjpeg_ ? AV_CODEC_ID_MJPEG : AV_CODEC_ID_RAWVIDEO);
    CodecPtr codec(avcodec_alloc_context3(decoder));
    codec->width = width_;
    codec->height = height_;
    codec->thread_count = 1;
    if (!mjpeg_) codec->pix_fmt = AV_PIX_FMT_YUYV422;
    if (avcodec_open2(codec.get(), decoder, nullptr) < 0)
        return fail(ErrorCode::kUnsupported, "no decoder for the camera's pictures", device_);
    return codec;
}

Result<void> Camera::read(AVPacket& packet, const core::CancelToken* cancel, double wait_s) {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        if (cancel != nullptr && cancel->cancelled())
            return fail(ErrorCode::kCancelled, "reading was cancelled", device_);
        const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
        if (wait_s > 0 && waited.count() > wait_s)
            return fail(ErrorCode::kTimeout, "the camera gives no pictures", device_);
        v4l2_buffer b{};
        b.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        b.memory = V4L2_MEMORY_MMAP;
        if (ask(fd_, VIDIOC_DQBUF, &b) < 0) {
            if (errno != EAGAIN) return device_fail("the camera was lost", device_);
            pollfd p{fd_, POLLIN, 0};
            ::poll(&p, 1, kPollMs);
            continue;
        }
        const std::size_t size =
            b.index < mapped_ ? std::min<std::size_t>(b.bytesused, buffers_[b.index].size) : 0;
        const bool good = size > 0 && (b.flags & V4L2_BUF_FLAG_ERROR) == 0 &&
                          av_new_packet(&packet, static_cast<int>(size)) == 0;
        if (good) std::memcpy(packet.data, buffers_[b.index].data, size);
        frame_time_s_ = static_cast<double>(b.timestamp.tv_sec) +
                        1e-6 * static_cast<double>(b.timestamp.tv_usec);
        ask(fd_, VIDIOC_QBUF, &b);
        if (good) return {};
    }
}

}  // namespace attune::media::detail
