// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Pictures from a video file, a still picture or a camera (V4L2), one after the other.
///
/// In       a local path; /dev/video0 or "camera:0" for a camera (asked for 640×480, 30 frames/s)
/// Out      RGB, 8 bits, row-major height × width × 3, upright (the container's rotation is applied
///          in quarter turns); t_s from the first frame, for a camera from the first frame's clock
/// Threads  one owner; blocks. Waits of a file end with `cancel`; a camera without frames ends with
///          kTimeout after wait_s
/// Errors   open(): kNotFound, kCorrupt, kUnsupported, kUnavailable (camera missing or in use).
/// next(): kIo,
///          kCorrupt, kCancelled, kTimeout; an empty optional is the end
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"

namespace attune::media {

struct Picture {
    int width = 0, height = 0;
    double t_s = 0.0;
    std::vector<std::uint8_t> rgb;  ///< [y*3*width + 3*x + c]
};

struct VideoOptions {
    const core::CancelToken* cancel = nullptr;  ///< borrowed
    double wait_s = 5.0;                        ///< longest wait for data in one call; 0 = for ever
    int max_width = 0;  ///< larger pictures are scaled down to this; 0 = as they are
};

struct VideoInfo {
    std::string codec;
    int width = 0, height = 0;  ///< as given out
    std::optional<double> frames_per_s;
    std::optional<double> duration_s;
    bool camera = false;
};

class VideoReader {
public:
    [[nodiscard]] static Result<std::unique_ptr<VideoReader>>
    open(const std::string& source, const VideoOptions& options = {});
    ~VideoReader();
    VideoReader(const VideoReader&) = delete;
    VideoReader& operator=(const VideoReader&) = delete;
    [[nodiscard]] const VideoInfo& info() const;
    [[nodiscard]] Result<std::optional<Picture>> next();

private:
    struct State;
    explicit VideoReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Weights of BT.601: .299 R + .587 G + .114 B, rounded; row-major height × width.
[[nodiscard]] std::vector<std::uint8_t> to_grey(const Picture& picture);

/// One still picture (JPEG, PNG, BMP, WebP) from memory, e.g. a cover or a frame sent by the page.
[[nodiscard]] Result<Picture> decode_picture(const std::vector<std::uint8_t>& bytes);

}  // namespace attune::media
