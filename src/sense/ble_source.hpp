// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A Bluetooth heart rate strap through BlueZ (org.bluez on the system bus).
///
/// Out      kHeartRate [bpm] and kRr [ms], irregular; nothing while the strap says that it has no skin contact
/// Threads  sdbus-c++'s event loop delivers; when the strap goes away it is connected again, the gap is recorded
/// Errors   open: kUnavailable if there is no bus, no BlueZ, or no strap that it knows (pair it once with bluetoothctl)
#include <memory>

#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

/// place = address "AA:BB:CC:DD:EE:FF", or empty for the first strap.
[[nodiscard]] Result<std::unique_ptr<Source>> open_ble_heart_rate(const Spec& spec, const core::Clock& clock);

}  // namespace attune::sense
