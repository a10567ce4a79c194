// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A sound device as a sink, through PortAudio.
#include "media/portaudio.hpp"
#include "play/sink.hpp"

namespace attune::play {

using media::load_portaudio;
using media::PortAudio;

/// How long a device may ask for nothing before it counts as lost, and how often it is looked for then.
struct DeviceWatch {
    int stalled_ms = 1500;
    int look_every_ms = 1000;
};
/// `library` is borrowed and outlives the sink.
[[nodiscard]] std::unique_ptr<Sink> make_device_sink(const PortAudio& library, std::string name, DeviceWatch watch = {});

}  // namespace attune::play
