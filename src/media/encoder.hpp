// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Sound into files (FLAC, WAV) and into Opus packets.
///
/// In       float blocks, 1 or 2 channels, clipped to [-1, 1]
/// Out      by the file's ending: .flac (24 bit, tags as Vorbis comments) or .wav (24 bit PCM,
/// title and
///          artist only); the file is written beside its place and renamed by finish()
/// Threads  one owner; blocks on the disk
/// Errors   create(): kBadArgument (ending, rate, channels), kIo.  write(), finish(): kIo,
/// kDiskFull
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::media {

/// Upper-case Vorbis names: TITLE, ARTIST, ALBUM, REPLAYGAIN_TRACK_GAIN ("-3.20 dB"),
/// REPLAYGAIN_TRACK_PEAK …
using FileTags = std::map<std::string, std::string>;

class AudioWriter {
public:
    [[nodiscard]] static Result<std::unique_ptr<AudioWriter>>
    create(const std::string& path, int rate_hz, int channels, const FileTags& tags = {});
    /// Without finish() nothing is left behind.
    ~AudioWriter();
    AudioWriter(const AudioWriter&) = delete;
    AudioWriter& operator=(const AudioWriter&) = delete;

    /// right is ignored for one channel; else of left's size.
    [[nodiscard]] Result<void> write(std::span<const float> left, std::span<const float> right);
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::int64_t frames() const;

private:
    struct State;
    explicit AudioWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Tags that ReplayGain 2 players read; reference -18 LUFS.
[[nodiscard]] FileTags replay_gain_tags(double loudness_lufs, double true_peak_linear);

/// Opus at 48 kHz stereo, 20 ms a packet, constrained VBR.
class OpusPacketizer {
public:
    static constexpr int kFrames = 960;
    /// bit_rate 16000..512000; complexity 0..10.
    [[nodiscard]] static Result<std::unique_ptr<OpusPacketizer>> create(int bit_rate = 128000,
                                                                        int complexity = 5);
    ~OpusPacketizer();
    OpusPacketizer(const OpusPacketizer&) = delete;
    OpusPacketizer& operator=(const OpusPacketizer&) = delete;
    /// interleaved.size() == 2 * kFrames. The packet is valid until the next call; empty = the
    /// encoder failed.
    [[nodiscard]] std::span<const std::uint8_t> encode(std::span<const float> interleaved) noexcept;
    /// Frames that a decoder must drop at the start of the stream.
    [[nodiscard]] int pre_skip() const;

private:
    struct State;
    explicit OpusPacketizer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace attune::media
