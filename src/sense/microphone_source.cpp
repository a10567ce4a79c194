// SPDX-License-Identifier: GPL-3.0-or-later
// The callback talks to the ring alone; it never waits, allocates or logs.
#include "sense/microphone_source.hpp"

#include <array>
#include <atomic>
#include <cmath>
#include <string>
#include <utility>

#include "core/spsc_ring.hpp"
#include "core/text.hpp"
#include "media/resampler.hpp"

namespace attune::sense {
namespace {

constexpr int kRate = 16000;
constexpr std::size_t kBlock = 1600, kChunk = 1024;
constexpr std::size_t kRingFrames = 1U << 19U;   // 10 s at 48 kHz
constexpr double kSilentS = 3.0;                 // a device that sends nothing for so long is gone
constexpr double kAdriftS = 0.25;                // its samples and the clock may part by so much

class MicrophoneSource final : public Source {
public:
    MicrophoneSource(const Spec& spec, const core::Clock& clock, const media::PortAudio& library)
        : library_(library), clock_(clock), id_(spec.source_id()), text_(spec.text),
          seconds_(spec.number("seconds", kCheckInSeconds)), ring_(kRingFrames) {}
    ~MicrophoneSource() override { close(); }

    Result<void> open(const std::string& place) {
        if (const PaError e = library_.initialize(); e != paNoError)
            return fail(ErrorCode::kUnavailable, std::string("the sound system does not answer: ") + library_.error_text(e), text_);
        initialised_ = true;
        const PaDeviceIndex device = place.empty() ? library_.default_input() : static_cast<PaDeviceIndex>(core::parse_int(place).value_or(-1));
        const PaDeviceInfo* const info = device >= 0 && device < library_.device_count() ? library_.device_info(device) : nullptr;
        if (info == nullptr || info->maxInputChannels < 1) {
            return fail(ErrorCode::kUnavailable,
                        (place.empty() ? "no microphone on this machine" : "sound device " + place + " has no microphone") +
                            std::string("; a recording goes by voice:wav:FILE, and the page may use its own"), text_);
        }
        device_ = info->name;
        PaError e = start(device, *info, kRate);
        if (e != paNoError) e = start(device, *info, static_cast<int>(std::lround(info->defaultSampleRate)));
        if (e != paNoError)
            return fail(ErrorCode::kUnavailable, "microphone '" + device_ + "' cannot be opened: " + library_.error_text(e), text_);
        if (rate_hz_ != kRate) {
            ATTUNE_TRY(auto made, media::Resampler::create(rate_hz_, kRate, 2 * kChunk));
            resampler_ = std::make_unique<media::Resampler>(std::move(made));
        }
        heard_ = clock_.now();
        return {};
    }

    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kVoice; }
    flow::Provenance provenance() const override { return {flow::Origin::kLive, device_, "portaudio"}; }
    std::vector<ChannelInfo> channels() const override { return {{flow::Channel::kAudio, kRate, "1", ""}}; }
    bool live() const noexcept override { return true; }
    bool finished() const noexcept override { return finished_; }

    void close() noexcept override {
        finished_ = true;
        if (PaStream* const stream = std::exchange(stream_, nullptr); stream != nullptr) {
            library_.abort(stream);
            library_.close(stream);
        }
        if (std::exchange(initialised_, false)) library_.terminate();
    }

    Result<void> pull(Time, Batch& out) override {
        if (finished_) return {};
        const Time now = clock_.now();
        const bool any = drain();
        if (any) heard_ = now;
        while (samples_.size() >= kBlock && !finished_) hand_on(now, out);
        if (!any && (now - heard_).seconds() > kSilentS) {
            close();
            return fail(ErrorCode::kUnavailable, "microphone '" + device_ + "' sends nothing any more", text_);
        }
        return {};
    }

private:
    static int on_audio(const void* input, void*, unsigned long frames, const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags, void* self) {
        auto* const me = static_cast<MicrophoneSource*>(self);
        if (input != nullptr) {
            const std::size_t n = me->ring_.push(std::span(static_cast<const float*>(input), frames));
            if (n < frames) me->lost_.fetch_add(frames - n, std::memory_order_relaxed);
        }
        return paContinue;
    }

    PaError start(PaDeviceIndex device, const PaDeviceInfo& info, int rate_hz) {
        PaStreamParameters in{};
        in.device = device;
        in.channelCount = 1;
        in.sampleFormat = paFloat32;
        in.suggestedLatency = info.defaultLowInputLatency;
        PaStream* stream = nullptr;
        if (const PaError e = library_.open(&stream, &in, nullptr, rate_hz, paFramesPerBufferUnspecified, paNoFlag, &on_audio, this); e != paNoError)
            return e;
        if (const PaError e = library_.start(stream); e != paNoError) {
            library_.close(stream);
            return e;
        }
        stream_ = stream;
        rate_hz_ = rate_hz;
        return paNoError;
    }

    /// What the callback has left, at 16 kHz, to samples_.
    bool drain() {
        std::array<float, kChunk> in{}, left{}, right{};
        bool any = false;
        for (std::size_t n = ring_.pop(in); n > 0; n = ring_.pop(in)) {
            any = true;
            for (std::size_t k = 0; k < n; ++k)
                if (!std::isfinite(in[k])) in[k] = 0.0F;
            const auto block = std::span<const float>(in).first(n);
            if (!resampler_) {
                samples_.insert(samples_.end(), block.begin(), block.end());
                continue;
            }
            resampler_->push(block, block);
            for (std::size_t m = resampler_->pull(left, right); m > 0; m = resampler_->pull(left, right))
                samples_.insert(samples_.end(), left.begin(), left.begin() + static_cast<std::ptrdiff_t>(m));
        }
        return any;
    }

    void hand_on(Time now, Batch& out) {
        flow::SensorFrame frame;
        // The newest sample was taken just now, those before it earlier; as long as that agrees, time goes by samples.
        const Time by_clock = now - from_seconds(static_cast<double>(samples_.size()) / kRate);
        if (!next_ || std::abs((by_clock - *next_).seconds()) > kAdriftS) {
            if (next_ && by_clock > *next_) frame.gap_ns = (by_clock - *next_).ns;
            next_ = next_ && by_clock < *next_ ? *next_ : by_clock;
        }
        const auto lost = lost_.exchange(0, std::memory_order_relaxed);
        if (lost > 0 && frame.gap_ns == 0) frame.gap_ns = from_seconds(static_cast<double>(lost) / rate_hz_).ns;
        frame.source = id_;
        frame.channel = flow::Channel::kAudio;
        frame.seq = seq_++;
        frame.t = *next_;
        frame.rate_hz = kRate;
        frame.provenance = provenance();
        frame.samples.assign(samples_.begin(), samples_.begin() + kBlock);
        samples_.erase(samples_.begin(), samples_.begin() + kBlock);
        next_ = *next_ + from_seconds(static_cast<double>(kBlock) / kRate);
        out.frames.push_back(std::move(frame));
        given_ += kBlock;
        if (seconds_ > 0.0 && static_cast<double>(given_) >= seconds_ * kRate) close();  // the check-in is over
    }

    const media::PortAudio& library_;
    const core::Clock& clock_;
    std::string id_, text_, device_;
    double seconds_;
    core::SpscRing<float> ring_;
    std::atomic<std::uint64_t> lost_{0};
    PaStream* stream_ = nullptr;
    std::unique_ptr<media::Resampler> resampler_;
    std::vector<float> samples_;   ///< at 16 kHz, not handed on yet
    std::optional<Time> next_;     ///< of samples_[0]
    Time heard_;
    std::uint64_t seq_ = 0, given_ = 0;
    int rate_hz_ = kRate;
    bool initialised_ = false, finished_ = false;
};

}  // namespace

Result<std::unique_ptr<Source>> open_microphone(const Spec& spec, const core::Clock& clock, const media::PortAudio& library) {
    auto source = std::make_unique<MicrophoneSource>(spec, clock, library);
    if (auto opened = source->open(spec.place); !opened) return tl::unexpected<Error>(std::move(opened).error());
    return source;
}

}  // namespace attune::sense
