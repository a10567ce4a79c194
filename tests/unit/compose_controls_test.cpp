// SPDX-License-Identifier: GPL-3.0-or-later
// Line 2 of the composer: every control moves its feature of the sound in one direction, the others held.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "compose/composer.hpp"
#include "compose/render.hpp"
#include "compose/steering.hpp"
#include "compose/synth.hpp"
#include "signal/roughness.hpp"
#include "signal/stft.hpp"
#include "support/kept_piano.hpp"

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

const auto kEveryStyle = testing::Values(Style::kAmbientPad, Style::kPianoBallad, Style::kChamber, Style::kLoFi, Style::kFolk,
                                         Style::kLightElectronic, Style::kPercussionCircle);
INSTANTIATE_TEST_SUITE_P(AllStyles, ControlSweep, kEveryStyle, [](const auto& p) { return to_string(p.param); });

/// What is heard of a piece from its start: rendering costs, so the pieces are short, and the step in the middle, which the
/// four sweeps share, is rendered once a style.
class SoundSweep : public testing::TestWithParam<Style> {
protected:
    struct Heard {
        double lufs = 0, centroid = 0, percussive = 0, roughness = 0;
    };
    using Feature = double Heard::*;

    static void SetUpTestSuite() { keep_ = std::make_unique<KeptInstruments>(KeptInstruments::create().value()); }
    static void TearDownTestSuite() { keep_.reset(), middle_.clear(); }

    static Heard hear(Style style, Control control, double value, Feature feature) {
        auto score = piece(style, control, value, 16);
        keep_->keep(score.parts);  // their samples stay decoded while the renders come and go
        const auto sound = render(score, nullptr, 0.0, kSeconds).value();
        const auto samples = mono(sound);
        const bool all = value == .5;
        Heard h;
        h.lufs = sound.lufs.value();
        if (all || feature == &Heard::centroid) h.centroid = signal::spectral_centroid_hz(samples, 48000).value().value();
        if (all || feature == &Heard::percussive) h.percussive = signal::percussive_ratio(samples, 48000).value().value();
        if (all || feature == &Heard::roughness) h.roughness = signal::roughness(samples, 48000).value().value();
        return h;
    }

    static double rho(Control control, Feature feature) {
        const Style style = GetParam();
        std::vector<double> values, features;
        std::string row;
        for (int i = 0; i < 9; ++i) {
            if (i == 4 && !middle_.contains(style)) middle_[style] = hear(style, control, .5, feature);
            values.push_back(i / 8.0);
            features.push_back(i == 4 ? middle_[style].*feature : hear(style, control, i / 8.0, feature).*feature);
            row += " " + std::to_string(features.back());
        }
        const double r = spearman(values, features);
        std::printf("[ sweep    ] %s %s: rho %.3f:%s\n", to_string(style), to_string(control), r, row.c_str());
        return r;
    }

private:
    static constexpr double kSeconds = 5.0;
    static inline std::unique_ptr<KeptInstruments> keep_;
    static inline std::map<Style, Heard> middle_;
};

TEST_P(SoundSweep, IntensityRaisesTheLoudness) { EXPECT_GE(rho(Control::kIntensity, &Heard::lufs), .95); }
TEST_P(SoundSweep, TimbreRaisesTheSpectralCentroid) { EXPECT_GE(rho(Control::kTimbre, &Heard::centroid), .95); }
TEST_P(SoundSweep, PercussivenessRaisesThePercussiveShare) { EXPECT_GE(rho(Control::kPercussiveness, &Heard::percussive), .95); }
TEST_P(SoundSweep, ConsonanceLowersTheRoughness) { EXPECT_LE(rho(Control::kConsonance, &Heard::roughness), -.95); }

INSTANTIATE_TEST_SUITE_P(AllStyles, SoundSweep, kEveryStyle, [](const auto& p) { return to_string(p.param); });

class MirrorSound : public testing::TestWithParam<Style> {};

TEST_P(MirrorSound, RisesWithinItsBounds) {
    std::vector<double> rise, lufs, onsets, centroid, tempo;
    for (int i = 0; i < 5; ++i) {
        Brief brief;
        brief.style = GetParam();
        brief.seed = 21;
        brief.controls = mirrored(controls_for({0, 0}), i / 4.0);
        // The same bars at every tempo.
        brief.seconds = 3.0 + 14.0 * tempo_bpm(controls_for({0, 0})) / tempo_bpm(*brief.controls);
        const auto score = compose_score(brief).value();
        const auto sound = render(score).value();
        rise.push_back(i / 4.0);
        lufs.push_back(sound.lufs.value());
        onsets.push_back(onset_rate(score));
        centroid.push_back(signal::spectral_centroid_hz(mono(sound), 48000).value().value());
        tempo.push_back(score.tempo_bpm());
    }
    EXPECT_GE(spearman(rise, lufs), .95);
    EXPECT_GE(spearman(rise, onsets), .95);
    EXPECT_GE(spearman(rise, centroid), .95);
    EXPECT_GE(spearman(rise, tempo), .95);
    std::printf("[ mirror   ] %+.2f LU, tempo x %.3f, onsets x %.2f, centroid x %.2f\n", lufs.back() - lufs.front(), tempo.back() / tempo.front(),
                onsets.back() / onsets.front(), centroid.back() / centroid.front());
    EXPECT_LE(lufs.back() - lufs.front(), Steering::kMirrorLu);
    EXPECT_LE(tempo.back() / tempo.front(), Steering::kMirrorTempo);
}
INSTANTIATE_TEST_SUITE_P(Styles, MirrorSound, testing::Values(Style::kPianoBallad, Style::kChamber), [](const auto& p) { return to_string(p.param); });

TEST(TinnitusSound, ATinnitusPitchIsLoweredByTwelveDecibels) {
    const auto score = piece(Style::kPianoBallad, Control::kTimbre, .6, 12);
    constexpr double kPitch = 1200;
    const auto power = [&](double notch) {
        const auto sound = mono(render(score, nullptr, notch).value());
        auto stft = signal::Stft::create({8192, 4096, 0, signal::Window::kHann}).value();
        std::vector<float> row(stft.bins());
        double near = 0, elsewhere = 0;
        for (std::size_t i = 0; i < stft.frames(sound.size()); ++i) {
            stft.power(std::span(sound).subspan(i * 4096, 8192), row);
            for (std::size_t k = 1; k < row.size(); ++k) {
                const double octaves = std::abs(std::log2(static_cast<double>(k) * 48000 / 8192 / kPitch));
                if (octaves <= 1.0 / 3) near += static_cast<double>(row[k]);
                if (octaves >= 1.5) elsewhere += static_cast<double>(row[k]);
            }
        }
        return std::pair(near, elsewhere);
    };
    const auto plain = power(0), cut = power(kPitch);
    std::printf("[ notch    ] %.1f dB near, %.1f dB elsewhere\n", 10 * std::log10(cut.first / plain.first), 10 * std::log10(cut.second / plain.second));
    EXPECT_LE(10 * std::log10(cut.first / plain.first), -12.0);
    EXPECT_GE(10 * std::log10(cut.second / plain.second), -1.0);
}

}  // namespace
}  // namespace attune::compose
