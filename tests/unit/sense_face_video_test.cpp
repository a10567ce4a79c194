// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "sense/face_source.hpp"
#include "support/temp_dir.hpp"

namespace attune::sense {
namespace {

std::string u32(std::uint32_t v) { return {static_cast<char>(v), static_cast<char>(v >> 8), static_cast<char>(v >> 16), static_cast<char>(v >> 24)}; }
std::string chunk(const std::string& id, const std::string& bytes) { return id + u32(static_cast<std::uint32_t>(bytes.size())) + bytes; }
std::string zeros(std::size_t n) { return std::string(n, '\0'); }

/// An AVI of 10 grey pictures a second, 64x48, uncompressed: `here` of the `promised` pictures are in it.
std::string avi(std::uint32_t promised, int here) {
    const std::uint32_t size = 64 * 48 * 3;
    const std::string avih = u32(100'000) + zeros(12) + u32(promised) + zeros(4) + u32(1) + u32(size) + u32(64) + u32(48) + zeros(16);
    const std::string strh = "vidsDIB " + zeros(12) + u32(1) + u32(10) + zeros(4) + u32(promised) + u32(size) + zeros(16);
    const std::string strf = u32(40) + u32(64) + u32(48) + u32(1 + (24U << 16)) + u32(0) + u32(size) + zeros(16);
    std::string movi = "movi";
    for (int k = 0; k < here; ++k) movi += chunk("00db", std::string(size, static_cast<char>(80 + k)));
    const std::string hdrl = "hdrl" + chunk("avih", avih) + chunk("LIST", "strl" + chunk("strh", strh) + chunk("strf", strf));
    return chunk("RIFF", "AVI " + chunk("LIST", hdrl) + chunk("LIST", movi));
}

TEST(FaceVideo, ACropOfAFileSaysThatItIsReplayedAndWhoseItIs) {
    const test::TempDir dir;
    FaceSourceOptions options;
    options.id = "cam";
    auto source = open_face_video(dir.write("whole.avi", avi(20, 20)).string(), options);
    ASSERT_TRUE(source) << source.error().describe();
    Batch batch;
    ASSERT_TRUE((*source)->pull(Time{from_seconds(3.0).ns}, batch));
    ASSERT_FALSE(batch.crops.empty());
    EXPECT_EQ(batch.crops.front().origin, flow::Origin::kReplayed);
    EXPECT_EQ(batch.crops.front().source, "cam");
    EXPECT_TRUE((*source)->finished());
}

TEST(FaceVideo, OneThatWasCutOffSaysHowMuchCameAndHowMuchWasPromised) {
    const test::TempDir dir;
    auto source = open_face_video(dir.write("cut.avi", avi(100, 20)).string(), {});
    ASSERT_TRUE(source) << source.error().describe();
    Batch batch;
    const auto pulled = (*source)->pull(Time{from_seconds(20.0).ns}, batch);
    ASSERT_FALSE(pulled);
    EXPECT_NE(pulled.error().message.find("2.0 s; its header promises 10.0 s"), std::string::npos) << pulled.error().describe();
    EXPECT_TRUE((*source)->finished());
}

}  // namespace
}  // namespace attune::sense
