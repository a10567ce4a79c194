// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "media/detail/ffmpeg_error.hpp"
#include "media/detail/ffmpeg_input.hpp"
#include "media/encoder_delay.hpp"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

namespace attune::media {
namespace {

constexpr int kMaxErrorsInARow = 64;
constexpr double kMaxGapSeconds = 10.0;
// Containers with coarse clocks (Matroska: 1 ms) jitter; less than this is not a gap.
constexpr double kGapToleranceSeconds = 0.045;
// Bit reservoir of MP3 (10 frames), overlap of AAC and Vorbis, 80 ms of Opus.
constexpr double kPrerollSeconds = 0.5;
constexpr double kEarlySeconds = 0.1;
constexpr std::size_t kMp3HeadBytes = 2048;
constexpr int kCoarsestMovieClock_hz = 600;

struct SwrDeleter {
    void operator()(SwrContext* s) const { swr_free(&s); }
};

/// The shape of decoded frames; a change of it rebuilds the converter.
struct Shape {
    int format = -1, rate = 0;
    AVChannelLayout layout{};
    bool operator==(const Shape& o) const {
        return format == o.format && rate == o.rate &&
               av_channel_layout_compare(&layout, &o.layout) == 0;
    }
};

bool is_lossless(AVCodecID id) {
    const AVCodecDescriptor* d = avcodec_descriptor_get(id);
    return d != nullptr && (d->props & AV_CODEC_PROP_LOSSLESS) != 0 &&
           (d->props & AV_CODEC_PROP_LOSSY) == 0;
}

}  // namespace

struct Decoder::State {
    std::unique_ptr<detail::Input> input;
    detail::CodecPtr codec;
    detail::PacketPtr packet{av_packet_alloc()};
    detail::FramePtr frame{av_frame_alloc()};
    std::unique_ptr<SwrContext, SwrDeleter> swr;
    Shape shape;
    StreamInfo info;
    std::vector<float> left, right;  ///< decoded, not yet read: [at, left.size())
    bool keep_channels = false;
    std::unique_ptr<SwrContext, SwrDeleter> plain;  ///< the same without mixing
    std::vector<std::vector<float>> channels, given;  ///< as left and right; of the last block read
    std::size_t at = 0;
    std::int64_t next = 0;  ///< frame number of left[at]
    std::int64_t base = 0;  ///< frame number that the container gives frame 0
    bool base_known = false;
    bool place_by_pts = false;  ///< after a seek: the next decoded frame says where we are
    std::int64_t skip_to = 0;   ///< frames before this are dropped
    int errors = 0;
    std::int64_t damaged = 0;
    bool sent_eof = false, ended = false, truncated = false;

    [[nodiscard]] std::int64_t to_frames(std::int64_t pts) const {
        return av_rescale_q(pts, input->stream()->time_base, AVRational{1, info.rate_hz});
    }
    void read_facts();
    void read_edges();
    void take(const EncoderDelay& d);
    [[nodiscard]] Result<bool> decode_more();
    [[nodiscard]] Result<bool> feed();
    [[nodiscard]] Result<void> take_frame();
    [[nodiscard]] Result<void> convert();
    [[nodiscard]] Result<void> build_converter(const Shape& s);
    [[nodiscard]] Result<void> keep_stored(std::size_t had, std::size_t most);
    void place();
    void drop_consumed();
    void cut_at_end();
};

void Decoder::State::read_facts() {
    const AVStream* st = input->stream();
    const AVCodecParameters* par = st->codecpar;
    info.container = input->format()->iformat->name;
    info.codec = avcodec_get_name(par->codec_id);
    info.rate_hz = par->sample_rate;
    info.channels = par->ch_layout.nb_channels;
    info.bit_rate = par->bit_rate > 0 ? par->bit_rate : input->format()->bit_rate;
    info.lossless = is_lossless(par->codec_id);
    info.encoder_delay_frames = par->initial_padding;
    // A duration is exact only where the container counts samples; a guess from the bit rate is
    // none.
    const bool counted = st->duration != AV_NOPTS_VALUE && st->duration > 0 &&
                         input->format()->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE;
    if (counted) info.frames = to_frames(st->duration);
    read_edges();
}

/// Encoder delay, padding and with them the exact length, from the place where each format keeps
/// them.
void Decoder::State::read_edges() {
    if (info.codec == "mp3") {
        info.frames.reset();  // the container's count is in whole MP3 frames, or a guess
        if (const auto d = parse_lame_header(input->head(kMp3HeadBytes))) take(*d);
        return;
    }
    if (info.codec == "opus" && info.frames)
        *info.frames -= std::min(*info.frames, info.encoder_delay_frames);
    const AVDictionaryEntry* note = av_dict_get(input->stream()->metadata, "iTunSMPB", nullptr, 0);
    if (note == nullptr) note = av_dict_get(input->format()->metadata, "iTunSMPB", nullptr, 0);
    const auto d = note != nullptr ? parse_itunsmpb(note->value) : std::nullopt;
    if (d) return take(*d);
    // An edit list counts in the movie's clock, often 1 ms: where it means "to the end of what is
    // stored", the samples of the track say where that is.
    if (info.codec != "aac" || !info.frames || info.container.find("mp4") == std::string::npos)
        return;
    const AVIndexEntry* first = avformat_index_get_entry(input->stream(), 0);
    const std::int64_t delay =
        first != nullptr && first->timestamp < 0 ? -to_frames(first->timestamp) : 0;
    const std::int64_t stored = detail::Input::stored_duration(input->path()) - delay;
    info.encoder_delay_frames = delay;
    if (stored > 0 && std::abs(stored - *info.frames) <= info.rate_hz / kCoarsestMovieClock_hz + 1)
        info.frames = stored;
}

void Decoder::State::take(const EncoderDelay& d) {
    info.encoder_delay_frames = d.delay_frames;
    info.padding_frames = d.padding_frames;
    info.frames = d.music_frames;
}

Result<void> Decoder::State::build_converter(const Shape& s) {
    AVChannelLayout out{};
    av_channel_layout_default(&out, s.layout.nb_channels == 1 ? 1 : 2);
    AVChannelLayout in = s.layout;
    if (in.order == AV_CHANNEL_ORDER_UNSPEC) av_channel_layout_default(&in, s.layout.nb_channels);
    SwrContext* raw = nullptr;
    int rc = swr_alloc_set_opts2(&raw, &out, AV_SAMPLE_FMT_FLTP, info.rate_hz, &in,
                                 static_cast<AVSampleFormat>(s.format), s.rate, 0, nullptr);
    swr.reset(raw);
    if (rc >= 0) rc = swr_init(raw);
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot convert the channels", input->path());
    shape = s;
    plain.reset();
    if (!keep_channels || s.layout.nb_channels <= 2) return {};
    raw = nullptr;
    rc = swr_alloc_set_opts2(&raw, &in, AV_SAMPLE_FMT_FLTP, info.rate_hz, &in, static_cast<AVSampleFormat>(s.format), s.rate, 0, nullptr);
    plain.reset(raw);
    if (rc >= 0) rc = swr_init(raw);
    if (rc < 0) return detail::ffmpeg_fail(rc, "cannot convert the channels", input->path());
    channels.resize(static_cast<std::size_t>(s.layout.nb_channels));
    for (auto& c : channels) c.resize(left.size());  // where the file had fewer, it was silent there
    return {};
}

/// Where the container's clock says that something is missing, silence takes its place.
void Decoder::State::place() {
    const std::int64_t pts = frame->best_effort_timestamp;
    if (pts == AV_NOPTS_VALUE) return;
    const std::int64_t decoded_to = next + static_cast<std::int64_t>(left.size() - at);
    const std::int64_t here = to_frames(pts) - base;
    if (!base_known) {
        base = to_frames(pts);
        base_known = true;
        return;
    }
    if (place_by_pts) {
        place_by_pts = false;
        next = here;
        return;
    }
    const auto tolerance = static_cast<std::int64_t>(kGapToleranceSeconds * info.rate_hz);
    const auto longest = static_cast<std::int64_t>(kMaxGapSeconds * info.rate_hz);
    const std::int64_t gap = here - decoded_to;
    if (gap <= tolerance || gap > longest || errors == 0) return;
    left.insert(left.end(), static_cast<std::size_t>(gap), 0.0F);
    right.insert(right.end(), static_cast<std::size_t>(gap), 0.0F);
    for (auto& c : channels) c.resize(left.size(), 0.0F);
}

Result<void> Decoder::State::convert() {
    const auto n = static_cast<std::size_t>(frame->nb_samples);
    const Shape s{frame->format, frame->sample_rate, frame->ch_layout};
    if (!swr || !(s == shape)) ATTUNE_CHECK(build_converter(s));
    const bool mono = s.layout.nb_channels == 1;
    const std::size_t had = left.size();
    const std::size_t most =
        static_cast<std::size_t>(swr_get_out_samples(swr.get(), frame->nb_samples));
    left.resize(had + most);
    right.resize(had + most);
    std::uint8_t* out[2] = {reinterpret_cast<std::uint8_t*>(left.data() + had),
                            reinterpret_cast<std::uint8_t*>(right.data() + had)};
    const int got =
        swr_convert(swr.get(), out, static_cast<int>(most),
                    const_cast<const std::uint8_t**>(frame->extended_data), static_cast<int>(n));
    if (got < 0) return detail::ffmpeg_fail(got, "cannot convert the samples", input->path());
    left.resize(had + static_cast<std::size_t>(got));
    right.resize(had + static_cast<std::size_t>(got));
    if (mono)
        std::copy(left.begin() + static_cast<std::ptrdiff_t>(had), left.end(),
                  right.begin() + static_cast<std::ptrdiff_t>(had));
    return keep_stored(had, most);
}

/// The frame once more, without mixing; as many samples as left and right have got.
Result<void> Decoder::State::keep_stored(std::size_t had, std::size_t most) {
    if (!plain) {
        for (auto& c : channels) c.resize(left.size(), 0.0F);
        return {};
    }
    std::vector<std::uint8_t*> out;
    for (auto& c : channels) {
        c.resize(had + most);
        out.push_back(reinterpret_cast<std::uint8_t*>(c.data() + had));
    }
    const int got = swr_convert(plain.get(), out.data(), static_cast<int>(most), const_cast<const std::uint8_t**>(frame->extended_data), frame->nb_samples);
    if (got < 0) return detail::ffmpeg_fail(got, "cannot convert the samples", input->path());
    for (auto& c : channels) {
        c.resize(had + static_cast<std::size_t>(got));
        c.resize(left.size(), 0.0F);
    }
    return {};
}

void Decoder::State::drop_consumed() {
    if (at == left.size()) {
        left.clear();
        right.clear();
        for (auto& c : channels) c.clear();
        at = 0;
    }
}

/// Drops what lies before skip_to and behind the promised end.
void Decoder::State::cut_at_end() {
    if (next < skip_to) {
        const auto drop =
            std::min<std::int64_t>(skip_to - next, static_cast<std::int64_t>(left.size() - at));
        at += static_cast<std::size_t>(drop);
        next += drop;
    }
    if (!info.frames || info.frames.value() <= 0) return;
    const std::int64_t keep = std::max<std::int64_t>(0, *info.frames - next);
    if (static_cast<std::int64_t>(left.size() - at) > keep) {
        left.resize(at + static_cast<std::size_t>(keep));
        right.resize(left.size());
        for (auto& c : channels) c.resize(left.size());
    }
}

Result<void> Decoder::State::take_frame() {
    drop_consumed();
    place();
    ATTUNE_CHECK(convert());
    errors = 0;
    av_frame_unref(frame.get());
    cut_at_end();
    return {};
}

/// Gives the codec one packet; false when there is none left and it was told so.
Result<bool> Decoder::State::feed() {
    if (sent_eof) return false;
    int rc = input->read(*packet);
    if (rc == AVERROR_EXIT || rc == AVERROR(ETIMEDOUT))
        return detail::ffmpeg_fail(rc, "reading was interrupted", input->path());
    if (rc == AVERROR(EIO)) return detail::ffmpeg_fail(rc, "cannot read the file", input->path());
    if (rc < 0) {
        sent_eof = true;
        avcodec_send_packet(codec.get(), nullptr);
        return true;
    }
    rc = avcodec_send_packet(codec.get(), packet.get());
    av_packet_unref(packet.get());
    if (rc < 0 && rc != AVERROR(EAGAIN)) {
        ++damaged;
        if (++errors > kMaxErrorsInARow)
            return fail(ErrorCode::kCorrupt,
                        "the file is damaged: more than 64 packets in a row cannot be decoded",
                        input->path());
    }
    return true;
}

/// Decodes until there is something to read; false at the end.
Result<bool> Decoder::State::decode_more() {
    while (!ended) {
        const int rc = avcodec_receive_frame(codec.get(), frame.get());
        if (rc >= 0) {
            ATTUNE_CHECK(take_frame());
            if (at < left.size()) return true;
            if (info.frames && *info.frames > 0 && next >= *info.frames) ended = true;
            continue;
        }
        if (rc == AVERROR_EOF) {
            ended = true;
            break;
        }
        if (rc != AVERROR(EAGAIN)) {
            ++damaged;
            if (++errors > kMaxErrorsInARow)
                return fail(ErrorCode::kCorrupt,
                            "the file is damaged and cannot be decoded further", input->path());
        }
        ATTUNE_TRY(const bool more, feed());
        if (!more && rc != AVERROR(EAGAIN)) ended = true;
    }
    truncated =
        info.frames && static_cast<double>(*info.frames - next) > kEarlySeconds * info.rate_hz;
    return false;
}

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::~Decoder() = default;

Result<std::unique_ptr<Decoder>> Decoder::open(const std::string& path,
                                               const DecoderOptions& options) {
    auto s = std::make_unique<State>();
    s->keep_channels = options.keep_channels;
    ATTUNE_TRY(s->input,
               detail::Input::open(path, AVMEDIA_TYPE_AUDIO, options.cancel, options.wait_s));
    ATTUNE_TRY(s->codec, s->input->open_codec());
    s->read_facts();
    if (s->info.rate_hz < 1000 || s->info.rate_hz > 384000 || s->info.channels < 1)
        return fail(ErrorCode::kCorrupt,
                    "the header says " + std::to_string(s->info.rate_hz) + " Hz and " +
                        std::to_string(s->info.channels) +
                        " channels; 1000..384000 Hz and 1 or more are read",
                    path);
    // The first block is decoded here: what cannot be played is refused now, not in the music.
    auto some = s->decode_more();
    if (!some) return fail_in(std::move(some).error(), "first block");
    if (!*some)
        return fail(ErrorCode::kCorrupt, "the file holds no sound that can be decoded", path);
    return std::unique_ptr<Decoder>(new Decoder(std::move(s)));
}

const StreamInfo& Decoder::info() const { return state_->info; }
const std::vector<std::vector<float>>& Decoder::stored() const { return state_->given; }
std::vector<double> Decoder::channel_weights() const {
    AVChannelLayout layout = state_->shape.layout;
    if (layout.order == AV_CHANNEL_ORDER_UNSPEC) av_channel_layout_default(&layout, layout.nb_channels);
    std::vector<double> out;
    for (unsigned i = 0; i < static_cast<unsigned>(std::max(0, layout.nb_channels)); ++i) {
        switch (av_channel_layout_channel_from_index(&layout, i)) {
            case AV_CHAN_LOW_FREQUENCY:
            case AV_CHAN_LOW_FREQUENCY_2: out.push_back(0.0); break;
            case AV_CHAN_BACK_LEFT:
            case AV_CHAN_BACK_RIGHT:
            case AV_CHAN_BACK_CENTER:
            case AV_CHAN_SIDE_LEFT:
            case AV_CHAN_SIDE_RIGHT:
            case AV_CHAN_TOP_BACK_LEFT:
            case AV_CHAN_TOP_BACK_CENTER:
            case AV_CHAN_TOP_BACK_RIGHT: out.push_back(1.41); break;
            default: out.push_back(1.0);
        }
    }
    return out;
}
std::int64_t Decoder::position() const { return state_->next; }
std::int64_t Decoder::damaged_packets() const { return state_->damaged; }
bool Decoder::ended_early() const { return state_->truncated; }

Result<std::size_t> Decoder::read(std::span<float> left, std::span<float> right) {
    State& s = *state_;
    std::size_t done = 0;
    for (auto& c : s.given) c.clear();
    while (done < left.size()) {
        if (s.at == s.left.size()) {
            auto more = s.decode_more();
            if (!more && done == 0) return tl::unexpected<Error>(std::move(more).error());
            if (!more || !*more) break;
        }
        const std::size_t n = std::min(left.size() - done, s.left.size() - s.at);
        std::copy_n(s.left.data() + s.at, n, left.data() + done);
        std::copy_n(s.right.data() + s.at, n, right.data() + done);
        s.given.resize(s.channels.size());
        for (std::size_t c = 0; c < s.channels.size(); ++c) {
            s.given[c].resize(done, 0.0F);
            s.given[c].insert(s.given[c].end(), s.channels[c].begin() + static_cast<std::ptrdiff_t>(s.at), s.channels[c].begin() + static_cast<std::ptrdiff_t>(s.at + n));
        }
        s.at += n;
        s.next += static_cast<std::int64_t>(n);
        done += n;
    }
    return done;
}

Result<void> Decoder::seek(std::int64_t target) {
    State& s = *state_;
    target = std::max<std::int64_t>(0, target);
    const std::int64_t buffered_end = s.next + static_cast<std::int64_t>(s.left.size() - s.at);
    if (target >= s.next && target < buffered_end) {
        s.at += static_cast<std::size_t>(target - s.next);
        s.next = target;
        return {};
    }
    const auto preroll = static_cast<std::int64_t>(kPrerollSeconds * s.info.rate_hz);
    AVStream* st = s.input->stream();
    const AVRational frames{1, s.info.rate_hz};
    std::int64_t ts =
        target > preroll ? av_rescale_q(target - preroll + s.base, frames, st->time_base) : 0;
    // Near the start, from the very first packet, so that the codec is primed as on opening.
    const AVIndexEntry* first = avformat_index_get_entry(st, 0);
    if (target <= preroll && first != nullptr) ts = std::min<std::int64_t>(0, first->timestamp);
    int rc = av_seek_frame(s.input->format(), st->index, ts, AVSEEK_FLAG_BACKWARD);
    if (rc < 0)
        rc = av_seek_frame(s.input->format(), st->index, 0, AVSEEK_FLAG_BACKWARD | AVSEEK_FLAG_ANY);
    if (rc < 0)
        return detail::ffmpeg_fail(rc, "cannot go to another place in the file", s.input->path());
    avcodec_flush_buffers(s.codec.get());
    s.left.clear();
    s.right.clear();
    for (auto& c : s.channels) c.clear();
    s.at = 0;
    s.next = 0;
    s.skip_to = target;
    s.place_by_pts = true;
    s.sent_eof = s.ended = false;
    s.errors = 0;
    auto more = s.decode_more();
    if (!more) return tl::unexpected<Error>(std::move(more).error());
    if (!*more) s.next = target;
    return {};
}

Result<StreamInfo> probe(const std::string& path, const DecoderOptions& options) {
    ATTUNE_TRY(auto decoder, Decoder::open(path, options));
    return decoder->info();
}

}  // namespace attune::media
