// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/track_models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "library/music_model.hpp"
#include "signal/music_descriptors.hpp"

namespace attune::library {
namespace {

TEST(LookedAt, AllOfAFewAndEightOfMany) {
    EXPECT_TRUE(looked_at(0).empty());
    EXPECT_EQ(looked_at(3), (std::vector<std::size_t>{0, 1, 2}));
    for (std::size_t n = 1; n < 3000; n += 7) {
        const auto which = looked_at(n);
        EXPECT_EQ(which.size(), std::min(n, kMostWindows));
        EXPECT_EQ(std::set<std::size_t>(which.begin(), which.end()).size(), which.size());
        EXPECT_TRUE(std::is_sorted(which.begin(), which.end()));
        EXPECT_LT(which.back(), n);
    }
    EXPECT_EQ(looked_at(16), (std::vector<std::size_t>{1, 3, 5, 7, 9, 11, 13, 15})) << "four minutes without a gap";
}

/// Segments whose descriptors differ a little from each other.
TrackAnalysis track(std::size_t segments) {
    TrackAnalysis a;
    const std::size_t d = signal::descriptor_names().size();
    for (std::size_t i = 0; i < segments; ++i) {
        AnalysedSegment s;
        s.start_s = 15.0 * static_cast<double>(i);
        s.duration_s = 15.0;
        s.descriptors.assign(d, 0.1F * static_cast<float>(i % 5));
        a.segments.push_back(std::move(s));
    }
    return a;
}

flow::TrackProfile judged(const TrackModels& models, const TrackAnalysis& a) {
    flow::TrackProfile p;
    for (const auto& s : a.segments) p.segments.push_back({s.start_s, s.duration_s, std::nullopt, std::nullopt});
    models.apply(a, p);
    return p;
}

class OfALongTrack : public testing::Test {
protected:
    void SetUp() override {
        if (!models.missing().empty()) GTEST_SKIP() << models.missing().front();
    }
    TrackModels models = TrackModels::load({});
};

TEST_F(OfALongTrack, ModelsLookAtEightWindowsAndAtNoOther) {
    const auto plain = track(40);
    const auto before = judged(models, plain);
    std::size_t seen = 0;
    for (std::size_t i = 0; i < 40; ++i) {
        auto changed = plain;
        for (float& v : changed.segments[i].descriptors) v += 3.0F;
        const auto after = judged(models, changed);
        const bool differs = after.expressed_valence->value != before.expressed_valence->value || after.quadrant != before.quadrant ||
                             after.genre_probabilities != before.genre_probabilities;
        seen += differs ? 1U : 0U;
    }
    EXPECT_EQ(seen, kMostWindows);
}

TEST_F(OfALongTrack, EverySegmentThatSoundsHasAValueBetweenThoseAroundIt) {
    auto a = track(40);
    a.segments[7].descriptors.clear();
    const auto p = judged(models, a);
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(p.segments[i].expressed.has_value(), i != 7) << i;
    double low = 1.0, high = -1.0;
    std::vector<std::size_t> heard;
    for (std::size_t i = 0; i < 40; ++i)
        if (i != 7) heard.push_back(i);
    for (const std::size_t h : looked_at(heard.size())) {
        low = std::min(low, p.segments[heard[h]].expressed->arousal);
        high = std::max(high, p.segments[heard[h]].expressed->arousal);
    }
    for (const std::size_t i : heard) {
        EXPECT_GE(p.segments[i].expressed->arousal, low - 1e-12);
        EXPECT_LE(p.segments[i].expressed->arousal, high + 1e-12);
    }
    EXPECT_LE(*p.arousal_p95, high + 1e-12);
}

TEST_F(OfALongTrack, AGenreThatATagNamesSetsTheSpreadAndNothingElse) {
    const auto a = track(4);
    const auto tagged = [&](const char* genre) {
        flow::TrackProfile p;
        p.tags.genre = genre;
        models.apply(a, p);
        return p;
    };
    const auto untagged = tagged(""), classical = tagged("CLASSICAL"), country = tagged("Country"), unheard = tagged("Zydeco");
    EXPECT_GT(*classical.expressed_valence->sd, *untagged.expressed_valence->sd) << "classical music is harder to tell";
    EXPECT_LT(*country.expressed_valence->sd, *untagged.expressed_valence->sd);
    EXPECT_DOUBLE_EQ(*unheard.expressed_arousal->sd, *untagged.expressed_arousal->sd);
    EXPECT_DOUBLE_EQ(classical.expressed_valence->value, untagged.expressed_valence->value);
    EXPECT_DOUBLE_EQ(classical.expressed_arousal->value, untagged.expressed_arousal->value);
}

TEST(GenreKey, SpellingsOfOneGenreAreOne) {
    EXPECT_EQ(genre_key("Hip-Hop"), genre_key("hip hop"));
    EXPECT_EQ(genre_key("R&B"), genre_key("RnB"));
    EXPECT_EQ(genre_key("Video Game"), genre_key("video game"));
    EXPECT_NE(genre_key("60s"), genre_key("80s"));
    EXPECT_TRUE(genre_key(" / ").empty());
}

}  // namespace
}  // namespace attune::library
