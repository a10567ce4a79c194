// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/encoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <opus.h>

#include "media/detail/ffmpeg_error.hpp"
#include "media/detail/ffmpeg_input.hpp"

namespace attune::media {
namespace {

constexpr int kFlacBlock = 4096;

std::int32_t to_s32(float x) {
    const double v = std::clamp(std::isfinite(x) ? static_cast<double>(x) : 0.0, -1.0, 1.0);
    // 24 bits in the upper part of 32; +1.0 is the largest value, not the next.
    return static_cast<std::int32_t>(std::min(8388607.0, std::round(v * 8388608.0))) * 256;
}

}  // namespace

struct AudioWriter::State {
    std::string path, part;
    AVFormatContext* format = nullptr;
    detail::CodecPtr codec;
    detail::FramePtr frame;
    detail::PacketPtr packet{av_packet_alloc()};
    AVStream* stream = nullptr;
    std::vector<std::int32_t> pending;  ///< interleaved
    std::int64_t frames = 0;
    int channels = 2;
    bool header = false, finished = false;

    ~State() {
        if (format != nullptr) {
            if (format->pb != nullptr) avio_closep(&format->pb);
            avformat_free_context(format);
        }
        std::error_code ec;
        if (!finished && !part.empty()) std::filesystem::remove(part, ec);
    }
    [[nodiscard]] Result<void> open(int rate_hz, const FileTags& tags, bool flac);
    [[nodiscard]] Result<void> encode(std::span<const std::int32_t> samples);
    [[nodiscard]] Result<void> drain();
};

Result<void> AudioWriter::State::open(int rate_hz, const FileTags& tags, bool flac) {
    detail::quiet_ffmpeg();
    int rc = avformat_alloc_output_context2(&format, nullptr, flac ? "flac" : "wav", nullptr);
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot write this kind of file", path);
    const AVCodec* encoder = avcodec_find_encoder(flac ? AV_CODEC_ID_FLAC : AV_CODEC_ID_PCM_S24LE);
    codec.reset(avcodec_alloc_context3(encoder));
    codec->sample_fmt = AV_SAMPLE_FMT_S32;
    codec->sample_rate = rate_hz;
    codec->bits_per_raw_sample = 24;
    codec->thread_count = 1;
    codec->time_base = {1, rate_hz};
    av_channel_layout_default(&codec->ch_layout, channels);
    if ((format->oformat->flags & AVFMT_GLOBALHEADER) != 0)
        codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (flac) codec->frame_size = kFlacBlock;
    rc = avcodec_open2(codec.get(), encoder, nullptr);
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot start the encoder", path);
    stream = avformat_new_stream(format, nullptr);
    avcodec_parameters_from_context(stream->codecpar, codec.get());
    stream->time_base = codec->time_base;
    for (const auto& [name, value] : tags)
        av_dict_set(&format->metadata, name.c_str(), value.c_str(), 0);
    format->flags |= AVFMT_FLAG_BITEXACT;  // the same sound gives the same bytes
    rc = avio_open(&format->pb, ("file:" + part).c_str(), AVIO_FLAG_WRITE);
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot write the file", part);
    rc = avformat_write_header(format, nullptr);
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot write the file's header", part);
    header = true;
    frame.reset(av_frame_alloc());
    return {};
}

Result<void> AudioWriter::State::drain() {
    for (;;) {
        int rc = avcodec_receive_packet(codec.get(), packet.get());
        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return {};
        if (rc < 0) return detail::ffmpeg_fail(rc, "cannot encode", path);
        packet->stream_index = stream->index;
        av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
        rc = av_write_frame(format, packet.get());
        av_packet_unref(packet.get());
        if (rc < 0) return detail::ffmpeg_fail(rc, "cannot write the file", part);
    }
}

Result<void> AudioWriter::State::encode(std::span<const std::int32_t> samples) {
    frame->format = AV_SAMPLE_FMT_S32;
    frame->nb_samples = static_cast<int>(samples.size()) / channels;
    frame->sample_rate = codec->sample_rate;
    av_channel_layout_copy(&frame->ch_layout, &codec->ch_layout);
    frame->pts = frames;
    int rc = av_frame_get_buffer(frame.get(), 0);
    if (rc < 0) return detail::ffmpeg_fail(rc, "out of memory", path);
    std::copy(samples.begin(), samples.end(), reinterpret_cast<std::int32_t*>(frame->data[0]));
    frames += frame->nb_samples;
    rc = avcodec_send_frame(codec.get(), frame.get());
    av_frame_unref(frame.get());
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot encode", path);
    return drain();
}

AudioWriter::AudioWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
AudioWriter::~AudioWriter() = default;
std::int64_t AudioWriter::frames() const {
    return state_->frames + static_cast<std::int64_t>(state_->pending.size()) / state_->channels;
}

Result<std::unique_ptr<AudioWriter>> AudioWriter::create(const std::string& path, int rate_hz,
                                                         int channels, const FileTags& tags) {
    const std::string ending = std::filesystem::path(path).extension().string();
    if (ending != ".flac" && ending != ".wav")
        return fail(ErrorCode::kBadArgument,
                    "the ending '" + ending + "' is not written; .flac and .wav are", path);
    if (rate_hz < 1000 || rate_hz > 192000 || channels < 1 || channels > 2)
        return fail(ErrorCode::kBadArgument,
                    std::to_string(rate_hz) + " Hz, " + std::to_string(channels) +
                        " channels; 1000..192000 Hz and 1 or 2 channels are written",
                    path);
    auto s = std::make_unique<State>();
    s->path = path;
    s->part = path + ".part";
    s->channels = channels;
    ATTUNE_CHECK(s->open(rate_hz, tags, ending == ".flac"));
    return std::unique_ptr<AudioWriter>(new AudioWriter(std::move(s)));
}

Result<void> AudioWriter::write(std::span<const float> left, std::span<const float> right) {
    State& s = *state_;
    for (std::size_t k = 0; k < left.size(); ++k) {
        s.pending.push_back(to_s32(left[k]));
        if (s.channels == 2) s.pending.push_back(to_s32(right[k]));
    }
    const std::size_t block = static_cast<std::size_t>(kFlacBlock * s.channels);
    std::size_t at = 0;
    for (; s.pending.size() - at >= block; at += block)
        ATTUNE_CHECK(s.encode(std::span(s.pending).subspan(at, block)));
    s.pending.erase(s.pending.begin(), s.pending.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
}

Result<void> AudioWriter::finish() {
    State& s = *state_;
    if (s.finished) return {};
    if (!s.pending.empty()) ATTUNE_CHECK(s.encode(s.pending));
    s.pending.clear();
    avcodec_send_frame(s.codec.get(), nullptr);
    ATTUNE_CHECK(s.drain());
    int rc = av_write_trailer(s.format);
    const int closed = avio_closep(&s.format->pb);
    if (rc >= 0) rc = closed;
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot complete the file", s.path);
    std::error_code ec;
    std::filesystem::rename(s.part, s.path, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot give the file its name: " + ec.message(), s.path);
    s.finished = true;
    return {};
}

FileTags replay_gain_tags(double loudness_lufs, double true_peak_linear) {
    std::array<char, 32> gain{}, peak{};
    std::snprintf(gain.data(), gain.size(), "%.2f dB", -18.0 - loudness_lufs);
    std::snprintf(peak.data(), peak.size(), "%.6f", true_peak_linear);
    return {{"REPLAYGAIN_TRACK_GAIN", gain.data()},
            {"REPLAYGAIN_TRACK_PEAK", peak.data()},
            {"REPLAYGAIN_REFERENCE_LOUDNESS", "-18.00 LUFS"}};
}

// ---- Opus

struct OpusPacketizer::State {
    OpusEncoder* encoder = nullptr;
    std::array<std::uint8_t, 4000> packet{};
    ~State() {
        if (encoder != nullptr) opus_encoder_destroy(encoder);
    }
};

OpusPacketizer::OpusPacketizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpusPacketizer::~OpusPacketizer() = default;

Result<std::unique_ptr<OpusPacketizer>> OpusPacketizer::create(int bit_rate, int complexity) {
    if (bit_rate < 16000 || bit_rate > 512000 || complexity < 0 || complexity > 10)
        return fail(ErrorCode::kBadArgument,
                    "Opus at " + std::to_string(bit_rate) + " bit/s, complexity " +
                        std::to_string(complexity) + "; 16000..512000 and 0..10 are possible");
    auto s = std::make_unique<State>();
    int rc = 0;
    s->encoder = opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, &rc);
    if (rc != OPUS_OK) return fail(ErrorCode::kInternal, std::string("Opus: ") + opus_strerror(rc));
    opus_encoder_ctl(s->encoder, OPUS_SET_BITRATE(bit_rate));
    opus_encoder_ctl(s->encoder, OPUS_SET_COMPLEXITY(complexity));
    return std::unique_ptr<OpusPacketizer>(new OpusPacketizer(std::move(s)));
}

std::span<const std::uint8_t> OpusPacketizer::encode(std::span<const float> interleaved) noexcept {
    if (interleaved.size() != 2 * kFrames) return {};
    const int n =
        opus_encode_float(state_->encoder, interleaved.data(), kFrames, state_->packet.data(),
                          static_cast<opus_int32>(state_->packet.size()));
    return n > 0 ? std::span<const std::uint8_t>(state_->packet).first(static_cast<std::size_t>(n))
                 : std::span<const std::uint8_t>{};
}

int OpusPacketizer::pre_skip() const {
    opus_int32 n = 0;
    opus_encoder_ctl(state_->encoder, OPUS_GET_LOOKAHEAD(&n));
    return static_cast<int>(n);
}

}  // namespace attune::media
