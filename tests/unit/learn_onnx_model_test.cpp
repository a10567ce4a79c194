// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/onnx_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "learn/onnx_metadata.hpp"
#include "learn/onnx_writer.hpp"
#include "support/tiny_onnx.hpp"

namespace attune::learn {
namespace {

const OnnxShape kShape{{{"face", {1, 1, 2, 2}}}, {{"probabilities", {1, 3}}}};

std::string network() {
    return tests::TinyOnnx::softmax_of_gemm({1, 1, 2, 2}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1}, {0.5F, 0, 0});
}

TEST(OnnxModel, RunsANetworkAndEqualsArithmeticByHand) {
    auto model = OnnxModel::parse(network(), kShape, "test");
    ASSERT_TRUE(model) << model.error().describe();
    const std::vector<float> x = {1.0F, 2.0F, 0.5F, 0.25F};
    const auto y = model->run(x);
    ASSERT_TRUE(y) << y.error().describe();
    const double e[] = {std::exp(1.5), std::exp(2.0), std::exp(0.75)};
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR((*y)[k], e[k] / (e[0] + e[1] + e[2]), 1e-6);
}

TEST(OnnxModel, SaysWhichShapeANetworkOfAnotherShapeHas) {
    const OnnxShape seven{{{"face", {1, 1, 2, 2}}}, {{"probabilities", {1, 7}}}};
    const auto model = OnnxModel::parse(network(), seven, "mine.onnx");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(model.error().message.find("[1x3]"), std::string::npos) << model.error().message;
    EXPECT_NE(model.error().message.find("[1x7]"), std::string::npos) << model.error().message;
    EXPECT_EQ(model.error().context, "mine.onnx");
}

TEST(OnnxModel, RefusesAnInputThatTheNetworkDoesNotTake) {
    const OnnxShape large{{{"face", {1, 1, 48, 48}}}, {{"probabilities", {1, 3}}}};
    const auto model = OnnxModel::parse(network(), large, "test");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::kBadArgument);
}

TEST(OnnxModel, BytesThatAreNoNetworkAreCorrupt) {
    for (const std::string& bytes : {std::string(), std::string("hello"), std::string(1000, '\xff'),
                                     network().substr(0, network().size() / 2)}) {
        const auto model = OnnxModel::parse(bytes, kShape, "test");
        ASSERT_FALSE(model);
        EXPECT_EQ(model.error().code, ErrorCode::kCorrupt) << model.error().describe();
    }
}

TEST(OnnxModel, AMissingFileIsNotFound) {
    const auto model = OnnxModel::load("/nowhere/face.onnx", kShape);
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
}

TEST(OnnxModel, RefusesWrongSizesAndValuesThatAreNotFinite) {
    auto model = OnnxModel::parse(network(), kShape, "test");
    ASSERT_TRUE(model);
    const auto short_input = model->run(std::vector<float>{1.0F});
    ASSERT_FALSE(short_input);
    EXPECT_EQ(short_input.error().code, ErrorCode::kBadArgument);
    const auto nan = model->run(std::vector<float>{1.0F, std::numeric_limits<float>::quiet_NaN(), 0.0F, 0.0F});
    ASSERT_FALSE(nan);
    EXPECT_EQ(nan.error().code, ErrorCode::kBadArgument);
}

TEST(OnnxModel, RefusesWeightsThatAreNotFinite) {
    const float inf = std::numeric_limits<float>::infinity();
    const auto bytes = tests::TinyOnnx::softmax_of_gemm({1, 1, 2, 2}, std::vector<float>(12, inf), {0, 0, 0});
    const auto model = OnnxModel::parse(bytes, kShape, "test");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::kBadArgument);
}

TEST(OnnxMetadata, WhatWasWrittenIsReadAndTheNetworkStillRuns) {
    OnnxWriter w("test");
    w.output(w.relu(w.input("x", {1, 2})), "y", {1, 2});
    w.metadata("labels", "a\nb & c");
    w.metadata("empty", "");
    const auto bytes = w.bytes().value();
    const auto texts = onnx_metadata(bytes);
    ASSERT_TRUE(texts) << texts.error().describe();
    EXPECT_EQ(*texts, (std::map<std::string, std::string>{{"labels", "a\nb & c"}, {"empty", ""}}));
    EXPECT_TRUE(OnnxModel::parse(bytes, {{{"x", {1, 2}}}, {{"y", {1, 2}}}}, "test"));
}

TEST(OnnxMetadata, EveryTruncationIsCorruptOrHasFewerTexts) {
    OnnxWriter w("test");
    w.output(w.relu(w.input("x", {1, 2})), "y", {1, 2});
    w.metadata("a", "1");
    const auto bytes = w.bytes().value();
    std::size_t corrupt = 0;
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const auto texts = onnx_metadata(std::string_view(bytes).substr(0, n));
        corrupt += texts ? 0U : 1U;
        if (texts) EXPECT_LE(texts->size(), 1U);
        else EXPECT_EQ(texts.error().code, ErrorCode::kCorrupt);
    }
    EXPECT_GT(corrupt, bytes.size() / 2);
}

}  // namespace
}  // namespace attune::learn
