// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/random.hpp"

#include <cmath>
#include <cstring>

#include "core/assert.hpp"
#include "core/hash.hpp"

namespace attune::core {
namespace {

std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream) noexcept {
    Blake2b hash(32);
    hash.update_u64(seed);
    hash.update(stream);
    const auto digest = hash.finish();
    for (std::size_t i = 0; i < s_.size(); ++i) {
        std::uint64_t word = 0;
        for (std::size_t b = 0; b < 8; ++b) {
            word |= static_cast<std::uint64_t>(digest[i * 8 + b]) << (8 * b);
        }
        s_[i] = word;
    }
    if ((s_[0] | s_[1] | s_[2] | s_[3]) == 0) s_[0] = 1;
}

std::uint64_t Random::next() noexcept {
    const std::uint64_t result = rotl(s_[0] + s_[3], 23) + s_[0];
    const std::uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = rotl(s_[3], 45);
    return result;
}

double Random::uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Random::uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

std::uint64_t Random::below(std::uint64_t n) noexcept {
    ATTUNE_ASSERT(n > 0);
    const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % n + 1) % n;
    std::uint64_t x = next();
    while (x > limit) x = next();
    return x % n;
}

double Random::normal() noexcept {
    if (has_spare_) {
        has_spare_ = false;
        return spare_;
    }
    double u = 0.0;
    double v = 0.0;
    double r = 0.0;
    do {
        u = 2.0 * uniform() - 1.0;
        v = 2.0 * uniform() - 1.0;
        r = u * u + v * v;
    } while (r >= 1.0 || r == 0.0);
    const double scale = std::sqrt(-2.0 * std::log(r) / r);
    spare_ = v * scale;
    has_spare_ = true;
    return u * scale;
}

double Random::exponential(double rate) noexcept { return -std::log1p(-uniform()) / rate; }

}  // namespace attune::core
