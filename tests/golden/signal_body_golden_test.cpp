// SPDX-License-Identifier: GPL-3.0-or-later
// signal/features and signal/hrv against numpy (tests/golden/scripts/body_features.py).
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/text.hpp"
#include "signal/eda.hpp"
#include "signal/features.hpp"
#include "signal/hrv.hpp"

namespace attune::signal {
namespace {

std::vector<double> numbers(const std::string& line) {
    std::vector<double> out;
    for (auto cell : core::split(line, ',')) out.push_back(core::parse_double(cell).value_or(std::nan("")));
    return out;
}

/// Equal to 1e-6 of the value, or of 1 for values below 1.
void expect_close(double got, double want, const std::string& what) {
    EXPECT_LE(std::abs(got - want), 1e-6 * std::max(1.0, std::abs(want))) << what << ": " << got << " is not " << want;
}

TEST(SignalFeatures, EqualNumpyForEverySignalAndFeature) {
    std::ifstream file(std::string(ATTUNE_SOURCE_DIR) + "/tests/golden/data/body_features.csv");
    std::string head, samples, expected;
    int signals = 0;
    while (std::getline(file, head) && std::getline(file, samples) && std::getline(file, expected)) {
        const auto comma = head.find(',');
        const double rate = core::parse_double(head.substr(comma + 1)).value();
        const auto values = numbers(samples);
        const std::vector<float> x(values.begin(), values.end());
        const auto got = signal_features(x, rate);
        ASSERT_TRUE(got);
        const auto want = numbers(expected);
        ASSERT_EQ(want.size(), kSignalFeatures);
        for (std::size_t i = 0; i < kSignalFeatures; ++i)
            expect_close((*got)[i], want[i], head.substr(0, comma) + " " + signal_feature_names()[i]);
        ++signals;
    }
    EXPECT_EQ(signals, 6);
}

TEST(Hrv, EqualsNumpy) {
    std::ifstream file(std::string(ATTUNE_SOURCE_DIR) + "/tests/golden/data/hrv.csv");
    std::string line;
    ASSERT_TRUE(std::getline(file, line));
    const auto beats = numbers(line);
    const Hrv h = hrv_features(rr_clean(beats));
    ASSERT_EQ(h.good_share, 1.0);
    const std::map<std::string, std::optional<double>> got = {
        {"mean_nn_ms", h.mean_nn_ms}, {"sdnn_ms", h.sdnn_ms}, {"rmssd_ms", h.rmssd_ms}, {"sdsd_ms", h.sdsd_ms}, {"pnn50", h.pnn50},
        {"pnn20", h.pnn20}, {"median_nn_ms", h.median_nn_ms}, {"mad_nn_ms", h.mad_nn_ms}, {"iqr_nn_ms", h.iqr_nn_ms},
        {"mean_hr_bpm", h.mean_hr_bpm}, {"sd_hr_bpm", h.sd_hr_bpm}, {"lf_ms2", h.lf_ms2}, {"hf_ms2", h.hf_ms2}, {"lf_hf", h.lf_hf},
        {"sd1_ms", h.sd1_ms}, {"sd2_ms", h.sd2_ms}, {"sample_entropy", h.sample_entropy}, {"dfa_alpha1", h.dfa_alpha1}};
    int checked = 0;
    while (std::getline(file, line)) {
        const auto comma = line.find(',');
        const auto& value = got.at(line.substr(0, comma));
        ASSERT_TRUE(value) << line;
        expect_close(*value, core::parse_double(line.substr(comma + 1)).value(), line.substr(0, comma));
        ++checked;
    }
    EXPECT_EQ(checked, 18);
}

TEST(Hrv, MinimumWindowsAreEnforced) {
    std::vector<double> beats;
    for (int i = 0; i < 25; ++i) beats.push_back(0.9 * i + 0.01 * (i % 3));
    const Hrv h = hrv_features(rr_clean(beats));
    EXPECT_FALSE(h.rmssd_ms) << "21 s is under 30 s";
    EXPECT_FALSE(h.sdnn_ms);
    for (int i = 25; i < 100; ++i) beats.push_back(0.9 * i + 0.01 * (i % 3));
    const Hrv longer = hrv_features(rr_clean(beats));
    EXPECT_TRUE(longer.rmssd_ms && longer.sdnn_ms && longer.hf_ms2);
    EXPECT_FALSE(longer.lf_ms2) << "90 s is under 120 s";
    EXPECT_FALSE(longer.sd1_ms);
}

TEST(Hrv, AMissedBeatIsAGapAndNeverPartOfADifference) {
    std::vector<double> beats;
    for (int i = 0; i < 150; ++i) beats.push_back(0.9 * i + 0.004 * (i % 2));
    const double clean = hrv_features(rr_clean(beats)).rmssd_ms.value();
    beats.erase(beats.begin() + 70);
    const auto intervals = rr_clean(beats);
    EXPECT_FALSE(intervals[69].good);
    EXPECT_NEAR(hrv_features(intervals).rmssd_ms.value(), clean, 0.05 * clean);
}

TEST(Hrv, MostlyArtefactsGiveNothing) {
    std::vector<double> beats;
    double t = 0.0;
    for (int i = 0; i < 200; ++i) beats.push_back(t += i % 3 == 0 ? 0.4 : 1.1);
    const Hrv h = hrv_features(rr_clean(beats));
    EXPECT_FALSE(h.rmssd_ms || h.mean_nn_ms || h.hf_ms2);
}

TEST(SignalFeatures, ConstantHasNoShapeAndNanGivesNan) {
    const auto constant = signal_features(std::vector<float>(64, 2.0F), 4.0).value();
    EXPECT_DOUBLE_EQ(constant[0], 2.0);
    EXPECT_TRUE(std::isnan(constant[14]) && std::isnan(constant[35]));
    std::vector<float> x(64, 1.0F);
    x[3] = std::nanf("");
    EXPECT_TRUE(std::isnan(signal_features(x, 4.0).value()[0]));
    EXPECT_FALSE(signal_features(std::vector<float>(8, 1.0F), 4.0));
}

TEST(Eda, CleanTonicAndPhasicEqualNumpy) {
    std::ifstream file(std::string(ATTUNE_SOURCE_DIR) + "/tests/golden/data/eda.csv");
    std::vector<std::vector<double>> rows;
    for (std::string line; std::getline(file, line);) rows.push_back(numbers(line));
    ASSERT_EQ(rows.size(), 5U);
    EdaConfig config;
    config.rate_hz = rows[0].at(0);
    auto splitter = EdaSplitter::create(config);
    ASSERT_TRUE(splitter);
    const std::vector<float> x(rows[1].begin(), rows[1].end());
    std::vector<EdaSample> got(x.size());
    std::vector<EdaResponse> responses;
    splitter->push(x, got, responses);
    for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(got[i].clean, rows[2][i], 1e-6) << i;
        EXPECT_NEAR(got[i].tonic, rows[3][i], 1e-6) << i;
        EXPECT_NEAR(got[i].phasic, rows[4][i], 1e-6) << i;
    }
}

/// The table "Forty features of any body signal" of docs/signals.md, first column.
TEST(SignalFeatures, TheDocumentationListsEachInItsPlace) {
    std::ifstream file(std::string(ATTUNE_SOURCE_DIR) + "/docs/signals.md");
    std::vector<std::string> listed;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("## ", 0) == 0) inside = line == "## Forty features of any body signal";
        if (inside && line.rfind("| `", 0) == 0) listed.push_back(line.substr(3, line.find('`', 3) - 3));
    }
    const auto& names = signal_feature_names();
    EXPECT_EQ(listed, std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace
}  // namespace attune::signal
