// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <thread>

namespace attune::core {
namespace {

TEST(SpscRing, TwoThreadsMoveEveryItemOnceAndInOrder) {
    SpscRing<std::uint32_t> ring(64);
    constexpr std::uint32_t kItems = 200000;
    std::jthread producer([&] {
        for (std::uint32_t i = 0; i < kItems;) {
            if (ring.push(i)) ++i;
            else std::this_thread::yield();
        }
    });
    std::array<std::uint32_t, 17> block{};
    for (std::uint32_t expected = 0; expected < kItems;) {
        const std::size_t n = ring.pop(block);
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(block[i], expected++);
        if (n == 0) std::this_thread::yield();
    }
}

TEST(SpscRing, AFullRingTakesNothingMore) {
    SpscRing<int> ring(4);
    const std::array<int, 6> in{1, 2, 3, 4, 5, 6};
    EXPECT_EQ(ring.push(in), 4U);
    EXPECT_FALSE(ring.push(7));
    int out = 0;
    EXPECT_TRUE(ring.pop(out));
    EXPECT_EQ(out, 1);
    EXPECT_EQ(ring.space(), 1U);
}

}  // namespace
}  // namespace attune::core
