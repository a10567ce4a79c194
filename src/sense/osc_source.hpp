// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Samples by Open Sound Control: UDP messages [PREFIX]/CHANNEL with numbers.
///
/// In       "/muse/eeg ffff": one sample of each electrode; "/x/acc fff": x y z; any other channel: its samples in order,
///          with ?rate=HZ regular, else one message = one moment
/// Threads  liblo's server thread delivers
/// Errors   kUnavailable if the port is taken
#include <memory>

#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

/// place = [HOST]:PORT[/PREFIX].
[[nodiscard]] Result<std::unique_ptr<Source>> open_osc(const Spec& spec, const core::Clock& clock);

}  // namespace attune::sense
