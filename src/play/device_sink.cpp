// SPDX-License-Identifier: GPL-3.0-or-later
// A device through PortAudio. Its callback talks to the puller alone; a watcher of its own looks whether
// the device still asks for sound and takes it back when it is there again, at whatever rate it then has.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/log.hpp"
#include "media/resampler.hpp"
#include "play/portaudio.hpp"

namespace attune::play {
namespace {

constexpr auto kWatchEvery = std::chrono::milliseconds(100);
constexpr std::size_t kChunk = 256;
/// Three of them lie in the device and one is filled: at less, ALSA would ask 150 times a second.
constexpr double kDeviceLatency_s = 3.0 * kSinkFrames / 48000.0;

/// PortAudio counts who has opened it; the last one closes it.
class Session {
public:
    static Result<Session> open(const PortAudio& l) {
        if (const PaError e = l.initialize(); e != paNoError)
            return fail(ErrorCode::kUnavailable,
                        std::string("the sound system does not answer: ") + l.error_text(e));
        return Session(&l);
    }
    Session(Session&& o) noexcept : l_(std::exchange(o.l_, nullptr)) {}
    Session& operator=(Session&&) = delete;
    ~Session() {
        if (l_ != nullptr) l_->terminate();
    }
    const PortAudio* operator->() const { return l_; }

private:
    explicit Session(const PortAudio* l) : l_(l) {}
    const PortAudio* l_;
};

PaDeviceIndex find_device(const Session& s, const std::string& name) {
    if (name.empty()) return s->default_output();
    for (PaDeviceIndex k = 0; k < s->device_count(); ++k) {
        const PaDeviceInfo* info = s->device_info(k);
        if (info != nullptr && info->maxOutputChannels >= 1 && name == info->name) return k;
    }
    return paNoDevice;
}

class DeviceSink final : public Sink {
public:
    DeviceSink(const PortAudio& library, std::string name, DeviceWatch watch)
        : library_(library), name_(std::move(name)), watch_(watch) {}
    ~DeviceSink() override { stop(); }

    Result<void> start(Puller& puller) override {
        puller_ = &puller;
        ATTUNE_CHECK(open());
        quit_.store(false);
        watcher_ = std::thread([this] { watch(); });
        return {};
    }
    void stop() noexcept override {
        quit_.store(true);
        if (watcher_.joinable()) watcher_.join();
        close();
    }
    std::string name() const override { return name_.empty() ? "device" : name_; }
    double latency_s() const noexcept override { return latency_s_.load(); }
    bool lost() const noexcept override { return lost_.load(); }

private:
    Result<void> open() {
        ATTUNE_TRY(auto session, Session::open(library_));
        session_ = std::make_unique<Session>(std::move(session));
        const PaDeviceIndex device = find_device(*session_, name_);
        if (device == paNoDevice) {
            session_.reset();
            return fail(ErrorCode::kUnavailable,
                        name_.empty() ? "no sound device is there"
                                      : "the sound device is not there",
                        name_);
        }
        const PaDeviceInfo* info = (*session_)->device_info(device);
        PaStreamParameters out{device, std::min(2, info->maxOutputChannels), paFloat32,
                               std::max(kDeviceLatency_s, info->defaultLowOutputLatency), nullptr};
        channels_ = out.channelCount;
        // The device's own rate if it does not take ours: the filter stands between.
        for (const double rate : {48000.0, info->defaultSampleRate, 44100.0}) {
            const PaError e =
                (*session_)->open(&stream_, nullptr, &out, rate, paFramesPerBufferUnspecified,
                                  paNoFlag, &DeviceSink::callback, this);
            if (e != paNoError) continue;
            if (!prepare(static_cast<int>(rate))) break;
            if ((*session_)->start(stream_) != paNoError) break;
            const PaStreamInfo* si = (*session_)->stream_info(stream_);
            latency_s_.store(si != nullptr ? si->outputLatency : 0.0);
            return {};
        }
        close();
        return fail(ErrorCode::kUnavailable,
                    "the sound device cannot be opened; another program may hold it", name_);
    }
    bool prepare(int rate) {
        filter_.reset();
        if (rate == kEngineHz) return true;
        auto r = media::Resampler::create(kEngineHz, rate, 4 * kChunk);
        if (r) filter_ = std::make_unique<media::Resampler>(*std::move(r));
        return filter_ != nullptr;
    }
    void close() noexcept {
        if (stream_ != nullptr) {
            (*session_)->abort(stream_);
            (*session_)->close(stream_);
        }
        stream_ = nullptr;
        session_.reset();
    }
    /// Looks whether the device still asks for sound; if not, tries to get it back.
    void watch() {
        std::uint64_t seen = calls_.load();
        auto alive = std::chrono::steady_clock::now();
        bool gone = false;
        while (!quit_.load()) {
            std::this_thread::sleep_for(gone ? std::chrono::milliseconds(watch_.look_every_ms)
                                             : kWatchEvery);
            const auto now = std::chrono::steady_clock::now();
            if (const std::uint64_t calls = calls_.load(); calls != seen) {
                seen = calls;
                alive = now;
                lost_.store(false);  // not before it asks again: one that only opens is still lost
                continue;
            }
            if (now - alive < std::chrono::milliseconds(watch_.stalled_ms)) continue;
            lost_.store(true);
            close();
            const auto opened = open();
            gone = !opened;
            if (opened) {
                alive = std::chrono::steady_clock::now();
            } else {
                core::log(core::LogLevel::kDebug, "play", opened.error().describe());
            }
        }
    }
    static int callback(const void*, void* output, unsigned long frames,
                        const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags, void* self) {
        static_cast<DeviceSink*>(self)->fill(static_cast<float*>(output), frames);
        return paContinue;
    }
    void fill(float* out, std::size_t frames) noexcept {
        calls_.fetch_add(1, std::memory_order_relaxed);
        while (frames > 0) {
            const std::size_t n = std::min(frames, kChunk);
            const auto l = std::span(left_).first(n), r = std::span(right_).first(n);
            if (filter_ == nullptr)
                puller_->pull(l, r);
            else
                through_filter(l, r);
            for (std::size_t k = 0; k < n; ++k) {
                if (channels_ == 1) {
                    *out++ = 0.5F * (l[k] + r[k]);
                } else {
                    *out++ = l[k];
                    *out++ = r[k];
                }
            }
            frames -= n;
        }
    }
    void through_filter(std::span<float> l, std::span<float> r) noexcept {
        std::size_t done = filter_->pull(l, r);
        while (done < l.size()) {
            puller_->pull(in_left_, in_right_);
            filter_->push(in_left_, in_right_);
            done += filter_->pull(l.subspan(done), r.subspan(done));
        }
    }

    static constexpr int kEngineHz = 48000;
    const PortAudio& library_;
    std::string name_;
    DeviceWatch watch_;
    Puller* puller_ = nullptr;
    std::unique_ptr<Session> session_;
    PaStream* stream_ = nullptr;
    std::unique_ptr<media::Resampler> filter_;  ///< the callback's while a stream is open
    int channels_ = 2;
    std::array<float, kChunk> left_{}, right_{}, in_left_{}, in_right_{};
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<double> latency_s_{0.0};
    std::atomic<bool> lost_{false}, quit_{false};
    std::thread watcher_;
};

}  // namespace

std::unique_ptr<Sink> make_device_sink(const PortAudio& library, std::string name, DeviceWatch watch) {
    return std::make_unique<DeviceSink>(library, std::move(name), watch);
}

Result<std::vector<DeviceInfo>> list_devices() {
    ATTUNE_TRY(const PortAudio* library, load_portaudio());
    ATTUNE_TRY(auto session, Session::open(*library));
    std::vector<DeviceInfo> out;
    const PaDeviceIndex standard = session->default_output();
    for (PaDeviceIndex k = 0; k < session->device_count(); ++k) {
        const PaDeviceInfo* info = session->device_info(k);
        if (info == nullptr || info->maxOutputChannels < 1) continue;
        const PaHostApiInfo* api = session->host_api_info(info->hostApi);
        out.push_back({info->name, api != nullptr ? api->name : "", k == standard,
                       info->maxOutputChannels, info->defaultLowOutputLatency});
    }
    return out;
}

Result<std::unique_ptr<Sink>> open_device(const std::string& name) {
    ATTUNE_TRY(const PortAudio* library, load_portaudio());
    ATTUNE_TRY(auto session, Session::open(*library));
    if (find_device(session, name) == paNoDevice)
        return fail(ErrorCode::kUnavailable,
                    name.empty() ? "no sound device is there" : "this sound device is not there",
                    name);
    return make_device_sink(*library, name);
}

}  // namespace attune::play
