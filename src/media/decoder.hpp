// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Decodes one file to float stereo at the file's own rate, without the encoder's delay and
/// padding.
///
/// In       a local path (bytes): MP3, FLAC, Ogg Vorbis, Opus, AAC/M4A, ALAC, WAV, AIFF, WavPack
/// and
///          what else FFmpeg reads from a single file; URLs and playlists are not opened
/// Out      left, right in about [-1, 1], at info().rate_hz; mono is given to both channels, more
///          than two are mixed down. Frame 0 is the first frame of music: encoder delay (LAME
///          header, Opus pre-skip, AAC edit list or iTunSMPB) and end padding are cut off exactly
/// Damage   a broken packet is replaced by silence of its length and counted, so that what follows
///          keeps its place; a run of them ends the file with kCorrupt
/// Threads  one owner. Blocks on the disk: never on the engine thread. Waits end with `cancel`
/// Errors   open(): kNotFound, kIo, kCorrupt (empty, damaged), kUnsupported (no sound, DRM, unknown
/// codec),
///          kCancelled, kTimeout.  read(): kCorrupt, kIo, kCancelled, kTimeout.  seek(): the same
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"

namespace attune::media {

struct DecoderOptions {
    const core::CancelToken* cancel = nullptr;  ///< borrowed for the decoder's life; null = never
    double wait_s = 0.0;  ///< longest wait for bytes in one call; 0 = for ever
    bool keep_channels = false;  ///< of more than two, for stored(); costs their memory
};

/// What the container says. Frames are at rate_hz.
struct StreamInfo {
    std::string container;  ///< FFmpeg's short name, "mov,mp4,m4a,…"
    std::string codec;      ///< "mp3", "aac", "pcm_s16le"
    int rate_hz = 0;
    int channels = 0;                    ///< in the file, before mixing
    std::optional<std::int64_t> frames;  ///< of music; empty = only known by decoding to the end
    std::int64_t encoder_delay_frames = 0;
    std::int64_t padding_frames = 0;  ///< cut at the end, where the container says it
    std::int64_t bit_rate = 0;        ///< [bit/s], 0 = unknown
    bool lossless = false;
};

class Decoder {
public:
    [[nodiscard]] static Result<std::unique_ptr<Decoder>> open(const std::string& path,
                                                               const DecoderOptions& options = {});
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    [[nodiscard]] const StreamInfo& info() const;
    /// What a loudness meter weighs each channel of the file with (BS.1770-4: 1.41 behind and beside, 0 for a subwoofer).
    [[nodiscard]] std::vector<double> channel_weights() const;
    /// The channels of the last block read, before mixing; empty without keep_channels and up to two channels.
    [[nodiscard]] const std::vector<std::vector<float>>& stored() const;
    /// Fills both spans (same size) as far as there is music; 0 = the end.
    [[nodiscard]] Result<std::size_t> read(std::span<float> left, std::span<float> right);
    /// The next read() starts exactly at `frame` (0..length); beyond the end it gives 0 frames.
    [[nodiscard]] Result<void> seek(std::int64_t frame);
    [[nodiscard]] std::int64_t position() const;  ///< of the next frame read
    [[nodiscard]] std::int64_t damaged_packets() const;
    /// After the end: the container promised more than 0.1 s more than there was.
    [[nodiscard]] bool ended_early() const;

private:
    struct State;
    explicit Decoder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// One call of Decoder::open for who only wants the facts.
[[nodiscard]] Result<StreamInfo> probe(const std::string& path, const DecoderOptions& options = {});

}  // namespace attune::media
