// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>

#include "core/random.hpp"
#include "play/stretcher.hpp"
#include "support/play_offline.hpp"

namespace attune::play {
namespace {

using test::TempDir;

/// 180 s of 997 Hz at -6 dBFS, played with tempo controls; the item runs on beyond what is
/// rendered.
test::Rendered play_sine(double seconds, const std::vector<Control>& controls, double hz = 997.0,
                         double amplitude = .5) {
    TempDir dir;
    const double need = seconds * 1.2 + 4.0;
    test::write_wav(dir.file("a.wav"),
                    test::sine(hz, 48000, 0, static_cast<std::size_t>(need * 48000), amplitude),
                    48000);
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 0, 48000, 0.0, dir.file("a.wav")));
    items.push_back(test::silence(2, 60.0));
    return test::run_offline(std::move(items), seconds, controls);
}

double worst_residual(const std::vector<float>& x, double from_s, double to_s) {
    double worst = 0;
    for (auto k = static_cast<std::size_t>(from_s * 48000);
         k + 1024 < static_cast<std::size_t>(to_s * 48000); k += 512)
        worst = std::max(worst, test::fit_sine(x, k, 1024, 997.0).residual_rms);
    return test::db(worst * std::sqrt(2.0) / .5) - 6.02;  // as a peak level, in dBFS
}

/// Frequency by the phase that moves between two long windows.
double measured_hz(const std::vector<float>& x, double from_s, double to_s) {
    const auto a = static_cast<std::size_t>(from_s * 48000),
               b = static_cast<std::size_t>(to_s * 48000) - 4800;
    double hz = 997.0;
    for (const std::size_t hop : {std::size_t{2400}, std::size_t{12000}, b - a}) {
        const double moved = std::remainder(test::fit_sine(x, a + hop, 4800, hz).phase -
                                                test::fit_sine(x, a, 4800, hz).phase,
                                            2 * std::numbers::pi);
        hz += moved / (2 * std::numbers::pi) * 48000.0 / static_cast<double>(hop);
    }
    return hz;
}

TEST(Tempo, AtUnityTheOutputIsTheInputBeforeAndAfter) {
    const auto out = play_sine(12.0, {{ControlKind::kTempo, 1.08, .5, 48000 * 4},
                                      {ControlKind::kTempo, 1.0, .5, 48000 * 7}});
    EXPECT_LE(worst_residual(out.left, 2.1, 4.0), -100.0);
    EXPECT_LE(worst_residual(out.left, 8.0, 12.0), -100.0);
    // Engage: no step where the stretcher takes over.
    EXPECT_LE(worst_residual(out.left, 3.95, 4.05), -45.0);
}

TEST(Tempo, ASineStaysASineAtEightPercentAndInTheRamp) {
    for (const double ratio : {1.08, .92}) {
        const auto out = play_sine(14.0, {{ControlKind::kTempo, ratio, 4.0, 48000 * 3}});
        const double ramp = worst_residual(out.left, 3.0, 7.1),
                     steady = worst_residual(out.left, 7.5, 14.0);
        RecordProperty("ramp_db", std::to_string(ramp));
        RecordProperty("steady_db", std::to_string(steady));
        EXPECT_LE(ramp, -45.0) << ratio;
        EXPECT_LE(steady, -50.0) << ratio;
    }
}

TEST(Tempo, PitchStaysWithinFiveCents) {
    for (const double ratio : {.85, 1.15}) {
        const auto out = play_sine(10.0, {{ControlKind::kTempo, ratio, .5, 48000 * 3}});
        const double cents = 1200.0 * std::log2(measured_hz(out.left, 5.0, 10.0) / 997.0);
        EXPECT_LE(std::abs(cents), 5.0) << ratio;
    }
}

/// The dry signals of the tests of engage and release.
enum class Dry { kTones, kNoise, kWhite, kMusic };

/// Six tones from 60 Hz to 8 kHz; dull noise with clicks; white noise up to 24 kHz; chords that are struck and die
/// away over a beat of noise.
std::vector<float> dry_signal(Dry kind) {
    std::vector<float> x(48000 * 16);
    core::Random random(4, "test/tempo");
    double low = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        const double noise = random.uniform(-1, 1);
        low += .1 * (noise - low);
        const double beat = static_cast<double>(k % 24000) / 48000.0;
        if (kind == Dry::kNoise)
            x[k] = static_cast<float>(.4 * low + .04 * noise + (k % 7919 == 0 ? .3 : 0.0));
        if (kind == Dry::kWhite) x[k] = static_cast<float>(.3 * noise);
        if (kind == Dry::kMusic) x[k] = static_cast<float>(.2 * std::exp(-60.0 * beat) * noise);
    }
    const std::vector<double> pitches =
        kind == Dry::kTones   ? std::vector{60.0, 110.0, 300.0, 997.0, 3000.0, 8000.0}
        : kind == Dry::kMusic ? std::vector{110.0, 220.0, 261.6, 329.6, 440.0, 523.3, 880.0}
                              : std::vector<double>{};
    for (const double hz : pitches) {
        const auto more = test::sine(hz, 48000, 0, x.size(), .1);
        for (std::size_t k = 0; k < x.size(); ++k)
            x[k] += more[k] *
                    (kind == Dry::kMusic
                         ? static_cast<float>(std::exp(-static_cast<double>(k % 48000) / 24000.0))
                         : 1.0F);
    }
    return x;
}

/// Back at ratio 1 Rubber Band takes up the phases of its input band by band, the lowest after 0.8 s;
/// only then is the stretcher let go, and nobody can hear it.
TEST(Tempo, BeforeEngageAndFromReleaseOnTheOutputIsTheDelayedDrySignal) {
    TempDir dir;
    std::map<double, std::size_t>
        released;  // at which frame: white noise tells, and it is the same for all
    for (const Dry kind : {Dry::kWhite, Dry::kTones, Dry::kNoise, Dry::kMusic}) {
        const auto x = dry_signal(kind);
        test::write_wav(dir.file("a.wav"), x, 48000);
        for (const double ratio : {1.05, .85}) {
            const std::string what = "signal " + std::to_string(static_cast<int>(kind)) +
                                     ", ratio " + std::to_string(ratio);
            std::vector<std::unique_ptr<Item>> items;
            items.push_back(test::track(1, 0, 48000, 0.0, dir.file("a.wav")));
            items.push_back(test::silence(2, 60.0));
            const auto out = test::run_offline(std::move(items), 7.0,
                                               {{ControlKind::kTempo, ratio, .5, 48000 * 3},
                                                {ControlKind::kTempo, 1.0, .5, 48000 * 4}});
            const auto off = [&](std::int64_t moved, std::size_t k) {
                const auto at = static_cast<std::size_t>(static_cast<std::int64_t>(k) + moved);
                return std::abs(static_cast<double>(out.left[k]) - static_cast<double>(x[at]));
            };
            double before = 0, after = 0;
            // And through the blend of 10 ms into the stretcher.
            for (std::size_t k = 96001; k < 48000 * 3 + 480; ++k)
                before = std::max(before, off(0, k));
            EXPECT_LE(test::db(before), -100.0) << what;
            // Two ramps of half a second and half a second between them, in knots of 5 ms; from there on
            // it is one constant distance. Back from the end: as long as it is the dry signal to the last bit of the file (24).
            const auto& last = out.news.heard.back();
            const std::int64_t moved = std::llround(last.position_s * 48000) - last.frame.value;
            std::size_t let_go = out.left.size();
            while (let_go > 0 && off(moved, let_go - 1) < 2e-7) --let_go;
            if (kind == Dry::kWhite) {
                EXPECT_LE(let_go, 48000 * 58 / 10)
                    << what << ": 1.3 s after the ramp's end at the latest";
                EXPECT_GE(let_go, 48000 * 55 / 10) << what << ": not before it has settled";
                released[ratio] = let_go;
            }
            // The blend of 10 ms that lets it go, and the 10 ms before it: the two are the same signal.
            for (std::size_t k = released[ratio] - 960; k < out.left.size(); ++k)
                after = std::max(after, off(moved, k));
            EXPECT_LE(test::db(after), -100.0) << what;
        }
    }
}

/// A stream that lies in memory.
class Memory final : public StreamWindow {
public:
    explicit Memory(std::vector<float> x) : x_(std::move(x)) {}
    void copy(std::int64_t from, std::span<float> left, std::span<float> right) noexcept override {
        for (std::size_t k = 0; k < left.size(); ++k)
            left[k] = right[k] = at(from + static_cast<std::int64_t>(k));
    }
    [[nodiscard]] float at(std::int64_t k) const {
        return k < 0 || k >= static_cast<std::int64_t>(x_.size()) ? 0.0F
                                                                  : x_[static_cast<std::size_t>(k)];
    }

private:
    std::vector<float> x_;
};

TEST(Tempo, WhereItIsEngagedTheStretcherPlaysTheDrySignal) {
    double worst_of_all = 0;
    for (const Dry kind : {Dry::kTones, Dry::kNoise, Dry::kWhite, Dry::kMusic}) {
        Memory stream(dry_signal(kind));
        auto stretcher = Stretcher::create();
        ASSERT_TRUE(stretcher);
        for (const double asked : {1.15, 1.0001, .9999, .85}) {
            (*stretcher)->begin(stream, 96000.0);
            std::vector<float> left(Stretcher::kBlend), right(Stretcher::kBlend);
            (*stretcher)->process(stream, asked, left, right);
            double worst = 0;
            for (std::size_t k = 0; k < left.size(); ++k)
                worst = std::max(
                    worst,
                    std::abs(static_cast<double>(left[k]) -
                             static_cast<double>(stream.at(96000 + static_cast<std::int64_t>(k)))));
            worst_of_all = std::max(worst_of_all, worst);
            EXPECT_LE(test::db(worst), -100.0)
                << "signal " << static_cast<int>(kind) << " towards " << asked;
        }
    }
    RecordProperty("engage_db", std::to_string(test::db(worst_of_all)));
}

/// Least-squares fit of sines of known pitches in n frames: the RMS of what remains.
double chord_residual(const std::vector<float>& x, std::size_t from, std::size_t n,
                      std::span<const double> pitches) {
    const std::size_t m = 2 * pitches.size();
    std::vector<std::vector<double>> basis(m, std::vector<double>(n));
    std::vector<double> rest(n);
    for (std::size_t k = 0; k < n; ++k) {
        rest[k] = static_cast<double>(x[from + k]);
        for (std::size_t i = 0; i < m; ++i) {
            const double at =
                2 * std::numbers::pi * pitches[i / 2] * static_cast<double>(k) / 48000;
            basis[i][k] = i % 2 == 0 ? std::sin(at) : std::cos(at);
        }
    }
    const auto take = [](std::vector<double>& from_it, const std::vector<double>& unit) {
        const double share = std::inner_product(unit.begin(), unit.end(), from_it.begin(), 0.0);
        for (std::size_t k = 0; k < unit.size(); ++k) from_it[k] -= share * unit[k];
    };
    for (std::size_t i = 0; i < m; ++i) {  // Gram-Schmidt, each direction taken out twice
        for (int pass = 0; pass < 2; ++pass)
            for (std::size_t j = 0; j < i; ++j) take(basis[i], basis[j]);
        const double norm =
            std::sqrt(std::inner_product(basis[i].begin(), basis[i].end(), basis[i].begin(), 0.0));
        for (double& v : basis[i]) v /= norm;
        take(rest, basis[i]);
    }
    return std::sqrt(std::inner_product(rest.begin(), rest.end(), rest.begin(), 0.0) /
                     static_cast<double>(n));
}

/// 1, then `first`, then through 1 to `second`: ramps of `ramp_s`, a second and a half at the first tempo.
struct Through {
    double first, second, ramp_s;
};

class RampThroughUnity : public testing::TestWithParam<Through> {};

/// Rubber Band resets its phases where its steps fall below 512 input frames (-10 dBFS on a sine) if they
/// are left to the ramp alone.
TEST_P(RampThroughUnity, LeavesASineASine) {
    const auto [first, second, ramp_s] = GetParam();
    const auto out =
        play_sine(8.0 + ramp_s, {{ControlKind::kTempo, first, 1.0, 48000 * 3},
                                 {ControlKind::kTempo, second, ramp_s, 48000 * 11 / 2}});
    const double ramp = worst_residual(out.left, 2.95, 5.6 + ramp_s),
                 steady = worst_residual(out.left, 6.0 + ramp_s, 8.0 + ramp_s);
    RecordProperty("ramp_db", std::to_string(ramp));
    RecordProperty("steady_db", std::to_string(steady));
    EXPECT_LE(ramp, -45.0);
    EXPECT_LE(steady, -50.0);
}

TEST_P(RampThroughUnity, LeavesAChordAChord) {
    const auto [first, second, ramp_s] = GetParam();
    const std::array<double, 4> pitches{220.0, 523.3, 880.0, 1318.5};
    core::Random random(5, "test/tempo");
    std::vector<float> x(48000 * 16);
    for (const double hz : pitches) {
        const auto more = test::sine(hz, 48000, 0, x.size(), .12);
        for (std::size_t k = 0; k < x.size(); ++k) x[k] += more[k];
    }
    for (float& v : x) v += static_cast<float>(random.uniform(-1e-5, 1e-5));
    Memory stream(std::move(x));
    auto stretcher = Stretcher::create();
    ASSERT_TRUE(stretcher);
    (*stretcher)->begin(stream, 48000.0);
    std::vector<float> left(static_cast<std::size_t>((3.5 + ramp_s) * 200) * kGrid),
        right(left.size());
    for (std::size_t k = 0; k < left.size(); k += kGrid) {
        const double t = static_cast<double>(k + kGrid) / 48000.0;
        const double ratio = 1.0 + (first - 1.0) * std::min(t, 1.0) +
                             (second - first) * std::clamp((t - 2.5) / ramp_s, 0.0, 1.0);
        (*stretcher)
            ->process(stream, ratio, std::span(left).subspan(k, kGrid),
                      std::span(right).subspan(k, kGrid));
    }
    double worst = 0;
    for (std::size_t k = 0; k + 2048 <= left.size(); k += 512)
        worst = std::max(worst, chord_residual(left, k, 2048, pitches));
    const double level = test::db(worst * std::sqrt(2.0));
    RecordProperty("worst_db", std::to_string(level));
    EXPECT_LE(level, -45.0);
}

INSTANTIATE_TEST_SUITE_P(BothWays, RampThroughUnity,
                         testing::Values(Through{1.08, .92, 4.0}, Through{.92, 1.08, 4.0},
                                         Through{1.08, .92, 1.0}, Through{.92, 1.08, 1.0},
                                         Through{1.05, .95, 3.0}, Through{1.01, .99, 2.0}),
                         [](const auto& info) {
                             return "from" + std::to_string(std::lround(info.param.first * 100)) +
                                    "to" + std::to_string(std::lround(info.param.second * 100)) +
                                    "in" + std::to_string(std::lround(info.param.ramp_s));
                         });

/// After a seek at a held tempo nothing has to be caught up with.
TEST(Tempo, AStreamThatBeginsAtATempoIsInPlaceFromItsFirstFrameOn) {
    constexpr std::size_t kEvery = 4800;
    std::vector<float> x(48000 * 6);
    for (std::size_t k = 0; k < x.size(); ++k) {
        const auto m = static_cast<double>(k % kEvery);
        const double w = m < 480 ? std::sin(std::numbers::pi * m / 480) : 0.0;
        x[k] = static_cast<float>(.5 * w * w * std::sin(2 * std::numbers::pi * 1500.0 * m / 48000));
    }
    Memory stream(std::move(x));
    auto stretcher = Stretcher::create();
    ASSERT_TRUE(stretcher);
    for (const double ratio : {.92, 1.03, 1.08}) {
        std::vector<float> left(48000 * 2), right(left.size());
        (*stretcher)->begin(stream, 48000.0, ratio);
        for (std::size_t k = 0; k < left.size(); k += kGrid)
            (*stretcher)
                ->process(stream, ratio, std::span(left).subspan(k, kGrid),
                          std::span(right).subspan(k, kGrid));
        double worst = 0;
        for (std::size_t burst = 0;; ++burst) {
            const double at = (static_cast<double>(burst * kEvery) + 240.0) / ratio;
            if (at + 700 > static_cast<double>(left.size())) break;
            if (at < 700) continue;
            double e = 0, w = 0;
            for (auto k = static_cast<std::size_t>(at) - 700;
                 k < static_cast<std::size_t>(at) + 700; ++k) {
                const double v = static_cast<double>(left[k]) * static_cast<double>(left[k]);
                e += v * static_cast<double>(k);
                w += v;
            }
            worst = std::max(worst, std::abs(e / w - at));
        }
        EXPECT_LE(worst, 48.0) << ratio;
        RecordProperty("worst_frames_" + std::to_string(std::lround(ratio * 100)),
                       std::to_string(worst));
    }
}

struct Held {
    double ratio;
    double seconds;  ///< at ±8 % 3 minutes; in the soak 30 for all (ATTUNE_TEMPO_SECONDS=1800)
};

/// Bursts every 0.2 s tell where in the source the output is.
class Bursts : public testing::TestWithParam<Held> {};

TEST_P(Bursts, AreHeardWhereTheIntegralOfTheRatioPutsThem) {
    const double ratio = GetParam().ratio;
    TempDir dir;
    constexpr std::size_t kEvery = 9600;
    const char* asked = std::getenv("ATTUNE_TEMPO_SECONDS");
    const double seconds = asked != nullptr ? std::atof(asked) : GetParam().seconds;
    std::vector<float> x(static_cast<std::size_t>(seconds * 1.2 + 4) * 48000);
    for (std::size_t k = 0; k < x.size(); ++k) {
        const std::size_t m = k % kEvery;
        if (m >= 480) continue;
        const double w = std::sin(std::numbers::pi * static_cast<double>(m) / 480);
        x[k] = static_cast<float>(
            .5 * w * w * std::sin(2 * std::numbers::pi * 1500.0 * static_cast<double>(m) / 48000));
    }
    test::write_wav(dir.file("a.wav"), x, 48000);
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 0, 48000, 0.0, dir.file("a.wav")));
    items.push_back(test::silence(2, 60.0));
    const auto out =
        test::run_offline(std::move(items), seconds, {{ControlKind::kTempo, ratio, .5, 48000 * 3}});
    const auto engine_time = [&](double p) {  // of source time p
        if (p < 3.0) return p;
        p -= 3.0;
        const double slope = (ratio - 1.0) / .5, ramp = .25 * (1.0 + ratio);
        if (p < ramp) return 3.0 + (std::sqrt(1.0 + 2.0 * slope * p) - 1.0) / slope;
        return 3.5 + (p - ramp) / ratio;
    };
    double worst = 0, least = 0, most = 0, sum = 0, first = 0, last = 0;
    int n = 0;
    for (std::size_t burst = 11;; ++burst) {
        const double at =
            engine_time((static_cast<double>(burst * kEvery) + 240.0) / 48000.0) * 48000.0;
        if (at + 800 > static_cast<double>(out.left.size())) break;
        double e = 0, w = 0;
        for (auto k = static_cast<std::size_t>(at) - 700; k < static_cast<std::size_t>(at) + 700;
             ++k) {
            const double v = static_cast<double>(out.left[k]) * static_cast<double>(out.left[k]);
            e += v * static_cast<double>(k);
            w += v;
        }
        const double error = e / w - at;
        worst = std::max(worst, std::abs(error));
        least = std::min(least, error);
        most = std::max(most, error);
        sum += error;
        ++n;
        if (at / 48000 > 4 && at / 48000 < 14) first += error / 54;
        if (at / 48000 > seconds - 11) last += error / 54;
    }
    RecordProperty("worst_frames", std::to_string(worst));
    RecordProperty("least_frames", std::to_string(least));
    RecordProperty("most_frames", std::to_string(most));
    RecordProperty("mean_frames", std::to_string(sum / n));
    EXPECT_LE(std::abs(sum / n), 24.0);
    EXPECT_LE(worst, 48.0);
    EXPECT_LE(std::abs(last - first), 12.0);  // no drift
}

INSTANTIATE_TEST_SUITE_P(Ratios, Bursts,
                         testing::Values(Held{.85, 60}, Held{.92, 180}, Held{1.03, 60},
                                         Held{1.08, 180}, Held{1.15, 60}),
                         [](const auto& info) {
                             return "r" + std::to_string(std::lround(info.param.ratio * 100));
                         });

TEST(Tempo, TheEnginesPlaceIsTheIntegralOfTheCommandedRatio) {
    // 3 minutes, at +8 and -8 %, ramps of a second in between: what Heard says against the closed
    // form.
    std::vector<std::unique_ptr<Item>> items;
    items.push_back(test::track(1, 48000 * 400, 48000));
    items.push_back(test::silence(2, 60.0));
    const auto out = test::run_offline(
        std::move(items), 181.0,
        {{ControlKind::kTempo, 1.08, 1.0, 48000}, {ControlKind::kTempo, .92, 1.0, 48000 * 90}}, {},
        RunMode::kTimeline);
    const double expected = 1.0 + 1.04 + 88.0 * 1.08 + 1.0 + 90.0 * .92;
    EXPECT_NEAR(out.news.heard.back().position_s * 48000, expected * 48000, 48.0);
    EXPECT_NEAR(out.news.heard.back().tempo_ratio, .92, 1e-5);
}

}  // namespace
}  // namespace attune::play
