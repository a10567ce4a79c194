// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/crop_jpeg.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace attune::learn {
namespace {

std::vector<std::uint8_t> picture() {
    std::vector<std::uint8_t> rgb(96 * 96 * 3);
    for (std::size_t i = 0; i < 96 * 96; ++i) {
        const auto v = static_cast<std::uint8_t>(128.0 + 90.0 * std::sin(static_cast<double>(i % 96) * 0.1));
        rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = v;
    }
    return rgb;
}

TEST(CropJpeg, ComesBackWithinAFewGreyLevels) {
    const auto rgb = picture();
    const auto luma = decode_crop(*encode_crop(rgb));
    ASSERT_TRUE(luma);
    double sum = 0.0;
    for (std::size_t i = 0; i < luma->size(); ++i) sum += std::abs(static_cast<double>((*luma)[i]) - rgb[3 * i]);
    EXPECT_LT(sum / static_cast<double>(luma->size()), 2.0);
}

TEST(CropJpeg, BytesThatAreNoCropAreRefused) {
    auto jpeg = *encode_crop(picture());
    EXPECT_EQ(decode_crop({}).error().code, ErrorCode::kBadArgument);
    EXPECT_EQ(decode_crop(std::vector<std::uint8_t>(70000, 1)).error().code, ErrorCode::kBadArgument);
    EXPECT_EQ(decode_crop(std::vector<std::uint8_t>(500, 7)).error().code, ErrorCode::kCorrupt);
    jpeg.resize(jpeg.size() / 2);
    EXPECT_EQ(decode_crop(jpeg).error().code, ErrorCode::kCorrupt);
}

TEST(CropJpeg, HalvingTakesTheMeanOfFour) {
    std::vector<float> luma(96 * 96, 10.0F);
    luma[0] = 50.0F;
    const auto half = halve_crop(luma);
    ASSERT_EQ(half.size(), 48U * 48U);
    EXPECT_FLOAT_EQ(half[0], 20.0F);
    EXPECT_FLOAT_EQ(half[1], 10.0F);
}

}  // namespace
}  // namespace attune::learn
