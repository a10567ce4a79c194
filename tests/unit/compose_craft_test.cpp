// SPDX-License-Identifier: GPL-3.0-or-later
// The composer held to the corpora by numbers alone: percentiles and a filter of their runs.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "compose/composer.hpp"
#include "compose/copy_guard.hpp"
#include "compose/craft.hpp"

namespace attune::compose {
namespace {

std::vector<MidiNote> line_with(const std::vector<int>& pitches, const std::vector<int>& sixteenths) {
    std::vector<MidiNote> line;
    Ticks at = 0;
    for (std::size_t i = 0; i < pitches.size(); ++i) {
        line.push_back({at, sixteenths[i % sixteenths.size()] * kSixteenth, pitches[i], 64});
        at += line.back().length;
    }
    return line;
}

std::vector<Score> our_pieces(EngineKind engine) {
    std::vector<Score> scores;
    for (int style = 0; style < kStyles; ++style)
        for (const double arousal : {-.4, .0, .4})
            for (const double valence : {-.5, .5}) {
                Brief brief;
                brief.style = static_cast<Style>(style);
                brief.target = {valence, arousal};
                brief.engine = engine;
                brief.seconds = 75;
                brief.seed = 5500 + scores.size();
                scores.push_back(compose_score(brief).value());
            }
    return scores;
}

class CraftOf : public testing::TestWithParam<EngineKind> {};

TEST_P(CraftOf, LiesBetweenThe5thAnd95thPercentileOfItsCorpus) {
    std::vector<CraftFeatures> windows[kCorpora];
    for (const auto& score : our_pieces(GetParam())) {
        const auto corpus = static_cast<std::size_t>(corpus_for(style_named(score.style).value()));
        for (const auto& w : craft_windows(line_of(score))) windows[corpus].push_back(w);
    }
    for (const Corpus corpus : {Corpus::kPop909, Corpus::kNottingham, Corpus::kChorales}) {
        const auto& rows = windows[static_cast<std::size_t>(corpus)];
        ASSERT_GE(rows.size(), 6U) << to_string(corpus);
        for (std::size_t k = 0; k < kCraftFeatures; ++k) {
            std::vector<double> x;
            for (const auto& row : rows) x.push_back(row[k]);
            std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
            const double median = x[x.size() / 2];
            const auto& bounds = craft_bounds(corpus);
            EXPECT_TRUE(median >= bounds.low[k] - 1e-3 && median <= bounds.high[k] + 1e-3)
                << to_string(GetParam()) << " against " << to_string(corpus) << ": " << to_string(static_cast<Craft>(k)) << " " << median << ", "
                << bounds.low[k] << ".." << bounds.high[k];
        }
    }
}

TEST_P(CraftOf, SaysNoEightNotesThatACorpusMelodySays) {
    const auto guard = CopyGuard::load().value();
    ASSERT_FALSE(guard.empty()) << "models/free/compose_runs.filter";
    std::size_t runs = 0, known = 0;
    for (const auto& score : our_pieces(GetParam()))
        for (const auto& run : runs_of(line_of(score).notes)) ++runs, known += guard.knows(run);
    EXPECT_GT(runs, 3000U);
    EXPECT_EQ(known, 0U) << "of " << runs;
}

INSTANTIATE_TEST_SUITE_P(Engines, CraftOf, testing::Values(EngineKind::kRule, EngineKind::kHmm, EngineKind::kLstm),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(Craft, CountsWhatItSays) {
    // Two bars over and over: C D E C | E D C C in quarters.
    std::vector<int> pitches;
    for (int i = 0; i < 8; ++i) pitches.insert(pitches.end(), {60, 62, 64, 60, 64, 62, 60, 60});
    CraftLine line{line_with(pitches, {4}), {{0, 16 * 4 * kTicksPerBeat, {0, ChordKind::kMajor, -1}}}, 4};
    const auto windows = craft_windows(line);
    ASSERT_EQ(windows.size(), 1U);
    const auto get = [&](Craft f) { return windows[0][static_cast<std::size_t>(f)]; };
    EXPECT_NEAR(get(Craft::kPitchClassEntropy), 1.5, .01);  // half C, a quarter D, a quarter E
    EXPECT_NEAR(get(Craft::kMeanLength), 1.0, 1e-9);
    EXPECT_NEAR(get(Craft::kLengthEntropy), 0.0, 1e-9);
    EXPECT_NEAR(get(Craft::kChordToneRatio), 1.0, 1e-9);    // C and E on the strong beats
    EXPECT_NEAR(get(Craft::kGrooveConsistency), 1.0, 1e-9);
    EXPECT_GT(get(Craft::kMotifRepetition), .95);
    EXPECT_TRUE(craft_windows({{}, {}, 4}).empty());
}

TEST(CopyGuard, KnowsACopyInAnyKeyAndLetsScalesPass) {
    const std::vector<int> tune = {60, 64, 62, 67, 65, 69, 60, 59};
    CopyGuard guard(1000);
    for (const auto& run : runs_of(line_with(tune, {2, 4, 2, 3}))) guard.add(run);
    auto higher = tune;
    for (int& p : higher) p += 5;
    EXPECT_TRUE(guard.knows(runs_of(line_with(higher, {2, 4, 2, 3})).front()));
    EXPECT_FALSE(guard.knows(runs_of(line_with(higher, {2, 4, 2, 2})).front())) << "another rhythm";
    const auto scale = runs_of(line_with({60, 62, 64, 65, 67, 69, 71, 72}, {2})).front();
    EXPECT_TRUE(scale.plain);
    guard.add(scale);
    EXPECT_FALSE(guard.knows(scale));
    EXPECT_FALSE(CopyGuard().knows(scale));
}

TEST(CopyGuard, TakesAboutOneInThreeHundredForKnown) {
    CopyGuard guard(20000);
    for (std::uint64_t i = 0; i < 20000; ++i) guard.add({i * 2654435761U + 1, false});
    std::size_t wrong = 0;
    for (std::uint64_t i = 0; i < 20000; ++i) wrong += guard.knows({i * 2654435761U + 7777777777777ULL, false});
    EXPECT_LT(wrong, 200U);
}

TEST(CopyGuard, WhatIsWrittenIsReadBackAndRubbishIsRefused) {
    CopyGuard guard(100);
    const compose::Run run{42, false};
    guard.add(run);
    const auto bytes = guard.to_bytes();
    EXPECT_TRUE(CopyGuard::parse(bytes).value().knows(run));
    EXPECT_EQ(CopyGuard::parse(bytes.substr(0, 40)).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(CopyGuard::parse("rubbish").error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(CopyGuard::parse("").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace attune::compose
