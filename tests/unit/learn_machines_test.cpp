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
#include "learn/onnx_model.hpp"
#include "learn/onnx_writer.hpp"
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

/// A machine as a network, run as the program runs it.
template <typename Machine>
OnnxModel drawn(const Machine& m, std::size_t outputs) {
    OnnxWriter w("test");
    const auto d = static_cast<std::int64_t>(m.inputs()), k = static_cast<std::int64_t>(outputs);
    w.output(m.draw(w, w.input("x", {1, d})), "y", {1, k});
    return OnnxModel::parse(w.bytes().value(), {{{"x", {1, static_cast<int>(d)}}}, {{"y", {1, static_cast<int>(k)}}}}, "test").value();
}

/// The largest difference over the samples between a machine and its network.
template <typename Machine>
double difference(const Machine& m, std::size_t outputs, std::span<const float> x) {
    auto network = drawn(m, outputs);
    std::vector<double> said(outputs);
    double worst = 0.0;
    for (std::size_t at = 0; at < x.size(); at += m.inputs()) {
        m.predict(x.subspan(at, m.inputs()), said);
        const auto got = network.run(x.subspan(at, m.inputs())).value();
        for (std::size_t o = 0; o < outputs; ++o) worst = std::max(worst, std::abs(said[o] - static_cast<double>(got[o])));
    }
    return worst;
}

TEST(KernelMachine, AsANetworkOfEveryKindOfKernelItSaysTheSame) {
    const auto train = ring(200, 3), test = ring(100, 4);
    for (const KernelMachineConfig& config :
         {kConfig,
          KernelMachineConfig{{1, 1}, 0, {{KernelTerm::Kind::kGaussian, -1, 0.4, 1.0}}, 0.3},
          KernelMachineConfig{{1, 1}, 0, {{KernelTerm::Kind::kLaplacian, -1, 0.6, 1.0}}, 0.3},
          KernelMachineConfig{{1, 1}, 0, {{KernelTerm::Kind::kLinear, -1, 0.0, 0.5}, {KernelTerm::Kind::kGaussian, 0, 0.4, 1.0}}, 0.3},
          // The last column is no part of "all".
          KernelMachineConfig{{1, 1}, 1, {{KernelTerm::Kind::kLaplacian, -1, 0.6, 1.0}, {KernelTerm::Kind::kLinear, 1, 0.0, 0.1}}, 0.3}}) {
        const auto m = KernelMachine::train(train.x, train.y, 200, config).value();
        EXPECT_LE(difference(m, 1, test.x), 1e-5);
    }
}

TEST(KernelMachine, AsANetworkItLimitsWhatLiesFarOutside) {
    const auto train = ring(60, 5);
    const auto m = KernelMachine::train(train.x, train.y, 60, kConfig).value();
    const std::vector<float> far{1e6F, -1e6F, -50.0F, 3.0F, 1e-30F, 0.0F};
    EXPECT_LE(difference(m, 1, far), 1e-5);
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

TEST(Forest, SameSeedSameForest) {
    const auto d = ring(60, 1);
    const auto a = Forest::train(d.x, d.c, 3, {.trees = 5, .seed = 4}).value(), b = Forest::train(d.x, d.c, 3, {.trees = 5, .seed = 4}).value();
    std::vector<double> p(3), q(3);
    for (std::size_t i = 0; i < 60; ++i) {
        a.predict(std::span(d.x).subspan(2 * i, 2), p);
        b.predict(std::span(d.x).subspan(2 * i, 2), q);
        EXPECT_EQ(p, q) << i;
    }
}

TEST(Forest, AsANetworkItSaysTheSame) {
    const auto train = ring(300, 1), test = ring(200, 2);
    for (const std::size_t trees : {1U, 7U, 60U})
        EXPECT_LE(difference(Forest::train(train.x, train.c, 3, {.trees = trees}).value(), 3, test.x), 1e-6) << trees;
}

TEST(Forest, AsANetworkAValueOnItsThresholdGoesToTheLowSide) {
    // Wholes and halves: thresholds lie midway, on values that are asked.
    std::vector<float> x, asked;
    std::vector<int> y;
    for (int i = 0; i < 40; ++i) x.push_back(static_cast<float>(i)), y.push_back(i % 3);
    for (int i = -2; i < 82; ++i) asked.push_back(0.5F * static_cast<float>(i));
    EXPECT_LE(difference(Forest::train(x, y, 3, {.trees = 30, .min_leaf = 1}).value(), 3, asked), 1e-6);
}

TEST(Forest, AsANetworkATreeOfOneLeafStands) {
    const std::vector<float> same(20, 1.0F);
    std::vector<int> y(20, 0);
    y[3] = y[9] = 1;
    EXPECT_LE(difference(Forest::train(same, y, 2, {.trees = 9}).value(), 2, same), 1e-6);
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

TEST(PairMachine, AsANetworkItSaysTheSame) {
    const auto train = ring(200, 4), test = ring(100, 5);
    const auto trainer = PairTrainer::create(train.x, train.c, 3).value();
    EXPECT_LE(difference(trainer.fit({}), 3, test.x), 1e-5);
    EXPECT_LE(difference(trainer.fit({0.8, 1.0}), 3, test.x), 1e-5);
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
