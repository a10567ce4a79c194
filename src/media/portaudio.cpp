// SPDX-License-Identifier: GPL-3.0-or-later
// A program that only scans or serves never pays for PortAudio: it is loaded when a device is asked for.
#include "media/portaudio.hpp"

#include <dlfcn.h>
#include <mutex>

namespace attune::media {
namespace {

template <typename F>
bool find(void* handle, const char* name, F& function) {
    function = reinterpret_cast<F>(dlsym(handle, name));
    return function != nullptr;
}

using AlsaHandler = void (*)(const char* file, int line, const char* function, int code, const char* format, ...);
using JackHandler = void (*)(const char* message);
void no_alsa_words(const char*, int, const char*, int, const char*, ...) {}
void no_jack_words(const char*) {}

/// Both write to stderr by themselves, dozens of lines where there is no sound card.
void hush_what_it_brings_along() {
    if (void* alsa = dlopen("libasound.so.2", RTLD_NOW | RTLD_NOLOAD); alsa != nullptr) {
        int (*set_handler)(AlsaHandler) = nullptr;
        if (find(alsa, "snd_lib_error_set_handler", set_handler)) (void)set_handler(&no_alsa_words);
    }
    if (void* jack = dlopen("libjack.so.0", RTLD_NOW | RTLD_NOLOAD); jack != nullptr) {
        void (*set_handler)(JackHandler) = nullptr;
        for (const char* name : {"jack_set_error_function", "jack_set_info_function"})
            if (find(jack, name, set_handler)) set_handler(&no_jack_words);
    }
}

}  // namespace

Result<const PortAudio*> load_portaudio() {
    static std::mutex mutex;  // guards loaded
    static PortAudio loaded;
    const std::scoped_lock lock(mutex);
    if (loaded.initialize != nullptr) return &loaded;
    void* handle = dlopen("libportaudio.so.2", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr)
        return fail(ErrorCode::kUnavailable,
                    "PortAudio is not installed; install libportaudio2 to play or to listen on this machine");
    PortAudio l;
    const bool all =
        find(handle, "Pa_Initialize", l.initialize) && find(handle, "Pa_Terminate", l.terminate) &&
        find(handle, "Pa_GetDeviceCount", l.device_count) &&
        find(handle, "Pa_GetDefaultOutputDevice", l.default_output) &&
        find(handle, "Pa_GetDeviceInfo", l.device_info) &&
        find(handle, "Pa_GetHostApiInfo", l.host_api_info) &&
        find(handle, "Pa_OpenStream", l.open) && find(handle, "Pa_StartStream", l.start) &&
        find(handle, "Pa_AbortStream", l.abort) && find(handle, "Pa_CloseStream", l.close) &&
        find(handle, "Pa_GetStreamInfo", l.stream_info) &&
        find(handle, "Pa_GetErrorText", l.error_text) &&
        find(handle, "Pa_GetDefaultInputDevice", l.default_input);
    if (!all)
        return fail(ErrorCode::kUnavailable,
                    "the PortAudio library is too old; version 19 is needed");
    hush_what_it_brings_along();
    loaded = l;
    return &loaded;
}

}  // namespace attune::media
