// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// PortAudio as a table of functions: the library's own, loaded on first use, or a test's.
///
/// Threads  load_portaudio(): any
/// Errors   kUnavailable: the library is not installed, or too old; says what to install
#include <portaudio.h>

#include "core/result.hpp"
#include "play/sink.hpp"

namespace attune::play {

struct PortAudio {
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
    decltype(&Pa_GetErrorText) error_text = nullptr;
};

/// Once a process. ALSA and JACK, which PortAudio brings along, are told to keep their search for
/// devices to themselves: what is wrong is said by our own errors.
[[nodiscard]] Result<const PortAudio*> load_portaudio();

/// How long a device may ask for nothing before it counts as lost, and how often it is looked for then.
struct DeviceWatch {
    int stalled_ms = 1500;
    int look_every_ms = 1000;
};
/// `library` is borrowed and outlives the sink.
[[nodiscard]] std::unique_ptr<Sink> make_device_sink(const PortAudio& library, std::string name, DeviceWatch watch = {});

}  // namespace attune::play
