// SPDX-License-Identifier: GPL-3.0-or-later
/// T1, T3, T5, T6 of the fusion's specification, on simulated listeners.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <numeric>

#include "affect/tables.hpp"
#include "support/simulated_session.hpp"

namespace attune {
namespace {

using test::Scene;

struct Calibration {
    std::vector<double> each;      ///< coverage of every session
    double nis = 0;                ///< mean, over its dimension
    double width = 0;

    [[nodiscard]] double pooled() const { return std::accumulate(each.begin(), each.end(), 0.0) / static_cast<double>(each.size()); }
    [[nodiscard]] double percentile5() const {
        auto sorted = each;
        std::sort(sorted.begin(), sorted.end());
        return sorted[sorted.size() / 20];
    }
};

Calibration calibrate(const char* persona, sense::Family family, int seeds) {
    Calibration c;
    int n = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        Scene scene;
        scene.persona = persona;
        scene.family = family;
        scene.seed = static_cast<std::uint64_t>(seed);
        const auto o = test::run(scene);
        if (o.states.empty()) continue;
        c.each.push_back(test::coverage(o));
        c.width += o.states.back().felt.sd_valence() / seeds;
        for (const auto& check : o.checks) {
            c.nis += check.nis / 2.0;
            ++n;
        }
    }
    c.nis /= n;
    return c;
}

TEST(FusionCalibration, T1NinetyPercentIntervalsHoldTheTruthAsOftenAsTheySay) {
    Calibration all;
    int cells = 0;
    for (const auto family : {sense::Family::kLinear, sense::Family::kFitted}) {
        for (const char* persona : {"anxious", "low", "restless", "calm", "noisy"}) {
            const auto c = calibrate(persona, family, 40);
            std::printf("T1 %-9s %-7s coverage %.3f  5th percentile %.2f  NIS/2 %.2f  SD(V) at the end %.3f\n", persona,
                        to_string(family), c.pooled(), c.percentile5(), c.nis, c.width);
            all.each.insert(all.each.end(), c.each.begin(), c.each.end());
            all.nis += c.nis;
            ++cells;
        }
    }
    all.nis /= cells;
    std::printf("T1 pooled: coverage %.3f  5th percentile %.2f  NIS/2 %.2f  (%zu sessions)\n", all.pooled(), all.percentile5(), all.nis,
                all.each.size());
    EXPECT_GE(all.pooled(), .85);
    EXPECT_LE(all.pooled(), .95);
    EXPECT_GE(all.percentile5(), .60);
    EXPECT_GE(all.nis, .75);
    EXPECT_LE(all.nis, 1.25);
    // Outside the filter's model: printed, not gated.
    for (const auto family : {sense::Family::kIsoTrue, sense::Family::kTextbook, sense::Family::kSecondOrder}) {
        std::printf("T1 not gated: anxious %s coverage %.3f\n", to_string(family), calibrate("anxious", family, 20).pooled());
    }
    std::printf("T1 not gated: contrary linear coverage %.3f\n", calibrate("contrary", sense::Family::kLinear, 20).pooled());
}

/// An index of arousal: validity r, noise that lasts a minute, one a second.
class Index {
public:
    enum class Fault { kNone, kFlipped, kForeign, kNoisy, kStuck };
    Index(double r, Fault fault, std::uint64_t seed, int per_second = 1)
        : r_(r), fault_(fault), random_(seed, "test/index"), other_(seed + 1000, "test/other"), per_second_(per_second) {}

    std::vector<flow::Evidence> operator()(int t, const std::vector<flow::Va>& truth) {
        constexpr double kSd = .3;
        const double keep = std::exp(-1.0 / 60.0);
        slow_ = keep * slow_ + std::sqrt(1 - keep * keep) * random_.normal();
        foreign_ = .998 * foreign_ + std::sqrt(1 - .998 * .998) * other_.normal();
        double z = (truth.back().arousal - .3) / kSd;
        if (fault_ == Fault::kFlipped && t > 300) z = -z;
        if (fault_ == Fault::kForeign) z = foreign_;
        double x = r_ * z + std::sqrt(1 - r_ * r_) * slow_;
        if (fault_ == Fault::kNoisy) x = 3.0 * slow_ + 2.0 * random_.normal();
        if (fault_ == Fault::kStuck && t > 300) x = 2.5;
        std::vector<flow::Evidence> out;
        for (int i = 0; i < per_second_; ++i) {
            flow::Evidence e;
            e.source = "wrist";
            e.kind = flow::SourceKind::kBody;
            e.t = {test::at_s(t).ns + i * (1'000'000'000LL / per_second_)};
            e.window_s = 60;
            e.dt_frame_s = 1.0 / per_second_;
            e.arousal = flow::Index{x, .9, 1.0};
            e.model = "test@1";
            e.origin = flow::Origin::kSimulated;
            out.push_back(std::move(e));
        }
        return out;
    }

private:
    double r_;
    Fault fault_;
    core::Random random_, other_;
    int per_second_;
    double slow_ = 0.0, foreign_ = 0.0;
};

TEST(FusionCalibration, T3AFaultySourceNeitherBreaksTheIntervalsNorAddsMuchError) {
    using Fault = Index::Fault;
    const std::pair<Fault, const char*> faults[] = {
        {Fault::kFlipped, "flipped"}, {Fault::kForeign, "foreign"}, {Fault::kNoisy, "noisy"}, {Fault::kStuck, "stuck"}, {Fault::kNone, "sound (r .5)"}};
    for (const auto& [fault, name] : faults) {
        double cover = 0, full = 0, shadow = 0;
        int n = 0;
        for (std::uint64_t seed = 1; seed <= 30; ++seed) {
            Scene scene;
            scene.family = seed % 2 == 0 ? sense::Family::kLinear : sense::Family::kFitted;
            scene.seed = seed;
            scene.minutes = 30;
            auto index = std::make_shared<Index>(.5, fault, seed);
            scene.evidence = [index](int t, const std::vector<flow::Va>& truth) { return (*index)(t, truth); };
            const auto o = test::run(scene);
            if (o.states.empty()) continue;
            cover += test::coverage(o);
            full += test::squared_error(o, false);
            shadow += test::squared_error(o, true);
            ++n;
        }
        const double ratio = std::sqrt(full / shadow);
        std::printf("T3 %-12s coverage %.3f  RMSE %.3f x shadow\n", name, cover / n, ratio);
        EXPECT_GE(cover / n, .85) << name;
        EXPECT_LE(ratio, 1.10) << name;
    }
}

TEST(FusionCalibration, T5TwiceTheFramesSayNoMore) {
    const auto run_at = [](int per_second) {
        Scene scene;
        scene.seed = 3;
        auto index = std::make_shared<Index>(.5, Index::Fault::kNone, 3, per_second);
        scene.evidence = [index](int t, const std::vector<flow::Va>& truth) { return (*index)(t, truth); };
        return test::run(scene);
    };
    const auto once = run_at(1), twice = run_at(2);
    ASSERT_EQ(once.states.size(), twice.states.size());
    double worst = 0.0;
    for (std::size_t i = 0; i < once.states.size(); ++i) {
        worst = std::max(worst, std::abs(twice.states[i].felt.sd_arousal() / once.states[i].felt.sd_arousal() - 1.0));
    }
    std::printf("T5 largest relative difference of the SD %.4f\n", worst);
    EXPECT_LE(worst, .02);
}

TEST(FusionCalibration, T6AfterTenMinutesOfPlanWithoutRatingOrSensorNothingIsSureAnyMore) {
    Scene scene;
    scene.minutes = 10;
    scene.rating_every_s = 100000;   // one at the start alone
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        scene.seed = seed;
        const auto o = test::run(scene);
        if (o.states.empty()) continue;
        const auto& g = o.states.back().felt;
        std::printf("T6 seed %llu: SD %.3f %.3f\n", static_cast<unsigned long long>(seed), g.sd_valence(), g.sd_arousal());
        EXPECT_GE(g.sd_valence(), .25);
        EXPECT_GE(g.sd_arousal(), .25);
    }
    auto fusion = *affect::Fusion::create({}, {});
    fusion.advance_to(test::at_s(600));
    EXPECT_GE(fusion.state(test::at_s(600)).felt.sd_valence(), .25);
}

/// Eight weeks of a person with one session a day and four ratings in each.
affect::Earning after_sessions(double r, bool reversed, int sessions) {
    affect::SourceRecords records;
    for (int day = 1; day <= sessions; ++day) {
        Scene scene;
        scene.family = sense::Family::kLinear;
        scene.seed = static_cast<std::uint64_t>(day);
        scene.minutes = 24;
        scene.music = false;
        scene.prior.sources = records;
        scene.config.day = day;
        scene.config.session = day;
        auto index = std::make_shared<Index>(r, Index::Fault::kNone, static_cast<std::uint64_t>(day));
        scene.evidence = [index, reversed](int t, const std::vector<flow::Va>& truth) {
            auto out = (*index)(t, truth);
            if (reversed) out.front().arousal->x = -out.front().arousal->x;
            return out;
        };
        records = test::run(scene).records;
    }
    const auto& record = records.at("body/arousal");
    const auto& row = affect::source_row(flow::SourceKind::kBody);
    return affect::judge(record.points, row.start_a, row.cap_a);
}

TEST(FusionEarning, AnInformativeSensorEarnsWeightAUselessOrReversedOneLosesIt) {
    const auto informative = after_sessions(.9, false, 40);
    const auto useless = after_sessions(0.0, false, 40);
    const auto reversed = after_sessions(.9, true, 40);
    for (const auto& [name, e] : {std::pair{"informative", informative}, std::pair{"useless", useless}, std::pair{"reversed", reversed}}) {
        std::printf("earning %-11s n %d  r %.3f (start .30)  posterior mean %.3f  gain %.1f nats (shuffled 95 %%: %.1f)  earned %d\n", name, e.n,
                    e.r, e.posterior_mean, e.gain_nats, e.shuffled_q95, e.earned);
    }
    EXPECT_TRUE(informative.earned);
    EXPECT_GT(informative.r, .30);
    EXPECT_FALSE(useless.earned);
    EXPECT_LT(useless.r, .20);
    EXPECT_FALSE(reversed.earned);
    EXPECT_EQ(reversed.r, 0.0);
}

TEST(FusionEarning, NothingIsEarnedBeforeThirtyRatingsOnFiveDays) {
    std::vector<affect::EarningPoint> points;
    for (int i = 0; i < 60; ++i) {
        const double u = std::sin(i * 1.7);
        points.push_back({i / 15, i / 5, u, u});   // perfect, but on four days
    }
    EXPECT_FALSE(affect::judge(points, .3, .6).earned);
    EXPECT_LE(affect::judge(points, .3, .6).r, .3);
    for (std::size_t i = 0; i < points.size(); ++i) points[i].day = static_cast<std::int64_t>(i) / 6;
    EXPECT_TRUE(affect::judge(points, .3, .6).earned);
    EXPECT_LE(affect::judge(points, .3, .6).r, .6);
    points.resize(29);
    EXPECT_FALSE(affect::judge(points, .3, .6).earned);
}

}  // namespace
}  // namespace attune
