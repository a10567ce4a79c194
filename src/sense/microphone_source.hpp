// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A microphone of this machine as a stream of 16 kHz blocks on Channel::kAudio: a spoken check-in.
///
/// In       voice:mic[:N][?seconds=S]: the default device, or number N of PortAudio's list; it closes after S seconds
///          of sound (10; 0 = stays open until it is closed)
/// Out      blocks of 0.1 s, mono, [-1, 1], at the clock's time; what the device lost is told in gap_ns. Nothing is stored
/// Threads  PortAudio's callback fills a ring (wait-free); everything else by one owner
/// Errors   open: kUnavailable where there is no microphone, or it cannot be opened. pull(): kUnavailable when it has
///          sent nothing for 3 s; then the source is finished
#include <memory>

#include "core/time.hpp"
#include "media/portaudio.hpp"
#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

inline constexpr double kCheckInSeconds = 10.0;

/// `library` and `clock` are borrowed and outlive the source.
[[nodiscard]] Result<std::unique_ptr<Source>> open_microphone(const Spec& spec, const core::Clock& clock, const media::PortAudio& library);

}  // namespace attune::sense
