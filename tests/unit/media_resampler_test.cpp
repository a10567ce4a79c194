// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/resampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/audio_files.hpp"

namespace attune::media {
namespace {

/// Pushes and pulls in the given block sizes until all is through.
std::vector<float> convert(Resampler& r, const std::vector<float>& in, std::size_t in_block,
                           std::size_t out_block) {
    std::vector<float> out, l(out_block), rr(out_block);
    std::size_t at = 0;
    bool flushed = false;
    for (;;) {
        if (at < in.size()) {
            const std::size_t n = std::min(in_block, in.size() - at);
            at += r.push(std::span(in).subspan(at, n), std::span(in).subspan(at, n));
        } else {
            r.flush();
            flushed = true;
        }
        const std::size_t got = r.pull(l, rr);
        out.insert(out.end(), l.begin(), l.begin() + static_cast<std::ptrdiff_t>(got));
        if (got == 0 && flushed) return out;
    }
}

TEST(Resampler, GivesExactlyTheRoundedNumberOfFrames) {
    for (const int in : {8000, 11025, 22050, 32000, 44100, 44099, 48000, 88200, 96000, 192000})
        for (const std::size_t n : {0UL, 1UL, 100UL, 12345UL}) {
            auto r = Resampler::create(in, 48000);
            ASSERT_TRUE(r);
            const double ideal = static_cast<double>(n) * 48000.0 / in;
            EXPECT_NEAR(
                static_cast<double>(convert(*r, test::sine(440, in, 0, n), 777, 512).size()), ideal,
                1.0)
                << in << " " << n;
        }
}

TEST(Resampler, KeepsASineInPlaceWithinMinus100dB) {
    for (const int in : {22050, 32000, 44100, 44099, 88200, 96000}) {
        auto r = Resampler::create(in, 48000);
        const auto out =
            convert(*r, test::sine(997, in, 0, static_cast<std::size_t>(in)), 1000, 480);
        const auto reference = test::sine(997, 48000, 0, out.size());
        double worst = 0;
        for (std::size_t k = 500; k + 500 < out.size(); ++k)
            worst = std::max(
                worst, std::abs(static_cast<double>(out[k]) - static_cast<double>(reference[k])));
        EXPECT_LE(20 * std::log10(worst / .5), in == 44099 ? -85 : -100) << in;
    }
}

TEST(Resampler, StopsWhatCannotBeRepresented) {
    auto r = Resampler::create(96000, 48000);
    const auto out = convert(*r, test::sine(30000, 96000, 0, 96000), 1000, 480);
    double worst = 0;
    for (std::size_t k = 500; k + 500 < out.size(); ++k)
        worst = std::max(worst, static_cast<double>(std::abs(out[k])));
    EXPECT_LE(20 * std::log10(worst), -95);
}

TEST(Resampler, BlockSizesDoNotMatter) {
    const auto in = test::sine(3000, 44100, 0, 20000);
    auto a = Resampler::create(44100, 48000), b = Resampler::create(44100, 48000);
    EXPECT_EQ(convert(*a, in, 4096, 1024), convert(*b, in, 37, 53));
}

TEST(Resampler, ResetIsAFreshObject) {
    const auto in = test::sine(3000, 44100, 0, 5000);
    auto a = Resampler::create(44100, 48000);
    const auto first = convert(*a, in, 512, 512);
    a->reset();
    EXPECT_EQ(convert(*a, in, 512, 512), first);
}

TEST(Resampler, RefusesRatesOutOfRange) {
    EXPECT_FALSE(Resampler::create(0, 48000));
    EXPECT_FALSE(Resampler::create(44100, 500000));
}

}  // namespace
}  // namespace attune::media
