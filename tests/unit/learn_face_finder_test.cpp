// SPDX-License-Identifier: GPL-3.0-or-later
// Needs the parts of the face finder (scripts/add-parts); without them these tests say so and pass over.
#include "learn/face_finder.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "learn/parts.hpp"
#include "support/drawn_face.hpp"

namespace attune::learn {
namespace {

class TheFaceFinder : public ::testing::Test {
protected:
    void SetUp() override {
        for (const char* part : {"tiny_face_detector_224", "tiny_face_detector_320", "landmark68_tiny"})
            if (const auto file = find_part({}, part); !file) GTEST_SKIP() << file.error().describe();
        auto made = FaceFinder::create({});
        ASSERT_TRUE(made) << made.error().describe();
        finder_.emplace(*std::move(made));
    }
    FaceScene find(const drawn::Picture& p, bool far, const std::optional<FoundFace>& before = {}) {
        auto scene = finder_->find({p.width, p.height, p.rgb}, far, before);
        EXPECT_TRUE(scene) << scene.error().describe();
        return scene.value_or(FaceScene{});
    }
    std::optional<FaceFinder> finder_;
};

struct Place {
    double x, y;
};
constexpr double kFar = 60.0;
constexpr Place kPlaces[] = {{100, 110}, {320, 240}, {560, 380}, {300, 100}, {330, 400}};

void expect_there(const FaceScene& scene, const Place& place) {
    ASSERT_EQ(scene.faces.size(), 1U) << place.x << "," << place.y;
    const FoundFace& f = scene.faces.front();
    EXPECT_NEAR(f.x + f.width / 2, place.x, .3 * kFar);
    EXPECT_NEAR(f.y + f.height / 2, place.y, .4 * kFar);
    EXPECT_GT(f.width, .6 * kFar);
    EXPECT_LT(f.width, 1.6 * kFar);
    EXPECT_TRUE(f.has_eyes);
}

TEST_F(TheFaceFinder, FindsAFaceOf60PixelsWhereverItIsWhenItLooksFar) {
    for (const Place& place : kPlaces) {
        auto picture = drawn::room();
        drawn::put_face(picture, place.x, place.y, kFar);
        expect_there(find(picture, true), place);
    }
}

TEST_F(TheFaceFinder, KeepsAFarFaceWithoutLookingFarAgainThoughItMoves) {
    auto picture = drawn::room();
    drawn::put_face(picture, 200, 200, kFar);
    auto scene = find(picture, true);
    ASSERT_EQ(scene.faces.size(), 1U);
    for (int step = 1; step <= 5; ++step) {
        const Place place{200.0 + 15.0 * step, 200.0 + 10.0 * step};
        picture = drawn::room();
        drawn::put_face(picture, place.x, place.y, kFar);
        scene = find(picture, false, scene.faces.front());
        expect_there(scene, place);
        if (HasFatalFailure()) return;
    }
}

TEST_F(TheFaceFinder, FindsTwoFarFacesEachOnce) {
    auto picture = drawn::room();
    drawn::put_face(picture, 150, 150, kFar);
    drawn::put_face(picture, 320, 240, kFar);
    EXPECT_EQ(find(picture, true).faces.size(), 2U);
}

TEST_F(TheFaceFinder, FindsNothingInAnEmptyRoomHoweverFarItLooks) {
    EXPECT_TRUE(find(drawn::room(), true).faces.empty());
}

}  // namespace
}  // namespace attune::learn
