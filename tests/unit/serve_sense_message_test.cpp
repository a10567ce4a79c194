// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/sense_message.hpp"

#include <gtest/gtest.h>

namespace attune::serve {
namespace {

std::string frame(int kind, const std::string& head, const std::string& payload) {
    std::string out(1, static_cast<char>(kind));
    out += static_cast<char>(head.size() & 0xFF);
    out += static_cast<char>(head.size() >> 8);
    return out + head + payload;
}

const std::string kCropHead =
    R"({"t_ms":12.5,"roll_deg":-7,"score":0.9,"face_px":130,"light":120,"n_faces":1})";

TEST(SenseMessage, ReadsAFace) {
    const auto m = parse_sense_message(frame(1, kCropHead, "\xFF\xD8\xFF\xE0rest"), true);
    ASSERT_TRUE(m) << m.error().describe();
    const auto& crop = std::get<CropMessage>(*m);
    EXPECT_EQ(crop.crop.face_px, 130);
    EXPECT_EQ(crop.crop.jpeg.size(), 8U);
}

TEST(SenseMessage, ReadsVoiceAsLittleEndian) {
    const auto m = parse_sense_message(frame(2, R"({"t_ms":1,"rate_hz":16000})", std::string("\x00\x40\x00\xC0", 4)), true);
    ASSERT_TRUE(m);
    EXPECT_EQ(std::get<AudioMessage>(*m).samples, (std::vector<float>{0.5F, -0.5F}));
}

TEST(SenseMessage, ReadsHeartBeats) {
    const auto m = parse_sense_message(R"({"type":"rr","t_ms":5,"rr_ms":[812,790.5],"bpm":75})", false);
    ASSERT_TRUE(m);
    EXPECT_EQ(std::get<RrMessage>(*m).rr_ms.size(), 2U);
}

TEST(SenseMessage, RefusesWhatIsBroken) {
    for (const std::string& bytes :
         {std::string(), std::string("\x01"), frame(1, kCropHead, "not a jpeg"), frame(9, kCropHead, "x"),
          frame(2, R"({"t_ms":1,"rate_hz":44100})", "ab"), frame(2, R"({"t_ms":1,"rate_hz":16000})", "abc"),
          frame(1, "{", "\xFF\xD8\xFF\xE0"), std::string("\x01\xFF\xFFxx")}) {
        EXPECT_FALSE(parse_sense_message(bytes, true));
    }
    for (const char* text : {"", "{}", R"({"type":"rr","t_ms":1})", R"({"type":"rr","t_ms":1,"rr_ms":[1]})",
                             R"({"type":"vitals","t_ms":1,"bpm":999})", R"({"type":"open","sensor":"door"})"}) {
        EXPECT_FALSE(parse_sense_message(text, false)) << text;
    }
}

}  // namespace
}  // namespace attune::serve
