// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One generator, named streams, our own distributions: the same numbers on every machine.
///
/// For simulation, composition and tie-free shuffles. Never in an estimate.
/// Method   xoshiro256++ (Blackman & Vigna 2021, doi:10.1145/3460772), seeded by BLAKE2b over
///          (seed, stream name); normals by Marsaglia's polar method.
#include <array>
#include <cstdint>
#include <string_view>

namespace attune::core {

class Random {
public:
    /// `stream` says who draws and what for: "compose/motif", "sense/rr-noise".
    Random(std::uint64_t seed, std::string_view stream) noexcept;

    [[nodiscard]] std::uint64_t next() noexcept;
    /// Uniform in [0, 1) with 53 bits.
    [[nodiscard]] double uniform() noexcept;
    [[nodiscard]] double uniform(double low, double high) noexcept;
    /// Uniform in 0..n-1; n > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t n) noexcept;
    /// Mean 0, SD 1.
    [[nodiscard]] double normal() noexcept;
    [[nodiscard]] double normal(double mean, double sd) noexcept { return mean + sd * normal(); }
    /// Mean 1/rate; rate > 0.
    [[nodiscard]] double exponential(double rate) noexcept;
    [[nodiscard]] bool chance(double p) noexcept { return uniform() < p; }

private:
    std::array<std::uint64_t, 4> s_{};
    double spare_ = 0.0;
    bool has_spare_ = false;
};

}  // namespace attune::core
