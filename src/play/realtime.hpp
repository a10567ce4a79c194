// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The priority of threads that must not be late.

namespace attune::play {

/// Round-robin real-time scheduling for the calling thread, else a nice value of -11, else nothing:
/// what the system allows. Never fails.
void raise_priority() noexcept;

}  // namespace attune::play
