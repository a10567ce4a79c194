// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Where the sound goes. A live sink asks for frames at its own pace, from its own thread.
///
/// Threads  start(), stop(): the owner. The puller is called from the sink's thread only, RT-SAFE,
/// and
///          not after stop() has returned
/// Clock    latency_s(): from the frame that is pulled to the air; the pair (frames pulled, time)
/// is
///          taken in the puller
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::play {

class Puller {
public:
    virtual ~Puller() = default;
    virtual void pull(std::span<float> left, std::span<float> right) noexcept = 0;
    /// False if so many frames would run dry now. A sink that may be late, as a stream over a network may, waits a
    /// little then; one that may not pulls all the same. RT-SAFE, the sink's thread.
    [[nodiscard]] virtual bool ready(std::size_t frames) const noexcept = 0;
};

class Sink {
public:
    virtual ~Sink() = default;
    [[nodiscard]] virtual Result<void> start(Puller& puller) = 0;
    virtual void stop() noexcept = 0;
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual double latency_s() const noexcept = 0;
    /// The device went away; the sink itself tries to get it back.
    [[nodiscard]] virtual bool lost() const noexcept { return false; }
    /// It waits for an engine that is late and has sound in hand beyond it: a pause of the machine costs it nothing.
    [[nodiscard]] virtual bool waits() const noexcept { return false; }
};

/// What a sink takes at once where it may choose: 20 ms. Each time costs a core more than the sound in it.
constexpr int kSinkFrames = 960;

/// Takes `block` frames every block/48000 s of the steady clock and throws them away. Also counts
/// how late its own thread was woken.
[[nodiscard]] std::unique_ptr<Sink> make_null_sink(int block = kSinkFrames);

struct DeviceInfo {
    std::string name;      ///< as to be given to open
    std::string host_api;  ///< "ALSA", "JACK Audio Connection Kit"
    bool is_default = false;
    int max_channels = 0;
    double latency_s = 0.0;
};
/// PortAudio is loaded on first use; without the library or without a device: kUnavailable with
/// what to install.
[[nodiscard]] Result<std::vector<DeviceInfo>> list_devices();
/// name empty = the default device. A device that vanishes is looked for every second.
[[nodiscard]] Result<std::unique_ptr<Sink>> open_device(const std::string& name = {});

}  // namespace attune::play
