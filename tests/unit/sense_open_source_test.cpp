// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/open_source.hpp"

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace attune::sense {
namespace {

/// A grey picture of 64x48 as BMP, which is read like a video of one frame.
std::string picture() {
    constexpr int kWidth = 64, kHeight = 48, kBytes = 3 * kWidth * kHeight;
    const auto number = [](unsigned v, int bytes) {
        std::string out;
        for (int i = 0; i < bytes; ++i, v /= 256) out += static_cast<char>(v % 256);
        return out;
    };
    return "BM" + number(54 + kBytes, 4) + number(0, 4) + number(54, 4) + number(40, 4) + number(kWidth, 4) + number(kHeight, 4) + number(1, 2) +
           number(24, 2) + number(0, 4) + number(kBytes, 4) + number(0, 16) + std::string(kBytes, '\x70');
}

TEST(OpenSource, LooksForThePartsOfTheFaceFinderInTheDataFolderThatWasGiven) {
    const test::TempDir dir;
    const auto spec = parse_spec("face:video:" + dir.write("frame.bmp", picture()).string());
    ASSERT_TRUE(spec) << spec.error().describe();
    dir.write("data/models/parts/tiny_face_detector_224.onnx", "not a network");
    const auto given = open_source(*spec, nullptr, dir.path() / "data");
    if (!given && given.error().code == ErrorCode::kUnavailable) GTEST_SKIP() << given.error().describe();
    ASSERT_TRUE(given) << given.error().describe();
    EXPECT_NE((*given)->provenance().driver.find("not an ONNX network"), std::string::npos) << (*given)->provenance().driver;
    const auto other = open_source(*spec, nullptr, dir.path() / "empty");
    ASSERT_TRUE(other) << other.error().describe();
    EXPECT_EQ((*other)->provenance().driver.find("not an ONNX network"), std::string::npos) << (*other)->provenance().driver;
}

}  // namespace
}  // namespace attune::sense
