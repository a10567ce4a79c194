// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/pcm_reader.hpp"

#include <algorithm>

namespace attune::media {
namespace {
constexpr std::size_t kBlock = 4096;
}

PcmReader::PcmReader(std::unique_ptr<Decoder> decoder, Resampler resampler, int channels)
    : decoder_(std::move(decoder)), resampler_(std::move(resampler)),
      channels_(static_cast<std::size_t>(channels)), left_(kBlock), right_(kBlock),
      out_left_(kBlock), out_right_(kBlock) {}

Result<PcmReader> PcmReader::open(const std::string& path, int rate_hz, int channels,
                                  const DecoderOptions& options) {
    if (channels != 1 && channels != 2)
        return fail(ErrorCode::kBadArgument,
                    std::to_string(channels) + " channels; 1 or 2 are given", path);
    ATTUNE_TRY(auto decoder, Decoder::open(path, options));
    ATTUNE_TRY(auto resampler, Resampler::create(decoder->info().rate_hz, rate_hz, 2 * kBlock));
    return PcmReader(std::move(decoder), std::move(resampler), channels);
}

Result<void> PcmReader::refill() {
    while (!ended_ && resampler_.available() == 0) {
        const std::size_t room = std::min(kBlock, resampler_.space());
        ATTUNE_TRY(const std::size_t n,
                   decoder_->read(std::span(left_).first(room), std::span(right_).first(room)));
        if (n == 0) {
            ended_ = true;
            resampler_.flush();
        } else {
            resampler_.push(std::span(left_).first(n), std::span(right_).first(n));
        }
    }
    return {};
}

Result<std::size_t> PcmReader::read(std::span<float> out) {
    const std::size_t wanted = out.size() / channels_;
    std::size_t done = 0;
    while (done < wanted) {
        if (auto filled = refill(); !filled) {
            if (done > 0) break;
            return tl::unexpected<Error>(std::move(filled).error());
        }
        const std::size_t room = std::min(wanted - done, kBlock);
        const std::size_t n =
            resampler_.pull(std::span(out_left_).first(room), std::span(out_right_).first(room));
        if (n == 0) break;
        for (std::size_t i = 0; i < n; ++i) {
            if (channels_ == 1) {
                out[done + i] = 0.5F * (out_left_[i] + out_right_[i]);
            } else {
                out[2 * (done + i)] = out_left_[i];
                out[2 * (done + i) + 1] = out_right_[i];
            }
        }
        done += n;
    }
    return done;
}

Result<Pcm> decode_all(const std::string& path, int rate_hz, int channels, double max_seconds,
                       const DecoderOptions& options) {
    ATTUNE_TRY(auto reader, PcmReader::open(path, rate_hz, channels, options));
    Pcm pcm{rate_hz, channels, {}};
    std::vector<float> block(kBlock * static_cast<std::size_t>(channels));
    for (;;) {
        ATTUNE_TRY(const std::size_t n, reader.read(block));
        if (n == 0) return pcm;
        pcm.samples.insert(pcm.samples.end(), block.begin(),
                           block.begin() +
                               static_cast<std::ptrdiff_t>(n * static_cast<std::size_t>(channels)));
        if (static_cast<double>(pcm.samples.size()) > max_seconds * rate_hz * channels)
            return fail(ErrorCode::kDiskFull,
                        "the file is longer than " + std::to_string(max_seconds) +
                            " s, the limit here",
                        path);
    }
}

}  // namespace attune::media
