// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/brought_face.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/paths.hpp"
#include "support/tiny_onnx.hpp"

namespace attune::affect {
namespace {

constexpr const char* kLabels = "happy, angry, disgusted, fearful, sad, surprised, neutral";

class BroughtFaceTest : public ::testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("attune_brought_" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
        brought_.data_dir = folder_ / "data";
        brought_.labels = kLabels;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void bring(const std::vector<std::int64_t>& shape, std::size_t pixels, std::size_t classes) {
        brought_.file = folder_ / "mine.onnx";
        const auto bytes = tests::TinyOnnx::softmax_of_gemm(shape, std::vector<float>(classes * pixels, 0.0F), std::vector<float>(classes, 0.0F));
        ASSERT_TRUE(core::write_file_atomically(brought_.file, bytes));
    }
    bool installed() const { return std::filesystem::exists(folder_ / "data" / "models" / "face.card.json"); }

    std::filesystem::path folder_;
    BroughtFace brought_;
};

TEST_F(BroughtFaceTest, StandsInPlaceOfOursAndWeighsNothingUntilMeasured) {
    bring({1, 1, 48, 48}, 48 * 48, 7);
    const auto added = add_brought_face(brought_);
    ASSERT_TRUE(added) << added.error().describe();
    const auto found = learn::find_model(brought_.data_dir, "face");
    ASSERT_TRUE(found) << found.error().describe();
    EXPECT_EQ(found->folder, "user");
    EXPECT_EQ(found->card.version.rfind("brought-", 0), 0U);
    EXPECT_TRUE(found->card.figures.empty());
    EXPECT_TRUE(learn::problems(found->card, found->card_file).empty());
}

TEST_F(BroughtFaceTest, RefusesLabelsOfWhichOneIsMissing) {
    bring({1, 1, 48, 48}, 48 * 48, 7);
    brought_.labels = "happy, angry, disgusted, fearful, sad, neutral";
    const auto added = add_brought_face(brought_);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(added.error().message.find("surprised"), std::string::npos) << added.error().message;
    EXPECT_FALSE(installed());
}

TEST_F(BroughtFaceTest, RefusesAnotherShapeAndSaysWhichIsNeeded) {
    bring({1, 1, 64, 64}, 64 * 64, 7);
    const auto added = add_brought_face(brought_);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(added.error().message.find("48x48"), std::string::npos) << added.error().message;
    EXPECT_FALSE(installed());
}

TEST_F(BroughtFaceTest, RefusesFiveOutputs) {
    bring({1, 1, 48, 48}, 48 * 48, 5);
    EXPECT_FALSE(add_brought_face(brought_));
    EXPECT_FALSE(installed());
}

TEST_F(BroughtFaceTest, AMeasurementThatFailsLeavesTheEarlierNetwork) {
    bring({1, 1, 48, 48}, 48 * 48, 7);
    ASSERT_TRUE(add_brought_face(brought_));
    const auto before = *core::read_file(folder_ / "data" / "models" / "face.card.json");
    brought_.licence = "MIT";
    brought_.data = folder_ / "no faces here";
    EXPECT_FALSE(add_brought_face(brought_));
    EXPECT_EQ(*core::read_file(folder_ / "data" / "models" / "face.card.json"), before);
}

TEST_F(BroughtFaceTest, RemovingItGivesTheirPlaceBackOnce) {
    bring({1, 1, 48, 48}, 48 * 48, 7);
    ASSERT_TRUE(add_brought_face(brought_));
    EXPECT_TRUE(remove_brought_face(brought_.data_dir));
    EXPECT_FALSE(installed());
    const auto again = remove_brought_face(brought_.data_dir);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace attune::affect
