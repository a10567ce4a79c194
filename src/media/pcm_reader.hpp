// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A whole file as blocks at the rate that the caller works at: for analysis and for voice.
///
/// In       a path, the wanted rate and 1 or 2 channels (1 = mean of left and right)
/// Out      interleaved float blocks; N source frames give ceil(N * rate / source rate) frames
/// Threads  one owner; blocks on the disk
/// Errors   as Decoder; kBadArgument for a rate outside 1000..384000 Hz or channels other than 1, 2
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/decoder.hpp"
#include "media/resampler.hpp"

namespace attune::media {

class PcmReader {
public:
    [[nodiscard]] static Result<PcmReader> open(const std::string& path, int rate_hz, int channels,
                                                const DecoderOptions& options = {});
    [[nodiscard]] const StreamInfo& info() const { return decoder_->info(); }
    [[nodiscard]] const Decoder& decoder() const { return *decoder_; }
    /// Fills `out` (a multiple of channels) as far as there is music; returns frames, 0 = the end.
    [[nodiscard]] Result<std::size_t> read(std::span<float> out);

private:
    PcmReader(std::unique_ptr<Decoder> decoder, Resampler resampler, int channels);
    [[nodiscard]] Result<void> refill();

    std::unique_ptr<Decoder> decoder_;
    Resampler resampler_;
    std::size_t channels_;
    std::vector<float> left_, right_, out_left_, out_right_;
    bool ended_ = false;
};

/// All of a file; fails with kDiskFull beyond `max_seconds`.
struct Pcm {
    int rate_hz = 0;
    int channels = 0;
    std::vector<float> samples;  ///< interleaved
};
[[nodiscard]] Result<Pcm> decode_all(const std::string& path, int rate_hz, int channels,
                                     double max_seconds = 3600.0,
                                     const DecoderOptions& options = {});

}  // namespace attune::media
