// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/track_audio.hpp"

#include <algorithm>
#include <vector>

#include "media/decoder.hpp"
#include "media/encoder.hpp"

namespace attune::serve {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kKept = 10;
constexpr std::size_t kBlock = 16384;
constexpr double kPatience_s = 10.0;  ///< for bytes of a file on a network drive

}  // namespace

std::string browser_type(const std::string& container, const std::string& codec) {
    const auto is = [&](const char* c) { return container == c; };
    if (codec == "mp3") return is("mp3") ? "audio/mpeg" : "";
    if (codec == "flac") return is("flac") ? "audio/flac" : is("ogg") ? "audio/ogg" : "";
    if (codec == "vorbis" || codec == "opus") return is("ogg") ? "audio/ogg" : container.starts_with("matroska") ? "audio/webm" : "";
    if (codec == "aac") return container.starts_with("mov,mp4") ? "audio/mp4" : is("aac") ? "audio/aac" : "";
    if (codec == "pcm_s16le" || codec == "pcm_u8" || codec == "pcm_s24le" || codec == "pcm_f32le") return is("wav") ? "audio/wav" : "";
    return "";
}

Result<PlayableFile> TrackAudio::playable(const flow::TrackProfile& track) {
    if (track.simulated || track.path.empty())
        return fail(ErrorCode::kUnsupported, "this track is simulated: there is no sound to it");
    std::error_code ec;
    if (!fs::exists(track.path, ec))
        return fail(ErrorCode::kNotFound, "the file is no longer where it was; scan the library again");
    media::DecoderOptions options;
    options.wait_s = kPatience_s;
    ATTUNE_TRY(const media::StreamInfo info, media::probe(track.path, options));
    if (std::string type = browser_type(info.container, info.codec); !type.empty())
        return PlayableFile{track.path, std::move(type)};
    const fs::path decoded = cache_ / (track.key.hex() + ".flac");
    const std::lock_guard lock(decoding_);
    if (!fs::exists(decoded, ec)) {
        fs::create_directories(cache_, ec);
        ATTUNE_CHECK(decode(track.path, decoded));
        forget_oldest();
    }
    return PlayableFile{decoded, "audio/flac"};
}

Result<void> TrackAudio::decode(const std::string& from, const fs::path& to) {
    media::DecoderOptions options;
    options.wait_s = kPatience_s;
    ATTUNE_TRY(const auto decoder, media::Decoder::open(from, options));
    ATTUNE_TRY(const auto writer, media::AudioWriter::create(to.string(), decoder->info().rate_hz, 2));
    std::vector<float> left(kBlock), right(kBlock);
    for (;;) {
        ATTUNE_TRY(const std::size_t n, decoder->read(left, right));
        if (n == 0) break;
        ATTUNE_CHECK(writer->write(std::span(left).first(n), std::span(right).first(n)));
    }
    return writer->finish();
}

void TrackAudio::forget_oldest() const {
    std::error_code ec;
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    for (const auto& entry : fs::directory_iterator(cache_, ec)) files.emplace_back(entry.last_write_time(ec), entry.path());
    std::sort(files.begin(), files.end());
    for (std::size_t i = 0; i + kKept < files.size(); ++i) fs::remove(files[i].second, ec);
}

}  // namespace attune::serve
