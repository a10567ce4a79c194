// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <bit>
#include <cmath>

#include "core/hash.hpp"
#include "session/replay.hpp"

namespace attune::session {

std::string fingerprint() {
    core::Blake2b hash(16);
    hash.update(__VERSION__);
    // libm picks its code by CPU; where the last bits differ, these differ.
    using Function = double (*)(double);
    constexpr std::array<Function, 8> kFunctions = {
        [](double x) { return std::exp(x); },  [](double x) { return std::log(1.0 + std::abs(x)); },
        [](double x) { return std::sin(x); },  [](double x) { return std::cos(x); },
        [](double x) { return std::tanh(x); }, [](double x) { return std::pow(1.1 + std::abs(x), 1.7); },
        [](double x) { return std::atan2(x, 0.7); }, [](double x) { return std::log10(1.0 + std::abs(x)); }};
    for (int i = 0; i < 512; ++i) {
        const double x = -7.3 + 0.0287 * i + 1e-7 * i * i;
        for (const Function f : kFunctions) {
            volatile double argument = x;   // no folding at compile time
            hash.update_u64(std::bit_cast<std::uint64_t>(f(argument)));
        }
    }
    return core::to_hex(hash.finish());
}

}  // namespace attune::session
