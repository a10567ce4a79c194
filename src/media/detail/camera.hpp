// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A V4L2 camera by memory-mapped buffers. Private to media.
///
/// MJPEG is asked for first (640×480 at 30 frames/s fits USB 2), then YUYV. What the driver gives
/// is handed to FFmpeg's decoder of that kind.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "media/detail/ffmpeg_input.hpp"

namespace attune::media::detail {

/// "/dev/videoN" and "camera:N" name a device; anything else does not.
[[nodiscard]] std::optional<std::string> camera_device(const std::string& source);

class Camera {
public:
    [[nodiscard]] static Result<std::unique_ptr<Camera>> open(const std::string& device);
    ~Camera();
    Camera(const Camera&) = delete;
    Camera& operator=(const Camera&) = delete;
    [[nodiscard]] Result<CodecPtr> open_codec() const;
    /// Waits for a frame and copies it into the packet.
    [[nodiscard]] Result<void> read(AVPacket& packet, const core::CancelToken* cancel,
                                    double wait_s);
    [[nodiscard]] double frame_time_s() const {
        return frame_time_s_;
    }  ///< CLOCK_MONOTONIC of the last frame
    [[nodiscard]] double frames_per_s() const { return frames_per_s_; }
    [[nodiscard]] const std::string& name() const { return device_; }

private:
    Camera() = default;
    [[nodiscard]] Result<void> negotiate();
    [[nodiscard]] Result<void> map_buffers();
    static constexpr unsigned kBuffers = 4;
    struct Mapped {
        void* data = nullptr;
        std::size_t size = 0;
    };
    std::string device_;
    int fd_ = -1;
    int width_ = 0, height_ = 0;
    bool mjpeg_ = true, streaming_ = false;
    double frames_per_s_ = 30.0, frame_time_s_ = 0.0;
    Mapped buffers_[kBuffers];
    unsigned mapped_ = 0;
};

}  // namespace attune::media::detail
