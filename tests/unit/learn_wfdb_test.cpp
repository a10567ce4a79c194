// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/wfdb.hpp"

#include <gtest/gtest.h>

namespace attune::learn {
namespace {

constexpr const char* kHeader = "# made up\nx1 2 360/360(0) 3\nx1.dat 212 200(1024)/mV 11 0 995 -22131 0 MLII\nx1.dat 212 100 11 1024 1011 20052 0 V1\n";

TEST(WfdbHeader, ReadsRateGainBaselineAndLead) {
    const auto h = parse_wfdb_header(kHeader);
    ASSERT_TRUE(h) << h.error().describe();
    EXPECT_EQ(h->record, "x1");
    EXPECT_DOUBLE_EQ(h->rate_hz, 360.0);
    EXPECT_EQ(h->n_samples, 3U);
    ASSERT_EQ(h->signals.size(), 2U);
    EXPECT_EQ(h->signals[0].baseline, 1024);
    EXPECT_DOUBLE_EQ(h->signals[0].gain_per_mv, 200.0);
    EXPECT_EQ(h->signals[0].description, "MLII");
    EXPECT_EQ(h->signals[1].baseline, 1024) << "the converter's zero stands in where no baseline is given";
}

TEST(WfdbHeader, PathInTheFileNameIsRefused) {
    EXPECT_EQ(parse_wfdb_header("x 1 360 3\n../../etc/passwd 212 200\n").error().code, ErrorCode::kCorrupt);
}

TEST(WfdbHeader, OtherFormatsSegmentsAndCutHeadersAreNamed) {
    EXPECT_EQ(parse_wfdb_header("x 1 360 3\nx.dat 310 200\n").error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(parse_wfdb_header("x/3 1 360 3\n").error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(parse_wfdb_header("x 2 360 3\nx.dat 212 200\n").error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(parse_wfdb_header("").error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(parse_wfdb_header("x 1 0 3\nx.dat 212\n").error().code, ErrorCode::kCorrupt);
}

TEST(WfdbSignal, Format212UnpacksTwoTwelveBitNumbersInThreeBytes) {
    const auto h = parse_wfdb_header(kHeader).value();
    // (995, 1011), (-1, 2047), (-2048, 5)
    const std::vector<std::uint8_t> bytes = {0xE3, 0x33, 0xF3, 0xFF, 0x7F, 0xFF, 0x00, 0x08, 0x05};
    EXPECT_EQ(decode_wfdb_signal(bytes, h, 0).value(), (std::vector<std::int16_t>{995, -1, -2048}));
    EXPECT_EQ(decode_wfdb_signal(bytes, h, 1).value(), (std::vector<std::int16_t>{1011, 2047, 5}));
    const auto cut = decode_wfdb_signal(std::span(bytes).first(7), h, 0);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kCorrupt);
}

TEST(WfdbAnnotations, SkipAuxAndEndAreUnderstood) {
    const std::vector<std::uint8_t> bytes = {
        0x12, 0x70,                                      // + at 18
        0x03, 0xFC, '(', 'N', 0, 0,                      // AUX of 3 bytes, padded
        0x3B, 0x04,                                      // N at 18 + 59
        0x00, 0xEC, 0x01, 0x00, 0x00, 0x00,              // SKIP 65536
        0x01, 0x14,                                      // V one later
        0x00, 0x00};
    const auto a = parse_wfdb_annotations(bytes);
    ASSERT_TRUE(a) << a.error().describe();
    ASSERT_EQ(a->size(), 3U);
    EXPECT_EQ((*a)[0].aux.substr(0, 2), "(N");
    EXPECT_EQ((*a)[1].sample, 77);
    EXPECT_TRUE(is_beat((*a)[1].code));
    EXPECT_FALSE(is_beat((*a)[0].code));
    EXPECT_EQ((*a)[2].sample, 77 + 65536 + 1);
    EXPECT_EQ((*a)[2].code, 5);
}

TEST(WfdbAnnotations, CutAuxAndBackwardTimeAreCorrupt) {
    EXPECT_FALSE(parse_wfdb_annotations(std::vector<std::uint8_t>{0x12, 0x70, 0xFF, 0xFC, 'x'}));
    EXPECT_FALSE(parse_wfdb_annotations(std::vector<std::uint8_t>{0x00, 0xEC, 0xFF, 0xFF, 0x00, 0x00, 0x01, 0x04}));
}

}  // namespace
}  // namespace attune::learn
