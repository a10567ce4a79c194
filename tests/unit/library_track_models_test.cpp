// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/track_models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "core/random.hpp"
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

using Texts = std::map<std::string, std::string>;

Texts good_texts() {
    return {{"attune.format", "music 1"},    {"attune.descriptors", descriptor_fingerprint()}, {"attune.kind", "classes"},
            {"attune.labels", "Q1\nQ2"},     {"attune.windows", "whole"},                      {"attune.constant.temperature", "0.5"}};
}

TEST(MusicModelTexts, SayWhatTheScoresMean) {
    const auto m = MusicModel::described_by(good_texts());
    ASSERT_TRUE(m) << m.error().describe();
    EXPECT_EQ(m->labels, (std::vector<std::string>{"Q1", "Q2"}));
    EXPECT_EQ(m->kind, MusicModel::Kind::kClasses);
    EXPECT_FALSE(m->by_views);
    EXPECT_DOUBLE_EQ(m->constant("temperature", 1.0), 0.5);
}

TEST(MusicModelTexts, OfANewerFormatOrOtherDescriptorsAreRefusedAsSuch) {
    for (const auto& [key, value] : Texts{{"attune.format", "music 2"}, {"attune.descriptors", "00"}}) {
        auto texts = good_texts();
        texts[key] = value;
        ASSERT_FALSE(MusicModel::described_by(texts)) << key;
        EXPECT_EQ(MusicModel::described_by(texts).error().code, ErrorCode::kVersion) << key;
    }
}

TEST(MusicModelTexts, ThatDoNotFitAreCorrupt) {
    for (const auto& [key, value] : Texts{{"attune.format", ""},
                                          {"attune.kind", "guess"},
                                          {"attune.labels", "Q1\n\nQ2"},
                                          {"attune.windows", "some"},
                                          {"attune.constant.temperature", "warm"},
                                          {"attune.constant.temperature", "inf"}}) {
        auto texts = good_texts();
        texts[key] = value;
        ASSERT_FALSE(MusicModel::described_by(texts)) << key;
        EXPECT_EQ(MusicModel::described_by(texts).error().code, ErrorCode::kCorrupt) << key;
    }
    auto probability = good_texts();
    probability["attune.kind"] = "probability";
    EXPECT_FALSE(MusicModel::described_by(probability)) << "a probability is of one thing";
}

/// Two stages, a few made-up clips.
MusicModel two_stages() {
    const std::size_t d = signal::descriptor_names().size(), n = 30;
    core::Random random(1, "test/two-stages");
    std::vector<float> x, both;
    std::vector<double> early, late;
    for (std::size_t i = 0; i < n * d; ++i) x.push_back(static_cast<float>(random.normal(0.0, 2.0)));
    for (std::size_t i = 0; i < n; ++i) early.push_back(random.normal()), late.push_back(random.normal()), late.push_back(random.normal());
    MusicModel m;
    m.labels = {"valence", "arousal"};
    m.constants = {{"sd_valence", 0.125}, {"sd_valence of rnb", 0.25}};
    using Kind = learn::KernelTerm::Kind;
    m.first = learn::KernelMachine::train(x, early, n, {{d}, 0, {{Kind::kGaussian, -1, 0.15, 1.0}}, 0.4}).value();
    for (std::size_t i = 0; i < n; ++i) {
        both.insert(both.end(), x.begin() + static_cast<std::ptrdiff_t>(i * d), x.begin() + static_cast<std::ptrdiff_t>((i + 1) * d));
        both.push_back(static_cast<float>(early[i]));
    }
    m.second = learn::KernelMachine::train(both, late, n, {{d, 1}, 1, {{Kind::kLaplacian, -1, 0.6, 1.0}, {Kind::kLinear, 1, 0.0, 0.1}}, 0.3}).value();
    return m;
}

TEST(MusicModelFile, GivesWhatTheMachinesGaveFromSeveralThreadsAtATime) {
    const auto trained = two_stages();
    const auto read = MusicModel::from_bytes(trained.to_bytes().value());
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(read->constants, trained.constants);
    EXPECT_DOUBLE_EQ(*read->sd("valence", "R&B"), 0.25);
    EXPECT_DOUBLE_EQ(*read->sd("valence", "polka"), 0.125);
    EXPECT_FALSE(read->sd("arousal", "R&B"));
    std::vector<std::jthread> askers;
    for (std::uint64_t t = 0; t < 4; ++t) {
        askers.emplace_back([&, t] {
            core::Random random(t, "test/asker");
            std::vector<float> x(signal::descriptor_names().size());
            for (int round = 0; round < 20; ++round) {
                for (float& v : x) v = static_cast<float>(random.normal(0.0, 2.0));
                const auto a = trained.predict(x), b = read->predict(x);
                EXPECT_NEAR(a[0], b[0], 1e-5);
                EXPECT_NEAR(a[1], b[1], 1e-5);
            }
        });
    }
}

TEST(MusicModelFile, OtherBytesAreNoModel) {
    EXPECT_FALSE(MusicModel::from_bytes(""));
    EXPECT_FALSE(MusicModel::from_bytes("ATTUNE-MUSIC-MODEL 1\n"));
    const auto bytes = two_stages().to_bytes().value();
    EXPECT_FALSE(MusicModel::from_bytes(std::string_view(bytes).substr(0, bytes.size() / 2)));
    EXPECT_FALSE(MusicModel{}.to_bytes()) << "without machines there is nothing to write";
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
