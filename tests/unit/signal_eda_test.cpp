// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/eda.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/synth.hpp"

namespace attune::signal {
namespace {

struct Split {
    std::vector<EdaSample> samples;
    std::vector<EdaResponse> responses;
};
Split split(const std::vector<float>& x, double rate, double least = 0.05) {
    auto s = EdaSplitter::create({rate, least}).value();
    Split out{std::vector<EdaSample>(x.size()), {}};
    s.push(x, out.samples, out.responses);
    return out;
}

TEST(EdaSplitter, FindsEachResponseNearItsOnsetWithItsAmplitude) {
    const std::vector<double> onsets = {20, 45, 70, 100};
    for (double rate : {4.0, 32.0}) {
        const auto out = split(synth::eda(onsets, 130.0, rate, 3.0, 0.4, 0.0, 1), rate);
        ASSERT_EQ(out.responses.size(), onsets.size()) << rate;
        for (std::size_t i = 0; i < onsets.size(); ++i) {
            EXPECT_NEAR(static_cast<double>(out.responses[i].onset) / rate, onsets[i], 1.5);
            EXPECT_NEAR(out.responses[i].amplitude, 0.4, 0.06);
            EXPECT_GT(out.responses[i].peak, out.responses[i].onset);
        }
    }
}

TEST(EdaSplitter, TonicAndPhasicAddUpToTheCleanSignal) {
    const auto out = split(synth::eda({10, 30}, 60.0, 8.0, 2.0, 0.3, 0.01, 2), 8.0);
    for (const auto& s : out.samples) EXPECT_NEAR(s.tonic + s.phasic, s.clean, 1e-5F);
}

TEST(EdaSplitter, ConstantAndZeroGiveNoResponse) {
    EXPECT_TRUE(split(std::vector<float>(400, 5.0F), 4.0).responses.empty());
    const auto zero = split(std::vector<float>(400, 0.0F), 4.0);
    EXPECT_TRUE(zero.responses.empty());
    EXPECT_TRUE(zero.samples.back().artefact) << "nobody conducts nothing";
}

TEST(EdaSplitter, JumpAndNanAreFlaggedAndStateIsKept) {
    auto x = synth::eda({}, 60.0, 4.0, 2.0, 0.0, 0.001, 3);
    x[100] = std::numeric_limits<float>::quiet_NaN();
    x[150] = 9.0F;
    const auto out = split(x, 4.0);
    EXPECT_TRUE(out.samples[100].artefact);
    EXPECT_TRUE(out.samples[150].artefact);
    EXPECT_FALSE(out.samples[50].artefact);
    EXPECT_TRUE(std::isfinite(out.samples.back().clean));
}

TEST(EdaSplitter, RateAndAmplitudeOutOfRangeAreNamed) {
    EXPECT_NE(EdaSplitter::create({1.0, 0.05}).error().message.find("4..256"), std::string::npos);
    EXPECT_NE(EdaSplitter::create({4.0, 0.0}).error().message.find(".005..5"), std::string::npos);
}

TEST(EdaFeatures, CountAndSlopeAreWhatWasPutIn) {
    const auto x = synth::eda({20, 40, 60}, 80.0, 4.0, 3.0, 0.4, 0.0, 4);
    const auto out = split(x, 4.0);
    const auto f = eda_features(out.samples, 0, out.responses, 4.0);
    ASSERT_TRUE(f);
    EXPECT_DOUBLE_EQ(f->responses_per_min, 3.0 / 80.0 * 60.0);
    EXPECT_NEAR(f->tonic_mean, 3.1, 0.15);
    EXPECT_FALSE(eda_features(std::span(out.samples).first(20), 0, out.responses, 4.0));
}

}  // namespace
}  // namespace attune::signal
