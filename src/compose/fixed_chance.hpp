// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Chance that belongs to a place instead of a moment: a hash, not a stream.
///
/// A stream of random numbers ties every draw to all draws before it, so that one note more would change everything behind
/// it. Here a place and a purpose have their number for good: what a control adds is added, and the rest stays.
#include <cstdint>
#include <string_view>

namespace attune::compose {

/// Evenly in 0..1 (1 excluded), the same for the same arguments on every machine.
[[nodiscard]] double fixed_chance(std::uint64_t seed, std::string_view purpose, std::int64_t tick, std::int64_t index = 0) noexcept;

}  // namespace attune::compose
