// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/voice_model.hpp"

#include <gtest/gtest.h>

#include "core/paths.hpp"
#include "core/random.hpp"
#include "support/temp_dir.hpp"

namespace attune::learn {
namespace {

/// Made-up stretches of three speakers: each number follows one of eight hidden ones, which the label moves.
std::vector<VoiceSample> stretches(std::size_t n, double beside = 0.0) {
    core::Random random(4, "test/voice");
    std::vector<VoiceSample> out(n);
    for (std::size_t s = 0; s < n; ++s) {
        out[s].speaker = "speaker " + std::to_string(s % 3);
        out[s].label = static_cast<int>(s % kVoiceClasses);
        std::array<double, kVoiceClasses> hidden{};
        for (double& h : hidden) h = random.normal(0.0, 1.0);
        hidden[s % kVoiceClasses] += 4.0;
        for (std::size_t i = 0; i < out[s].x.size(); ++i)
            out[s].x[i] = static_cast<float>(hidden[i % kVoiceClasses] + random.normal(0.0, 0.5) + (i / kVoiceClasses % 2 == 0 ? beside : 0.0));
    }
    return out;
}

TEST(VoiceModel, WhatIsSavedAnswersTheSameAndKnowsItsDomain) {
    const test::TempDir dir;
    auto model = VoiceModel::fit(stretches(120)).value();
    model.set_temperature(1.3, 0.5);
    model.set_domain_limit(1.6);
    ASSERT_TRUE(model.save(dir.path() / "voice.model"));
    const auto read = VoiceModel::load(dir.path() / "voice.model");
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(read->domain_limit(), 1.6);
    for (const auto& s : stretches(9, 2.0)) {
        EXPECT_EQ(read->classify(s.x, {}), model.classify(s.x, {}));
        EXPECT_EQ(read->out_of_domain(s.x), model.out_of_domain(s.x));
    }
}

TEST(VoiceModel, AFileThatIsCutAnywhereIsCorrupt) {
    const test::TempDir dir;
    ASSERT_TRUE(VoiceModel::fit(stretches(60))->save(dir.path() / "voice.model"));
    const std::string whole = core::read_file(dir.path() / "voice.model").value();
    for (std::size_t n = 0; n + 2 < whole.size(); n += 1 + whole.size() / 40) {
        dir.write("cut.model", whole.substr(0, n));
        const auto cut = VoiceModel::load(dir.path() / "cut.model");
        ASSERT_FALSE(cut) << n;
        EXPECT_EQ(cut.error().code, ErrorCode::kCorrupt);
    }
}

TEST(VoiceDomain, IsAboutOneOnWhatWasTrainedOnAndLargerBesideIt) {
    const auto model = VoiceModel::fit(stretches(240)).value();
    double home = 0.0, beside = 0.0;
    for (const auto& s : stretches(60)) home += model.out_of_domain(s.x) / 60.0;
    for (const auto& s : stretches(60, 3.0)) beside += model.out_of_domain(s.x) / 60.0;
    EXPECT_NEAR(home, 1.0, 0.15);
    EXPECT_GT(beside, 2.0);
}

TEST(VoiceDomain, ADistantStretchIsAnsweredWithLessCertainty) {
    auto model = VoiceModel::fit(stretches(240)).value();
    const auto far = stretches(1, 3.0).front();
    model.set_temperature(1.0, 0.0);
    const auto sure = model.classify(far.x, {});
    model.set_temperature(1.0, 2.0);
    const auto unsure = model.classify(far.x, {});
    EXPECT_LT(*std::ranges::max_element(unsure), *std::ranges::max_element(sure));
}

}  // namespace
}  // namespace attune::learn
