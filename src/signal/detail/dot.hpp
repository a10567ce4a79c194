// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Inner loops with a fixed order of additions: the same bits on every machine and in every build.
#include <cstddef>
#include <cstring>

namespace attune::signal::detail {

typedef float Float4 __attribute__((vector_size(16)));

inline Float4 load4(const float* p) noexcept {
    Float4 v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

/// Sum of a[i] * b[i]; eight partial sums.
inline float dot(const float* a, const float* b, std::size_t n) noexcept {
    Float4 s0 = {0, 0, 0, 0}, s1 = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        s0 += load4(a + i) * load4(b + i);
        s1 += load4(a + i + 4) * load4(b + i + 4);
    }
    s0 += s1;
    float sum = (s0[0] + s0[1]) + (s0[2] + s0[3]);
    for (; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace attune::signal::detail
