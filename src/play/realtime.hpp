// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The priority of threads that must not be late, and their names in top and perf.

namespace attune::play {

/// Round-robin real-time scheduling for the calling thread, else a nice value of -11, else nothing:
/// what the system allows. Never fails.
void raise_priority() noexcept;
/// At most 15 bytes.
void name_thread(const char* name) noexcept;

}  // namespace attune::play
