// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/model_card.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/hash.hpp"
#include "learn/model_registry.hpp"

namespace attune::learn {
namespace {

namespace fs = std::filesystem;

class Card : public ::testing::Test {
protected:
    fs::path root = fs::path(::testing::TempDir()) / ("card_" + std::to_string(::getpid()));
    fs::path card_file = root / "models" / "toy.card.json";
    ModelCard card;
    void SetUp() override {
        fs::create_directories(root / "models");
        fs::create_directories(root / "eval/results");
        std::ofstream(root / "models/toy.bin") << "weights";
        card.model = "toy";
        card.version = "2";
        card.file = "toy.bin";
        card.sha256 = core::sha256_hex(std::string_view("weights"));
        card.purpose = card.not_for = card.inputs = card.outputs = card.licence = card.protocol = card.baseline =
            card.calibration = card.limits = "text";
        card.trained_on = {{"toyset", "MIT", {"a", "b"}}};
        card.metrics = {{{"auc", "toyset", 0.75, std::nullopt, 12, ""}, "eval/results/toy.json"}};
        Evaluation result;
        result.metrics = {card.metrics[0].metric};
        std::ofstream(root / "eval/results/toy.json") << to_json(result);
    }
    void TearDown() override { fs::remove_all(root); }
};

TEST_F(Card, ReadsBackAndHasNoProblem) {
    ASSERT_TRUE(write_card(card_file, card));
    const auto back = read_card(card_file);
    ASSERT_TRUE(back) << back.error().describe();
    EXPECT_EQ(to_json(*back), to_json(card));
    EXPECT_TRUE(back->trained("toyset", "a"));
    EXPECT_FALSE(back->trained("toyset", "c"));
    EXPECT_FALSE(back->trained("other", "a"));
    EXPECT_EQ(problems(*back, card_file, root), std::vector<std::string>{});
}

TEST_F(Card, FigureThatIsNotInItsResultFileIsFound) {
    card.metrics[0].metric.value = 0.76;
    const auto found = problems(card, card_file, root);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("no such figure"), std::string::npos);
}

TEST_F(Card, OtherWeightsThanTheCardsAreRefused) {
    ASSERT_TRUE(write_card(card_file, card));
    EXPECT_TRUE(find_model(root, "toy"));
    std::ofstream(root / "models/toy.bin") << "weightz";
    EXPECT_EQ(find_model(root, "toy").error().code, ErrorCode::kRefused);
    fs::remove(root / "models/toy.bin");
    EXPECT_EQ(find_model(root, "toy").error().code, ErrorCode::kUnavailable);
}

TEST_F(Card, MissingModelIsUnavailableAndSaysWhereItWasLookedFor) {
    const auto model = find_model(root, "no-such-model");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(model.error().message.find("models/free"), std::string::npos);
}

TEST_F(Card, BrokenCardNamesTheField) {
    std::ofstream(card_file) << "{\"model\": \"toy\"}";
    const auto back = read_card(card_file);
    ASSERT_FALSE(back);
    EXPECT_NE(back.error().message.find("version"), std::string::npos) << back.error().message;
}

TEST(ModelRegistry, UnknownNameGetsTheNearestOne) {
    ModelRegistry registry;
    registry.add({"stress", "", {}, {}, {}});
    EXPECT_TRUE(registry.find("stress"));
    EXPECT_NE(registry.find("stres").error().message.find("did you mean stress?"), std::string::npos);
    EXPECT_NE(registry.find("xxxxxxxxxx").error().message.find("known are: stress"), std::string::npos);
}

}  // namespace
}  // namespace attune::learn
