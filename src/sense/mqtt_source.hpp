// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Samples from an MQTT broker: TOPIC/CHANNEL, each message as sample_message.hpp says.
///
/// Threads  libmosquitto's own network thread delivers; it reconnects by itself, and the gap is recorded
/// Errors   kUnavailable if the broker refuses or is not there
#include <memory>

#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

/// place = HOST[:PORT]/TOPIC; ?user=..&password=.. for brokers that ask.
[[nodiscard]] Result<std::unique_ptr<Source>> open_mqtt(const Spec& spec, const core::Clock& clock);

}  // namespace attune::sense
