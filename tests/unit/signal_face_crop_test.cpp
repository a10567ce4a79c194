// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/face_crop.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace attune::signal {
namespace {

std::vector<float> ramp() {
    std::vector<float> face(kFaceSize * kFaceSize);
    for (std::size_t i = 0; i < face.size(); ++i) face[i] = static_cast<float>(40 + (i * 37) % 160);
    return face;
}

TEST(FaceNormalise, MeanBecomesZeroAndSpreadOne) {
    auto face = ramp();
    face_normalise(face, face);
    const FaceLight after = face_light(face);
    EXPECT_NEAR(after.mean, 0.0F, 1e-5F);
    EXPECT_NEAR(after.sd, 1.0F, 1e-4F);
}

TEST(FaceNormalise, GainAndOffsetOfTheLightDoNotMatter) {
    const auto face = ramp();
    auto darker = face;
    for (float& p : darker) p = 0.4F * p + 11.0F;
    std::vector<float> a(face.size());
    std::vector<float> b(face.size());
    face_normalise(face, a);
    face_normalise(darker, b);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4F);
}

TEST(FaceNormalise, AFlatPictureIsZeroAndItsNoiseIsNotBlownUp) {
    std::vector<float> flat(kFaceSize * kFaceSize, 90.0F);
    flat[5] = 91.0F;
    face_normalise(flat, flat);
    for (const float p : flat) EXPECT_LT(std::abs(p), 0.2F);
}

TEST(FaceNormalise, AnEmptyFaceDoesNothing) {
    face_normalise({}, {});
    EXPECT_EQ(face_light({}).sd, 0.0F);
}

}  // namespace
}  // namespace attune::signal
