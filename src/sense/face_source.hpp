// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A camera or a video as a stream of aligned face crops; the pictures themselves go no further.
///
/// In       media::VideoReader (a file, a V4L2 camera)
/// Out      flow::Crop, at most max_hz a second. A picture without a usable face is a Crop with an empty jpeg
///          that says why (n_faces, light); a still or black picture stays visible as such
/// Threads  a file is read by pull(); a camera by its own thread into a queue of 8 that drops the oldest.
///          Never blocks pull()
/// Errors   open: as VideoReader, FaceFinder.  pull(): kIo, kCorrupt, kUnavailable (camera gone), after which
///          the source is finished
#include <filesystem>
#include <memory>

#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

struct FaceSourceOptions {
    std::string id = "face";
    std::filesystem::path data_dir;  ///< where converted parts are looked for first
    double max_hz = 5.0;             ///< 0.5..30; frames between are skipped
    double search_s = 0.5;           ///< the whole picture is searched this often, and whenever a face is lost
};

[[nodiscard]] Result<std::unique_ptr<Source>> open_face_video(const std::string& file, const FaceSourceOptions& options);
[[nodiscard]] Result<std::unique_ptr<Source>> open_face_camera(int device, const FaceSourceOptions& options);

}  // namespace attune::sense
