// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/face_liveness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "core/random.hpp"
#include "flow/crop.hpp"
#include "learn/crop_jpeg.hpp"
#include "learn/face_finder.hpp"
#include "learn/parts.hpp"

namespace attune::affect {
namespace {

using Verdict = FaceLiveness::Verdict;
constexpr int kWidth = 320, kHeight = 240;
constexpr double kHz = 5.0;

/// How the face stands in the room at one moment.
struct Pose {
    double x = 0.0, y = 0.0, roll = 0.0, size = 1.0, light = 1.0;
    bool shut = false;
};

/// Grey level of a drawn face, (u, v) in half widths and half heights from its middle; empty = beside it.
std::optional<double> face_at(double u, double v, bool shut) {
    const double r = u * u + v * v;
    if ((r < 1.28 && v < -.18 && (v < -.62 && r > .72)) || (r >= 1.0 && r < 1.30 && v < .25)) return 30.0;
    if (r >= 1.0) return std::nullopt;
    double light = 190 - 42 * u - 55 * std::max(0.0, r - .45);
    for (const double side : {-1.0, 1.0}) {
        const double eu = u - side * .40, ev = v + .22;
        light -= 38 * std::exp(-std::pow(eu / .26, 2) - std::pow(ev / .16, 2));
        if (std::pow(eu / .19, 2) + std::pow(ev / .075, 2) < 1) {
            if (!shut) light += 45;
            if (!shut && eu * eu + std::pow(ev * 1.2, 2) < .0065) light -= 150;
            if (shut && std::abs(ev - .05) < .015) light -= 40;
        }
        if (std::abs(eu) < .24 && std::abs(ev + .20 - .25 * eu * eu) < .035) light -= 95;
        light -= 26 * std::exp(-std::pow((u - side * .13) / .07, 2) - std::pow((v - .24) / .06, 2));
    }
    light -= 18 * std::exp(-std::pow((u - .10) / .06, 2) - std::pow((v - .05) / .25, 2));
    if (std::abs(u) < .34 && std::abs(v - .52 - .10 * u * u) < .055) light -= 75;
    return std::max(12.0, light);
}

/// The drawn face in a room, as a camera with grain of +-`noise` sees it.
std::vector<std::uint8_t> picture(const Pose& p, double noise, core::Random& random) {
    std::vector<std::uint8_t> rgb;
    rgb.reserve(3 * kWidth * kHeight);
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            const double dx = (x - 160.0 - p.x) / p.size, dy = (y - 120.0 - p.y) / p.size;
            const double u = (std::cos(p.roll) * dx + std::sin(p.roll) * dy) / 56.0;
            const double v = (-std::sin(p.roll) * dx + std::cos(p.roll) * dy) / 74.0;
            const double room = 80.0 + 25.0 * y / kHeight + ((x / 40 + y / 30) % 2) * 10.0;
            const double level = p.light * face_at(u, v, p.shut).value_or(room) + noise * (2.0 * random.uniform() - 1.0);
            rgb.insert(rgb.end(), 3, static_cast<std::uint8_t>(std::clamp(level + .5, 0.0, 255.0)));
        }
    }
    return rgb;
}

struct Seen {
    std::vector<std::pair<double, Verdict>> verdicts;
    int found = 0;
    [[nodiscard]] bool ever(Verdict v) const {
        return std::ranges::any_of(verdicts, [v](const auto& one) { return one.second == v; });
    }
    /// First time of it [s]; 1e9 = never.
    [[nodiscard]] double first(Verdict v) const {
        for (const auto& [t, what] : verdicts)
            if (what == v) return t;
        return 1e9;
    }
};

/// As the camera's path does it: searched every half second, followed between, cut, coded and judged.
Seen watch(double seconds, double noise, const std::function<Pose(double)>& pose) {
    auto finder = learn::FaceFinder::create({});
    EXPECT_TRUE(finder) << finder.error().describe();
    core::Random random(1, "test/liveness");
    FaceLiveness live;
    Seen seen;
    std::optional<learn::FoundFace> last;
    double gain = 1.0;
    for (int k = 0; k < static_cast<int>(seconds * kHz); ++k) {
        const double t_s = k / kHz;
        const Time t{from_seconds(t_s).ns};
        const auto rgb = picture(pose(t_s), noise, random);
        const learn::RgbView view{kWidth, kHeight, rgb};
        std::optional<learn::FoundFace> face;
        if (last && k % 3 != 0) face = finder->follow(view, *last, gain).value_or(std::nullopt);
        if (!face) {
            const auto scene = finder->find(view);
            if (scene) gain = scene->gain;
            if (scene && !scene->faces.empty()) face = scene->faces.front();
        }
        last = face;
        if (face) {
            ++seen.found;
            live.push(t, learn::decode_crop(*learn::encode_crop(finder->cut(view, *face, gain))).value());
        } else {
            live.lose(t);
        }
        seen.verdicts.emplace_back(t_s, live.verdict());
    }
    return seen;
}

Pose sway(double t) {
    using std::numbers::pi;
    return {14 * std::sin(2 * pi * t / 5), 8 * std::sin(2 * pi * t / 7), .05 * std::sin(2 * pi * t / 6), 1 + .05 * std::sin(2 * pi * t / 9)};
}

void expect_a_picture(const Seen& seen, double seconds) {
    EXPECT_GT(seen.found, .8 * seconds * kHz) << "the finder must see the drawn face";
    EXPECT_FALSE(seen.ever(Verdict::kAlive)) << "at " << seen.first(Verdict::kAlive) << " s";
    EXPECT_LE(seen.first(Verdict::kFlat), 40.0);
}

TEST(FaceLiveness, AStillPictureInTheGrainOfACameraIsNeverTakenForAFaceThatLives) {
    for (const double noise : {1.0, 4.0}) expect_a_picture(watch(45.0, noise, [](double) { return Pose{}; }), 45.0);
}

TEST(FaceLiveness, APictureThatAHandSwaysIsNeverTakenForAFaceThatLives) {
    expect_a_picture(watch(45.0, 3.0, sway), 45.0);
}

TEST(FaceLiveness, APictureInFlickeringLightIsNeverTakenForAFaceThatLives) {
    expect_a_picture(watch(45.0, 2.0, [](double t) { return Pose{0, 0, 0, 1, 1 - .15 * std::sin(2 * std::numbers::pi * t / 2.7)}; }), 45.0);
}

/// Where a crop has its eyes is known from landmarks only.
bool landmarks() { return learn::find_part({}, "landmark68_tiny").has_value(); }

TEST(FaceLiveness, WithoutLandmarksOnlyAFrozenPictureIsTold) {
    FaceLiveness live(FaceLiveness::Eyes::kGuessed);
    core::Random random(3, "test/liveness");
    std::vector<float> luma(static_cast<std::size_t>(flow::kCropSize * flow::kCropSize));
    const auto push = [&](int k) { live.push(Time{from_seconds(0.2 * k).ns}, luma); };
    for (int k = 0; k < 300; ++k) {
        for (float& v : luma) v = static_cast<float>(100.0 + 50.0 * random.uniform());
        push(k);
        EXPECT_EQ(live.verdict(), Verdict::kAlive);
    }
    for (int k = 300; k < 320; ++k) push(k);
    EXPECT_EQ(live.verdict(), Verdict::kFlat);
}

TEST(FaceLiveness, AFaceThatBlinksTwentyTimesAMinuteLivesAtItsFirstBlinkAndStays) {
    if (!landmarks()) GTEST_SKIP() << "no landmarks: scripts/add-parts brings them";
    const auto pose = [](double t) {
        Pose p = sway(t);
        p.shut = std::fmod(t, 3.0) >= 2.4 && std::fmod(t, 3.0) < 2.65;
        return p;
    };
    const Seen seen = watch(20.0, 3.0, pose);
    EXPECT_LE(seen.first(Verdict::kAlive), 6.0);
    EXPECT_FALSE(seen.ever(Verdict::kFlat));
    EXPECT_EQ(seen.verdicts.back().second, Verdict::kAlive);
}

TEST(FaceLiveness, AStareOfHalfAMinuteStaysAlive) {
    if (!landmarks()) GTEST_SKIP() << "no landmarks: scripts/add-parts brings them";
    const auto pose = [](double t) {
        Pose p;
        p.x = 2.0 * std::sin(t);
        p.shut = (t >= 4.0 && t < 4.25) || (t >= 34.0 && t < 34.25);
        return p;
    };
    const Seen seen = watch(42.0, 2.0, pose);
    EXPECT_LE(seen.first(Verdict::kAlive), 5.0);
    EXPECT_FALSE(seen.ever(Verdict::kFlat));
}

TEST(FaceLiveness, AFaceThatComesAfterAnotherLeftMustShowLifeAnew) {
    FaceLiveness live;
    core::Random random(1, "test/liveness");
    const auto crop = [&](double eyes) {
        std::vector<float> luma(96 * 96);
        for (int y = 0; y < 96; ++y)
            for (int x = 0; x < 96; ++x)
                luma[static_cast<std::size_t>(y * 96 + x)] = static_cast<float>(
                    120.0 + 60.0 * std::sin(x * .3) * std::cos(y * .2) + 2.0 * random.normal() + (y >= 32 && y < 46 ? eyes : 0.0));
        return luma;
    };
    const auto at = [](double s) { return Time{from_seconds(s).ns}; };
    for (int k = 0; k < 30; ++k) live.push(at(.2 * k), crop(k % 10 == 7 ? 25.0 : 0.0));
    EXPECT_EQ(live.verdict(), Verdict::kAlive);
    for (int k = 30; k < 60; ++k) live.lose(at(.2 * k));
    live.push(at(12.0), crop(0.0));
    EXPECT_EQ(live.verdict(), Verdict::kUnknown);
}

}  // namespace
}  // namespace attune::affect
