// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/random.hpp"
#include "learn/arff.hpp"
#include "learn/conditional_logit.hpp"
#include "learn/forest.hpp"
#include "learn/kernel_machine.hpp"
#include "learn/pair_machine.hpp"

namespace attune::learn {
namespace {

struct Data {
    std::vector<float> x;
    std::vector<double> y;
    std::vector<int> c;
};

Data ring(std::size_t n, std::uint64_t seed) {
    core::Random random(seed, "test/ring");
    Data d;
    for (std::size_t i = 0; i < n; ++i) {
        const double a = random.uniform(-2, 2), b = random.uniform(-2, 2);
        d.x.push_back(static_cast<float>(a)), d.x.push_back(static_cast<float>(b));
        d.y.push_back(std::sin(a) * b);
        d.c.push_back(a * a + b * b < 1.6 ? 0 : a < 0 ? 1 : 2);
    }
    return d;
}

const KernelMachineConfig kConfig{
    {1, 1},
    0,
    {{KernelTerm::Kind::kGaussian, -1, 1.0, 1.0}, {KernelTerm::Kind::kLaplacian, 1, 0.5, 0.2}},
    0.01};

TEST(KernelMachine, LearnsWhatIsNotLinear) {
    const auto train = ring(300, 1), test = ring(100, 2);
    const auto m = KernelMachine::train(train.x, train.y, 300, kConfig).value();
    double error = 0, spread = 0;
    for (std::size_t i = 0; i < 100; ++i) {
        double p = 0;
        m.predict(std::span(test.x).subspan(2 * i, 2), std::span(&p, 1));
        error += (p - test.y[i]) * (p - test.y[i]);
        spread += test.y[i] * test.y[i];
    }
    EXPECT_LT(error / spread, 0.02);
}

TEST(KernelMachine, FileGivesTheSameMachine) {
    const auto d = ring(50, 3);
    const auto m = KernelMachine::train(d.x, d.y, 50, kConfig).value();
    std::string bytes;
    m.save(bytes);
    bytes += "rest";
    std::string_view view(bytes);
    const auto back = KernelMachine::load(view).value();
    EXPECT_EQ(view, "rest");
    double a = 0, b = 0;
    m.predict(std::span(d.x).first(2), std::span(&a, 1));
    back.predict(std::span(d.x).first(2), std::span(&b, 1));
    EXPECT_NEAR(a, b, 1e-5);
}

TEST(KernelMachine, EveryTruncationIsCorruptNotACrash) {
    const auto d = ring(10, 3);
    std::string bytes;
    KernelMachine::train(d.x, d.y, 10, kConfig).value().save(bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        std::string_view view = std::string_view(bytes).substr(0, n);
        ASSERT_EQ(KernelMachine::load(view).error().code, ErrorCode::kCorrupt) << n;
    }
}

TEST(KernelMachine, InvalidParametersAreRefused) {
    const auto d = ring(10, 3);
    EXPECT_FALSE(KernelMachine::train({}, {}, 0, kConfig));
    EXPECT_FALSE(KernelMachine::train(d.x, d.y, 10, {{3}, 0, {{}}, 0.1}));
    EXPECT_FALSE(KernelMachine::train(d.x, d.y, 10, {{2}, 0, {{}}, 0.0}));
    EXPECT_FALSE(
        KernelMachine::train(d.x, d.y, 10, {{2}, 0, {{KernelTerm::Kind::kLinear, 4}}, 0.1}));
}

TEST(Forest, LearnsClassesAndSumsToOne) {
    const auto train = ring(500, 1), test = ring(200, 2);
    const auto f = Forest::train(train.x, train.c, 3, {.trees = 60}).value();
    int right = 0;
    for (std::size_t i = 0; i < 200; ++i) {
        std::vector<double> p(3);
        f.predict(std::span(test.x).subspan(2 * i, 2), p);
        EXPECT_NEAR(p[0] + p[1] + p[2], 1.0, 1e-6);
        right += std::max_element(p.begin(), p.end()) - p.begin() == test.c[i] ? 1 : 0;
    }
    EXPECT_GT(right, 180);
}

TEST(Forest, SameSeedSameForestAndFileGivesItBack) {
    const auto d = ring(60, 1);
    std::string a, b;
    Forest::train(d.x, d.c, 3, {.trees = 5, .seed = 4}).value().save(a);
    Forest::train(d.x, d.c, 3, {.trees = 5, .seed = 4}).value().save(b);
    EXPECT_EQ(a, b);
    std::string_view view(a);
    std::string again;
    Forest::load(view).value().save(again);
    EXPECT_EQ(a, again);
    for (std::size_t n = 0; n < a.size(); ++n) {
        std::string_view cut = std::string_view(a).substr(0, n);
        ASSERT_FALSE(Forest::load(cut)) << n;
    }
}

TEST(Forest, ClassesOutsideTheirRangeAreRefused) {
    EXPECT_FALSE(Forest::train(std::vector<float>{1, 2}, std::vector<int>{0, 5}, 2, {}));
    EXPECT_FALSE(Forest::train({}, {}, 2, {}));
}

TEST(Arff, WhatIsWrittenIsReadBack) {
    ArffTable t{"my set",
                {{"a b", ArffAttribute::Kind::kString, {}},
                 {"n", ArffAttribute::Kind::kNumeric, {}},
                 {"c", ArffAttribute::Kind::kNominal, {"x", "y, z", "it's"}}},
                {{"line\nbreak 'quoted' \\", "1.5", "it's"}, {"", "", ""}, {"?", "-2", "y, z"}}};
    const auto back = parse_arff(to_arff(t)).value();
    EXPECT_EQ(back.relation, t.relation);
    EXPECT_EQ(back.rows, t.rows);
    EXPECT_EQ(back.attributes[2].values, t.attributes[2].values);
    EXPECT_EQ(to_arff(back), to_arff(t));
}

TEST(Arff, MistakesNameTheirLine) {
    EXPECT_NE(parse_arff("@relation r\n@attribute a numeric\n@data\n1,2\n")
                  .error()
                  .message.find("line 4"),
              std::string::npos);
    EXPECT_FALSE(parse_arff(""));
    EXPECT_FALSE(parse_arff("@relation r\n@attribute 'a numeric\n@data\n"));
    EXPECT_EQ(parse_arff("@relation r\n@attribute a relational\n@data\n").error().code,
              ErrorCode::kUnsupported);
    EXPECT_EQ(parse_arff("@relation r\n@attribute a numeric\n@data\n{0 1}\n").error().code,
              ErrorCode::kUnsupported);
}

TEST(PairMachine, LearnsClassesThatNoLineDivides) {
    const auto train = ring(300, 1), test = ring(200, 2);
    const auto trainer = PairTrainer::create(train.x, train.c, 3).value();
    const auto m = trainer.fit({2.0, 4.0});
    int right = 0;
    std::vector<double> votes(3);
    for (std::size_t i = 0; i < 200; ++i) {
        m.predict(std::span(test.x).subspan(2 * i, 2), votes);
        EXPECT_NEAR(votes[0] + votes[1] + votes[2], 0.0, 1e-9) << "what one class of a pair wins the other loses";
        right += std::max_element(votes.begin(), votes.end()) - votes.begin() == test.c[i] ? 1 : 0;
    }
    EXPECT_GE(right, 180);
}

TEST(PairMachine, HeldOutVotesAreThoseOfAMachineOfTheOtherRows) {
    const auto data = ring(120, 3);
    const auto trainer = PairTrainer::create(data.x, data.c, 3).value();
    std::vector<std::size_t> all(120);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const auto votes = trainer.votes({1.0, 1.0}, all, all);
    const auto m = trainer.fit({1.0, 1.0});
    std::vector<double> own(3);
    for (std::size_t i = 0; i < all.size(); ++i) {
        m.predict(std::span(data.x).subspan(2 * i, 2), own);
        // The rows that are compared are in steps of 1/32 SD, the one that is asked about is not.
        for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(own[c], votes[3 * i + c], 0.1);
    }
}

TEST(PairMachine, SurvivesItsFileAndRefusesADamagedOne) {
    const auto data = ring(60, 4);
    const auto m = PairTrainer::create(data.x, data.c, 3).value().fit({});
    std::string bytes;
    m.save(bytes);
    std::string_view rest = bytes;
    const auto back = PairMachine::load(rest).value();
    EXPECT_TRUE(rest.empty());
    std::vector<double> a(3), b(3);
    m.predict(std::span(data.x).first(2), a);
    back.predict(std::span(data.x).first(2), b);
    EXPECT_EQ(a, b);
    for (const std::size_t n : {std::size_t{0}, std::size_t{7}, std::size_t{40}, bytes.size() - 1}) {
        std::string_view cut = std::string_view(bytes).substr(0, n);
        EXPECT_FALSE(PairMachine::load(cut)) << n;
    }
}

TEST(PairMachine, NeedsASampleOfEveryClass) {
    const std::vector<float> x{0, 1, 2, 3};
    EXPECT_FALSE(PairTrainer::create(x, std::vector<int>{0, 0, 2, 2}, 3));
    EXPECT_FALSE(PairTrainer::create(x, std::vector<int>{0, 1, 3, 2}, 3));
    EXPECT_FALSE(PairTrainer::create(x, std::vector<int>{0, 1, 2}, 3));
}

TEST(ConditionalLogit, FindsTheWeightsThatChoicesWereMadeWith) {
    core::Random random(5, "test/choices");
    std::vector<ChoiceSet> choices;
    for (int i = 0; i < 2000; ++i) {
        ChoiceSet c;
        std::array<double, 4> score{};
        for (double& s : score) {
            const double a = random.normal(), b = 10.0 * random.normal();
            c.x.push_back(a), c.x.push_back(b);
            // Noise of Gumbel's kind makes the choice a softmax.
            s = 1.5 * a - 0.2 * b - std::log(-std::log(random.uniform(1e-9, 1.0 - 1e-9)));
        }
        const auto best = std::max_element(score.begin(), score.end()) - score.begin();
        for (int k = 0; k < 4; ++k) c.right.push_back(k == best);
        choices.push_back(std::move(c));
    }
    choices.push_back({{1.0, 1.0}, {false}, 1.0});  // says nothing
    const auto w = fit_conditional_logit(choices, 2, 0.1);
    EXPECT_NEAR(w[0], 1.5, 0.15);
    EXPECT_NEAR(w[1], -0.2, 0.02);
}

}  // namespace
}  // namespace attune::learn
