// SPDX-License-Identifier: GPL-3.0-or-later
// Line 2 of the composer: every control moves its feature of the sound in one direction, the others held.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "compose/composer.hpp"
#include "compose/render.hpp"
#include "signal/roughness.hpp"

namespace attune::compose {
namespace {

std::vector<double> ranks(const std::vector<double>& x) {
    std::vector<double> r(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = 0; j < x.size(); ++j) r[i] += x[j] < x[i] ? 1.0 : x[j] == x[i] ? .5 : 0.0;
    return r;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
    const auto ra = ranks(a), rb = ranks(b);
    const double m = std::accumulate(ra.begin(), ra.end(), 0.0) / static_cast<double>(ra.size());
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < ra.size(); ++i) {
        ab += (ra[i] - m) * (rb[i] - m);
        aa += (ra[i] - m) * (ra[i] - m);
        bb += (rb[i] - m) * (rb[i] - m);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0.0;
}

Score piece(Style style, Control control, double value, double seconds) {
    Brief brief;
    brief.style = style;
    brief.seconds = seconds;
    brief.seed = 21;
    brief.key = Key{2, Mode::kMajor};
    Controls controls;
    controls[control] = value;
    brief.controls = controls;
    return compose_score(brief).value();
}

std::vector<float> mono(const Rendered& sound) {
    std::vector<float> out(sound.left.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = .5F * (sound.left[i] + sound.right[i]);
    return out;
}

double rho_of_sweep(Style style, Control control, double seconds, const std::function<double(const Score&)>& feature) {
    std::vector<double> values, features;
    for (int i = 0; i < 9; ++i) {
        values.push_back(i / 8.0);
        features.push_back(feature(piece(style, control, i / 8.0, seconds)));
    }
    std::string row;
    for (double f : features) row += " " + std::to_string(f);
    const double rho = spearman(values, features);
    std::printf("[ sweep    ] %s %s: rho %.3f:%s\n", to_string(style), to_string(control), rho, row.c_str());
    return rho;
}

double mean_pitch(const Score& score) {
    double sum = 0, weight = 0;
    for (const Note& n : score.notes)
        if (n.part != Part::kDrums) sum += n.pitch * static_cast<double>(n.length), weight += static_cast<double>(n.length);
    return sum / weight;
}

double onset_rate(const Score& score) {
    std::set<Ticks> starts;
    for (const Note& n : score.notes) starts.insert(n.start);
    return static_cast<double>(starts.size()) / score.seconds_at(score.length());
}

class ControlSweep : public testing::TestWithParam<Style> {};

TEST_P(ControlSweep, RegisterRaisesTheMeanPitch) { EXPECT_GE(rho_of_sweep(GetParam(), Control::kRegister, 60, mean_pitch), .95); }

TEST_P(ControlSweep, TempoRaisesTheTempo) {
    EXPECT_GE(rho_of_sweep(GetParam(), Control::kTempo, 60, [](const Score& s) { return 60.0 * s.bars * s.beats_per_bar / s.seconds_at(s.length()); }), .95);
}

TEST_P(ControlSweep, DensityRaisesTheOnsetRate) { EXPECT_GE(rho_of_sweep(GetParam(), Control::kDensity, 60, onset_rate), .95); }

INSTANTIATE_TEST_SUITE_P(AllStyles, ControlSweep,
                         testing::Values(Style::kAmbientPad, Style::kPianoBallad, Style::kChamber, Style::kLoFi, Style::kFolk,
                                         Style::kLightElectronic, Style::kPercussionCircle),
                         [](const auto& p) { return to_string(p.param); });

// The sound itself, in one style each: rendering costs.
TEST(SoundSweep, IntensityRaisesTheLoudness) {
    EXPECT_GE(rho_of_sweep(Style::kPianoBallad, Control::kIntensity, 10, [](const Score& s) { return render(s).value().lufs.value(); }), .95);
}

TEST(SoundSweep, TimbreRaisesTheSpectralCentroid) {
    EXPECT_GE(rho_of_sweep(Style::kChamber, Control::kTimbre, 10,
                           [](const Score& s) { return signal::spectral_centroid_hz(mono(render(s).value()), 48000).value().value(); }),
              .95);
}

TEST(SoundSweep, PercussivenessRaisesThePercussiveShare) {
    EXPECT_GE(rho_of_sweep(Style::kFolk, Control::kPercussiveness, 12,
                           [](const Score& s) { return signal::percussive_ratio(mono(render(s).value()), 48000).value().value(); }),
              .95);
}

TEST(SoundSweep, ConsonanceLowersTheRoughness) {
    EXPECT_LE(rho_of_sweep(Style::kPianoBallad, Control::kConsonance, 12,
                           [](const Score& s) { return signal::roughness(mono(render(s).value()), 48000).value().value(); }),
              -.95);
}

}  // namespace
}  // namespace attune::compose
