// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/random.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace attune::core {
namespace {

TEST(Random, OneSeedAndStreamGiveOneSequence) {
    Random a(1, "test/a"), b(1, "test/a"), other_stream(1, "test/b"), other_seed(2, "test/a");
    const auto x = a.next();
    EXPECT_EQ(x, b.next());
    EXPECT_NE(x, other_stream.next());
    EXPECT_NE(x, other_seed.next());
}

TEST(Random, UniformStaysInsideItsRangeAndFillsIt) {
    Random random(3, "test/uniform");
    double sum = 0.0;
    for (int i = 0; i < 100000; ++i) {
        const double u = random.uniform();
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
    }
    EXPECT_NEAR(sum / 100000, 0.5, 0.005);  // 5 standard errors
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
    Random random(4, "test/normal");
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 100000; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
    }
    EXPECT_NEAR(sum / 100000, 0.0, 0.016);
    EXPECT_NEAR(squares / 100000, 1.0, 0.025);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
    Random random(5, "test/below");
    int count[6] = {};
    for (int i = 0; i < 6000; ++i) ++count[random.below(6)];
    for (const int n : count) EXPECT_NEAR(n, 1000, 150);
}

}  // namespace
}  // namespace attune::core
