// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/dose.hpp"

#include <gtest/gtest.h>

#include "support/play_offline.hpp"

namespace attune::play {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kHour = 3600;

TEST(Dose, FortyHoursAt80AreTheWholeAllowance) {
    DoseLedger ledger;
    for (int k = 0; k < 40; ++k) ledger.add(kNow + k * kHour, 3600, 80.0);
    EXPECT_NEAR(ledger.share(kNow + 40 * kHour), 1.0, 1e-9);
    DoseLedger child(75.0);
    child.add(kNow, 40 * 3600, 75.0);
    EXPECT_NEAR(child.share(kNow), 1.0, 1e-9);
}

TEST(Dose, ThreeDecibelsAreAFactorOfTwo) {
    DoseLedger a, b;
    a.add(kNow, 3600, 83.0103);
    b.add(kNow, 7200, 80.0);
    EXPECT_NEAR(a.share(kNow), b.share(kNow), 1e-6);
}

TEST(Dose, AWeekLaterItIsForgotten) {
    DoseLedger ledger;
    ledger.add(kNow, 3600, 90.0);
    EXPECT_GT(ledger.share(kNow + 7 * 24 * kHour - 120), .2);
    EXPECT_EQ(ledger.share(kNow + 7 * 24 * kHour + 60), 0.0);
}

TEST(Dose, TwoRoomsOfOneListenerAddUpAndTheStateIsPlainData) {
    DoseLedger room1, room2, both;
    room1.add(kNow, 1800, 80.0);
    room2.add(kNow + 60, 5400, 80.0);
    both.add(room1);
    both.add(room2);
    EXPECT_NEAR(both.share(kNow + 60), 2.0 / 40.0, 1e-9);
    DoseLedger again;
    for (const auto& bucket : both.buckets(kNow + 60)) again.add(bucket);
    EXPECT_DOUBLE_EQ(again.share(kNow + 60), both.share(kNow + 60));
    EXPECT_NEAR(both.seconds_left(kNow + 60, 80.0), 38 * 3600, 1e-3);
}

TEST(Dose, NonsenseAddsNothing) {
    DoseLedger ledger;
    ledger.add(kNow, 3600, std::nan(""));
    ledger.add(kNow, -5, 80);
    EXPECT_EQ(ledger.share(kNow), 0.0);
}

/// Steady tones and steps through the rendering engine against the closed form.
TEST(Dose, OfTheRenderedSoundIsTheClosedFormWithinOnePercent) {
    test::TempDir dir;
    auto x = test::sine(1000, 48000, 0, 48000 * 12, .1);
    for (std::size_t k = 48000 * 6; k < x.size(); ++k) x[k] *= 2.0F;
    test::write_wav(dir.file("a.wav"), x, 48000);
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 0, 48000, 0.0, dir.file("a.wav")));
    items.push_back(test::silence(2, 30));
    const auto out = test::run_offline(std::move(items), 11.0);
    double measured = 0, expected = 0;
    for (const auto& e : out.news.exposures) {
        const auto second = e.engine_frame / 48000;  // the second that ended there
        if (second < 4 || second == 7) continue;     // fade-in; the step itself
        measured += std::pow(10.0, e.dba / 10.0);
        expected += std::pow(10.0, (100.0 + 20.0 * std::log10(second <= 6 ? .1 : .2)) / 10.0);
    }
    EXPECT_NEAR(measured / expected, 1.0, .01);
    EXPECT_FALSE(out.news.exposures.front().calibrated);
}

TEST(Dose, ThePlayerTurnsDownBeforeTheAllowanceIsUsedUp) {
    PlayerConfig config;
    config.utc_at_start_s = kNow;
    config.dose.add(kNow - kHour, 3600 * 37.9, 80.0);  // 95 % used
    std::vector<std::unique_ptr<Item>> items;
    auto item = test::track(1, 48000 * 3600, 48000);
    item->loudness_lufs = -10.0;
    items.push_back(std::move(item));
    items.push_back(test::silence(2, 30));
    const auto out = test::run_offline(std::move(items), 1800, {}, config, RunMode::kTimeline);
    bool told = false;
    for (const auto& e : out.news.events) told = told || e.kind == EventKind::kDoseLow;
    EXPECT_TRUE(told);
    EXPECT_LT(out.news.heard.back().gain_db, -9.0);
    EXPECT_LT(out.telemetry.dose_share, 1.05);
}

}  // namespace
}  // namespace attune::play
