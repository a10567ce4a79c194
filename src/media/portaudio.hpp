// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// PortAudio as a table of functions: the library's own, loaded on first use, or a test's.
///
/// Threads  load_portaudio(): any
/// Errors   kUnavailable: the library is not installed, or too old; says what to install
#include <portaudio.h>

#include "core/result.hpp"

namespace attune::media {

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
    decltype(&Pa_GetDefaultInputDevice) default_input = nullptr;
};

/// Once a process. ALSA and JACK, which PortAudio brings along, are told to keep their search for
/// devices to themselves: what is wrong is said by our own errors.
[[nodiscard]] Result<const PortAudio*> load_portaudio();

}  // namespace attune::media
