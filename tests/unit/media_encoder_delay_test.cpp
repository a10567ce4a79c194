// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/encoder_delay.hpp"

#include <gtest/gtest.h>

#include <array>

namespace attune::media {
namespace {

TEST(EncoderDelay, ReadsItunsmpb) {
    const auto d = parse_itunsmpb(" 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000");
    ASSERT_TRUE(d);
    EXPECT_EQ(*d, (EncoderDelay{2112, 458, 4141558}));
}

TEST(EncoderDelay, RefusesNonsense) {
    for (const char* text : {"", "x", "0 1 2", "0 1 2 0", "0 1 2 zz", "0 100000 2 5",
                             "0 1 2 FFFFFFFFFFFFFFFFFF", "0 -1 2 5", "0x 1 2 3"})
        EXPECT_FALSE(parse_itunsmpb(text)) << text;
}

TEST(EncoderDelay, ReadsTheLameNoteOfAStereoFrame) {
    std::array<std::uint8_t, 200> b{};
    b[0] = 0xFF;
    b[1] = 0xFB;
    b[2] = 0x90;
    b[3] = 0x00;
    const char* info = "Info";
    for (int i = 0; i < 4; ++i)
        b[36 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(info[i]);
    b[43] = 0x0F;  // frames, bytes, toc, quality
    b[47] = 117;   // frames
    const std::size_t lame = 36 + 8 + 4 + 4 + 100 + 4;
    b[lame] = 'L';
    b[lame + 21] = 576 >> 4;
    b[lame + 22] = (576 & 15) << 4 | 1203 >> 8;
    b[lame + 23] = 1203 & 0xFF;
    const auto d = parse_lame_header(b);
    ASSERT_TRUE(d);
    EXPECT_EQ(*d, (EncoderDelay{1105, 674, 117 * 1152 - 1105 - 674}));
    for (std::size_t n = 0; n < lame + 24; ++n)
        EXPECT_FALSE(parse_lame_header(std::span(b).first(n))) << n;
}

TEST(EncoderDelay, SkipsAnId3Tag) {
    const std::array<std::uint8_t, 10> tag{'I', 'D', '3', 4, 0, 0, 0, 0, 2, 1};
    EXPECT_EQ(id3v2_size(tag), 257U + 10U);
    EXPECT_EQ(id3v2_size(std::span(tag).first(9)), 0U);
}

}  // namespace
}  // namespace attune::media
