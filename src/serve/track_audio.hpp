// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A track as a browser plays it: its own file where the browser knows the codec, else decoded once to FLAC.
///
/// What was decoded lies in DATA/cache/audio and may be deleted at any time; the newest ten are kept.
/// Threads  any; a file is decoded by one thread at a time. Blocks: never on a network thread
/// Errors   kNotFound (the file is gone), kUnsupported (simulated music), and those of media::Decoder
#include <filesystem>
#include <mutex>
#include <string>

#include "core/result.hpp"
#include "flow/track_profile.hpp"

namespace attune::serve {

struct PlayableFile {
    std::filesystem::path path;
    std::string content_type;
};

/// MIME type of what every browser of today plays, by the container's and the codec's name (FFmpeg's); empty =
/// it has to be decoded.
[[nodiscard]] std::string browser_type(const std::string& container, const std::string& codec);

class TrackAudio {
public:
    explicit TrackAudio(const std::filesystem::path& data_dir) : cache_(data_dir / "cache" / "audio") {}
    [[nodiscard]] Result<PlayableFile> playable(const flow::TrackProfile& track);

private:
    Result<void> decode(const std::string& from, const std::filesystem::path& to);
    void forget_oldest() const;
    const std::filesystem::path cache_;
    std::mutex decoding_;  ///< held while a file is decoded
};

}  // namespace attune::serve
