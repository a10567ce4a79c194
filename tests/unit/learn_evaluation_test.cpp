// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/evaluation.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace attune::learn {
namespace {

Evaluation example() {
    Evaluation e;
    e.model = "toy";
    e.version = "1";
    e.data = {"toyset"};
    e.data_sha256 = "00ff";
    e.protocol = "installed model, unseen groups";
    e.n = 12;
    e.groups = 3;
    e.left_out = 4;
    e.left_out_groups = {"toyset/a"};
    e.metrics = {{"auc", "toyset", 0.75, Interval{0.7, 0.8}, 12, ""}, {"ece", "toyset", NAN, std::nullopt, 0, "x"}};
    e.chance = {{"accuracy", "toyset", 0.5, std::nullopt, 12, "majority"}};
    e.calibration = {{"toyset", "ece", 0.03, {{0.4, 0.5, 10}}}};
    e.confusion = {{"toyset", {"rest", "stress"}, {5, 1, 2, 4}}};
    e.subgroups = {{"person=b", {{"auc", "toyset", 0.9, std::nullopt, 4, ""}}}};
    e.leaky = {{"auc", "toyset", "leaky 5-fold", 0.99}};
    e.commit = "0123456789";
    e.notes = {"nobody rode: no exercise_flagged"};
    return e;
}

TEST(Evaluation, JsonReadsBackAsItWas) {
    const std::string text = to_json(example());
    const auto back = evaluation_from_json(text);
    ASSERT_TRUE(back) << back.error().describe();
    EXPECT_EQ(to_json(*back), text);
}

TEST(Evaluation, NanBecomesNullAndNeverZero) {
    const std::string text = to_json(example());
    EXPECT_NE(text.find(R"("name":"ece","set":"toyset","value":null)"), std::string::npos) << text;
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_TRUE(std::isnan(evaluation_from_json(text)->metrics[1].value));
}

TEST(Evaluation, AnIntervalThatCouldNotBeDrawnIsNullAndSaysWhy) {
    auto e = example();
    e.metrics[0].ci95 = Interval{NAN, NAN};
    EXPECT_NE(to_json(e).find(R"("value":0.75,"ci95":null,"ci95_note":"no interval)"), std::string::npos) << to_json(e);
    e.metrics[0].value = NAN;
    EXPECT_NE(to_json(e).find(R"("value":null,"ci95":null,"ci95_note":"undefined)"), std::string::npos) << to_json(e);
    EXPECT_EQ(to_text(e).find("[nan"), std::string::npos) << to_text(e);
}

TEST(Evaluation, TheCommitIsNullWhereNobodyStatedIt) {
    auto e = example();
    EXPECT_NE(to_json(e).find(R"("commit":"0123456789")"), std::string::npos);
    e.commit.clear();
    EXPECT_NE(to_json(e).find(R"("commit":null)"), std::string::npos);
}

TEST(Evaluation, BrokenJsonIsCorrupt) {
    EXPECT_EQ(evaluation_from_json("{").error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(evaluation_from_json("{\"model\": 3}").error().code, ErrorCode::kCorrupt);
}

TEST(Evaluation, FindsAMetricByNameAndSet) {
    const auto e = example();
    ASSERT_NE(e.find("auc", "toyset"), nullptr);
    EXPECT_EQ(e.find("auc", "other"), nullptr);
}

}  // namespace
}  // namespace attune::learn
