// SPDX-License-Identifier: GPL-3.0-or-later
// PortAudio, loaded when a device is asked for: a program that only scans or serves never pays for
// it.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <thread>

#include <portaudio.h>

#include "core/log.hpp"
#include "media/resampler.hpp"
#include "play/sink.hpp"

namespace attune::play {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr auto kWatchEvery = std::chrono::milliseconds(100);
constexpr auto kStalled = std::chrono::milliseconds(1500);
constexpr std::size_t kChunk = 256;

/// The library's functions, found once a process.
struct Library {
    decltype(&Pa_Initialize) initialize = nullptr;
    decltype(&Pa_Terminate) terminate = nullptr;
    decltype(&Pa_GetDeviceCount) device_count = nullptr;
    decltype(&Pa_GetDefaultOutputDevice) default_output = nullptr;
    decltype(&Pa_GetDeviceInfo) device_info = nullptr;
    decltype(&Pa_GetHostApiInfo) host_api_info = nullptr;
    decltype(&Pa_OpenStream) open = nullptr;
    decltype(&Pa_StartStream) start = nullptr;
    decltype(&Pa_AbortStream) abort = nullptr;
    decltype(&Pa_CloseStream) close = nullptr;
    decltype(&Pa_GetStreamInfo) stream_info = nullptr;
    decltype(&Pa_IsStreamActive) active = nullptr;
    decltype(&Pa_GetErrorText) error_text = nullptr;
};

template <typename F>
bool find(void* handle, const char* name, F& function) {
    function = reinterpret_cast<F>(dlsym(handle, name));
    return function != nullptr;
}

Result<const Library*> library() {
    static std::mutex mutex;  // guards loaded
    static Library loaded;
    const std::scoped_lock lock(mutex);
    if (loaded.initialize != nullptr) return &loaded;
    void* handle = dlopen("libportaudio.so.2", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr)
        return fail(ErrorCode::kUnavailable,
                    "PortAudio is not installed; install libportaudio2 to play on this machine");
    Library l;
    const bool all =
        find(handle, "Pa_Initialize", l.initialize) && find(handle, "Pa_Terminate", l.terminate) &&
        find(handle, "Pa_GetDeviceCount", l.device_count) &&
        find(handle, "Pa_GetDefaultOutputDevice", l.default_output) &&
        find(handle, "Pa_GetDeviceInfo", l.device_info) &&
        find(handle, "Pa_GetHostApiInfo", l.host_api_info) &&
        find(handle, "Pa_OpenStream", l.open) && find(handle, "Pa_StartStream", l.start) &&
        find(handle, "Pa_AbortStream", l.abort) && find(handle, "Pa_CloseStream", l.close) &&
        find(handle, "Pa_GetStreamInfo", l.stream_info) &&
        find(handle, "Pa_IsStreamActive", l.active) &&
        find(handle, "Pa_GetErrorText", l.error_text);
    if (!all)
        return fail(ErrorCode::kUnavailable,
                    "the PortAudio library is too old; version 19 is needed");
    loaded = l;
    return &loaded;
}

/// ALSA and JACK talk on stderr while PortAudio looks for devices; that is not our user's business.
class Session {
public:
    static Result<Session> open() {
        ATTUNE_TRY(const Library* l, library());
        if (const PaError e = l->initialize(); e != paNoError)
            return fail(ErrorCode::kUnavailable,
                        std::string("the sound system does not answer: ") + l->error_text(e));
        return Session(l);
    }
    Session(Session&& o) noexcept : l_(std::exchange(o.l_, nullptr)) {}
    Session& operator=(Session&&) = delete;
    ~Session() {
        if (l_ != nullptr) l_->terminate();
    }
    const Library* operator->() const { return l_; }

private:
    explicit Session(const Library* l) : l_(l) {}
    const Library* l_;
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
    explicit DeviceSink(std::string name) : name_(std::move(name)) {}
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
        ATTUNE_TRY(auto session, Session::open());
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
                               std::max(0.02, info->defaultLowOutputLatency), nullptr};
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
        while (!quit_.load()) {
            std::this_thread::sleep_for(lost_.load() ? std::chrono::milliseconds(kLookEvery)
                                                     : kWatchEvery);
            const auto now = std::chrono::steady_clock::now();
            if (const std::uint64_t calls = calls_.load(); calls != seen) {
                seen = calls;
                alive = now;
                continue;
            }
            if (now - alive < kStalled) continue;
            lost_.store(true);
            close();
            if (auto opened = open(); opened) {
                lost_.store(false);
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
    std::string name_;
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

Result<std::vector<DeviceInfo>> list_devices() {
    ATTUNE_TRY(auto session, Session::open());
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
    ATTUNE_TRY(auto session, Session::open());
    if (find_device(session, name) == paNoDevice)
        return fail(ErrorCode::kUnavailable,
                    name.empty() ? "no sound device is there" : "this sound device is not there",
                    name);
    return std::unique_ptr<Sink>(std::make_unique<DeviceSink>(name));
}

}  // namespace attune::play
