// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Finds the music files below some folders.
///
/// Links to files and folders are followed, each folder is visited once (by device and inode), so
/// loops end. Paths are bytes, absolute, in byte order. What cannot be read is listed, not fatal.
/// Threads  any
#include <cstdint>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"

namespace attune::library {

struct FoundFile {
    std::string path;
    std::int64_t size = 0, mtime_ns = 0;
};

struct Unreadable {
    std::string path, reason;
};

struct Found {
    std::vector<FoundFile> files;    ///< by path
    std::vector<Unreadable> failed;  ///< folders and files that the system would not show
    std::size_t other = 0;           ///< files that are not music by name
};

/// By the end of its name: mp3 flac ogg oga opus m4a m4b m4p mp4 aac alac wav aif aiff wv ape mpc
/// wma mka webm ac3 au.
[[nodiscard]] bool is_music_name(std::string_view path);

/// A root may also be one file. kNotFound if a root does not exist, kCancelled.
[[nodiscard]] Result<Found> find_music(const std::vector<std::string>& roots,
                                       const core::CancelToken* cancel = nullptr);

}  // namespace attune::library
