// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

namespace attune::core {
namespace {

TEST(Text, ParseDoubleTakesTheWholeTextOrNothing) {
    EXPECT_EQ(parse_double(" -1.5e2 "), -150.0);
    EXPECT_EQ(parse_double("+3"), 3.0);
    EXPECT_FALSE(parse_double("1.5x"));
    EXPECT_FALSE(parse_double(""));
    EXPECT_FALSE(parse_double("nan"));
    EXPECT_FALSE(parse_double("inf"));
    EXPECT_FALSE(parse_double("1,5"));
}

TEST(Text, FormatDoubleReadsBackAndNeverPrintsNan) {
    for (const double x : {0.1, -1e-300, 12345678.9, 0.0}) EXPECT_EQ(parse_double(format_double(x)), x);
    EXPECT_EQ(format_double(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(Text, SplitKeepsEmptyParts) {
    const auto parts = split("a,,b", ',');
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[1], "");
    EXPECT_EQ(split("", ',').size(), 1U);
}

TEST(Text, Utf8IsToldFromOtherBytes) {
    EXPECT_TRUE(is_utf8("Sm\xC3\xB8rrebr\xC3\xB8" "d"));
    EXPECT_FALSE(is_utf8("Sm\xF8rrebr\xF8" "d"));
    EXPECT_FALSE(is_utf8("\xC0\x80"));          // overlong
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
    EXPECT_EQ(to_utf8_lossy("a\xFF" "b"), "a\xEF\xBF\xBD" "b");
}

TEST(Text, NearestWordOffersATypoAndNotAStranger) {
    EXPECT_EQ(nearest_word("energize", {"calm", "energise", "lift"}), "energise");
    EXPECT_FALSE(nearest_word("xylophone", {"calm", "energise", "lift"}));
}

TEST(Text, Base64OfOddLengthsIsPadded) {
    EXPECT_EQ(base64("a"), "YQ==");
    EXPECT_EQ(base64(""), "");
}

}  // namespace
}  // namespace attune::core
