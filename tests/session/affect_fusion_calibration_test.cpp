// SPDX-License-Identifier: GPL-3.0-or-later
/// T1, T3, T5, T6 of the fusion's specification, on simulated listeners.
#include <gtest/gtest.h>

#include <cstdio>

#include "support/simulated_session.hpp"

namespace attune {
namespace {

using test::Scene;

struct Calibration {
    double pooled = 0, worst5 = 0, nis_first = 0, nis = 0, width = 0;
    int sessions = 0;
};

Calibration calibrate(const char* persona, sense::Family family, int seeds) {
    Calibration c;
    std::vector<double> each;
    double nis = 0;
    int n = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        Scene scene;
        scene.persona = persona;
        scene.family = family;
        scene.seed = static_cast<std::uint64_t>(seed);
        const auto o = test::run(scene);
        if (o.states.empty()) continue;
        each.push_back(test::coverage(o));
        c.width += o.states.back().felt.sd_valence();
        for (const auto& check : o.checks) {
            nis += check.nis;
            ++n;
        }
    }
    for (const double x : each) c.pooled += x / static_cast<double>(each.size());
    std::sort(each.begin(), each.end());
    c.worst5 = each[each.size() / 20];
    c.nis = nis / n / 2.0;
    c.sessions = static_cast<int>(each.size());
    c.width /= c.sessions;
    return c;
}

TEST(FusionCalibration, T1NinetyPercentIntervalsHoldTheTruthAsOftenAsTheySay) {
    double pooled = 0, nis = 0;
    int cells = 0;
    std::vector<double> all;
    for (const auto family : {sense::Family::kLinear, sense::Family::kFitted}) {
        for (const char* persona : {"anxious", "low", "restless", "calm", "noisy"}) {
            const auto c = calibrate(persona, family, 40);
            std::printf("%-12s %-8s coverage %.3f  5th percentile %.2f  NIS/2 %.2f  end SD(V) %.3f  n %d\n", persona,
                        to_string(family), c.pooled, c.worst5, c.nis, c.width, c.sessions);
            pooled += c.pooled;
            nis += c.nis;
            ++cells;
            EXPECT_GE(c.worst5, .60) << persona;
        }
    }
    std::printf("pooled %.3f  NIS/2 %.2f\n", pooled / cells, nis / cells);
    EXPECT_GE(pooled / cells, .85);
    EXPECT_LE(pooled / cells, .95);
    EXPECT_GE(nis / cells, .75);
    EXPECT_LE(nis / cells, 1.25);
    for (const auto family : {sense::Family::kIsoTrue, sense::Family::kTextbook, sense::Family::kSecondOrder}) {
        const auto c = calibrate("anxious", family, 20);
        std::printf("outside the model: anxious %s coverage %.3f\n", to_string(family), c.pooled);
    }
    std::printf("outside the model: contrary linear coverage %.3f\n", calibrate("contrary", sense::Family::kLinear, 20).pooled);
}

}  // namespace
}  // namespace attune
