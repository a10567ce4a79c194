// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_detection.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "affect/face_canvas.hpp"
#include "learn/face_cascade.hpp"

namespace attune::affect {
namespace {

/// White with a black left upper quarter, so that a roll can be seen.
learn::FerFace marked() {
    learn::FerFace face;
    for (int y = 0; y < 48; ++y) {
        for (int x = 0; x < 48; ++x) face.pixels[static_cast<std::size_t>(y * 48 + x)] = x < 24 && y < 24 ? 0 : 255;
    }
    return face;
}
Canvas grey(std::uint8_t level) {
    Canvas canvas;
    std::fill(canvas.rgb.begin(), canvas.rgb.end(), level);
    return canvas;
}
int level(const Canvas& canvas, double x, double y) {
    return canvas.rgb[static_cast<std::size_t>((std::lround(y) * kCanvasWidth + std::lround(x)) * 3)];
}

TEST(FaceCanvas, PutsTheFaceWhereItSaysAndRolledAsItSays) {
    for (const double roll : {0.0, 30.0, 45.0}) {
        core::Random random(7, "test/canvas");
        const Placed placed = put_face(marked(), {"test", 120.0, roll}, grey(128), random);
        const double angle = placed.roll_deg * M_PI / 180.0;
        EXPECT_EQ(std::abs(placed.roll_deg), roll);
        const auto at = [&](double u, double v) {  // in parts of the face from its middle
            return level(placed.canvas, placed.x + 120.0 * (u * std::cos(angle) - v * std::sin(angle)), placed.y + 120.0 * (u * std::sin(angle) + v * std::cos(angle)));
        };
        EXPECT_LT(at(-0.2, -0.2), 10) << roll;
        EXPECT_GT(at(0.2, -0.2), 245) << roll;
        EXPECT_GT(at(-0.2, 0.2), 245) << roll;
        EXPECT_EQ(at(0.6, 0.0), 128) << roll;
        EXPECT_EQ(at(0.0, -0.6), 128) << roll;
    }
}

TEST(FaceCanvas, TakesTheLightAwayAndCoversWhatItSays) {
    core::Random random(8, "test/canvas");
    const Placed dark = put_face(marked(), {"test", 120.0, 0.0, 0.25}, grey(128), random);
    EXPECT_NEAR(level(dark.canvas, dark.x + 24, dark.y + 24), 64, 10);
    const Placed mouth = put_face(marked(), {"test", 120.0, 0.0, 1.0, Cover::kMouth}, grey(128), random);
    EXPECT_LT(level(mouth.canvas, mouth.x + 24, mouth.y + 36), 210);
    EXPECT_GT(level(mouth.canvas, mouth.x + 24, mouth.y - 24), 245);
    const Placed side = put_face(marked(), {"test", 120.0, 0.0, 1.0, Cover::kOneSide}, grey(128), random);
    EXPECT_LT(level(side.canvas, side.x + 36, side.y - 24), 210);
    EXPECT_GT(level(side.canvas, side.x - 24, side.y + 24), 245);
}

TEST(FaceCanvas, TheSameStreamGivesTheSamePicture) {
    for (int kind = 0; kind < 4; ++kind) {
        core::Random one(3, "test/texture"), two(3, "test/texture"), other(4, "test/texture");
        const Canvas first = texture(kind, one);
        EXPECT_EQ(first.rgb, texture(kind, two).rgb);
        EXPECT_NE(first.rgb, texture(kind, other).rgb);
        EXPECT_EQ(part_of(first.view(), one).rgb.size(), first.rgb.size());
    }
}

TEST(FaceCascade, FindsNothingOnAWall) {
    for (const auto kind : {learn::CascadeKind::kLbp, learn::CascadeKind::kHaar}) {
        auto cascade = learn::FaceCascade::open(kind);
        if (!cascade) GTEST_SKIP() << cascade.error().describe();
        const Canvas wall = grey(140);
        const auto found = cascade->find(wall.view(), {});
        ASSERT_TRUE(found) << found.error().describe();
        EXPECT_TRUE(found->empty());
    }
}

TEST(EvaluateDetection, RefusesToTrainAndNamesWhatIsMissing) {
    learn::EvaluateRequest request;
    request.data = "/nowhere";
    request.cross_validate = true;
    EXPECT_EQ(evaluate_detection(request).error().code, ErrorCode::kUnsupported);
    request.cross_validate = false;
    const auto nothing = evaluate_detection(request, 1);
    ASSERT_FALSE(nothing);
    EXPECT_TRUE(nothing.error().code == ErrorCode::kUnavailable || nothing.error().code == ErrorCode::kNotFound) << nothing.error().describe();
}

}  // namespace
}  // namespace attune::affect
