// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/fixed_chance.hpp"

namespace attune::compose {

double fixed_chance(std::uint64_t seed, std::string_view purpose, std::int64_t tick, std::int64_t index) noexcept {
    // The splitmix64 finaliser (Steele et al. 2014, doi:10.1145/2660193.2660195) over a mix of the arguments.
    std::uint64_t x = seed ^ (static_cast<std::uint64_t>(tick) * 0x9E3779B97F4A7C15ULL) ^ (static_cast<std::uint64_t>(index) * 0xC2B2AE3D27D4EB4FULL);
    for (const char c : purpose) x = (x ^ static_cast<std::uint64_t>(static_cast<unsigned char>(c))) * 0x100000001B3ULL;
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9ULL;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBULL;
    x ^= x >> 31;
    return static_cast<double>(x >> 11) * 0x1.0p-53;
}

}  // namespace attune::compose
