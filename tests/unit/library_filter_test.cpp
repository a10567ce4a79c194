// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/filter.hpp"

#include <gtest/gtest.h>

namespace attune::library {
namespace {

TrackRow row(double tempo, double valence, double calming, const std::string& genre) {
    TrackRow r;
    r.tempo_bpm = tempo;
    r.valence = valence;
    r.calming = calming;
    r.genre = genre;
    r.title = "A Song";
    return r;
}

bool passes(const std::string& text, const TrackRow& r) {
    const auto filter = Filter::parse(text);
    EXPECT_TRUE(filter) << (filter ? "" : filter.error().message);
    return filter && filter->matches(r);
}

TEST(Filter, TheExampleOfTheHandbookWorks) {
    const std::string text = "tempo 60..80 and valence > 0.2 and calming > 0.7 and genre = ambient";
    EXPECT_TRUE(passes(text, row(72, 0.5, 0.9, "Ambient")));
    EXPECT_FALSE(passes(text, row(90, 0.5, 0.9, "Ambient")));
    EXPECT_FALSE(passes(text, row(72, 0.5, 0.9, "Rock")));
}

TEST(Filter, UnknownPassesNoTestNorItsOpposite) {
    TrackRow r;
    EXPECT_FALSE(passes("valence > 0", r));
    EXPECT_FALSE(passes("not valence > 0", r));
    EXPECT_FALSE(passes("valence != 3", r));
    EXPECT_TRUE(passes("valence unknown", r));
    EXPECT_TRUE(passes("valence > 0 or tempo unknown", r));
    EXPECT_FALSE(passes("valence known", r));
}

TEST(Filter, AndBindsTighterThanOr) {
    const auto r = row(100, -0.5, 0.1, "rock");
    EXPECT_TRUE(passes("genre = rock or genre = pop and tempo < 50", r));
    EXPECT_FALSE(passes("(genre = rock or genre = pop) and tempo < 50", r));
    EXPECT_TRUE(passes("not (tempo < 50)", r));
}

TEST(Filter, TextsCompareWithoutCaseAndMayHoldSpaces) {
    const auto r = row(100, 0, 0, "Drum and Bass");
    EXPECT_TRUE(passes("genre = \"drum AND bass\"", r));
    EXPECT_TRUE(passes("title ~ song", r));
    EXPECT_TRUE(passes("genre!=rock", r));
}

TEST(Filter, NothingLetsAllPass) { EXPECT_TRUE(passes("  ", TrackRow{})); }

TEST(Filter, MistakesAreNamedWithTheirPlace) {
    EXPECT_NE(Filter::parse("tempi > 3").error().message.find("tempo"), std::string::npos);
    EXPECT_NE(Filter::parse("tempo >").error().message.find("character 8"), std::string::npos);
    for (const char* text : {"tempo", "tempo 80..60", "and", "(tempo > 3", "tempo > 3 valence < 1",
                             "genre > rock", "tempo > fast", "not", "valence 1..x"}) {
        EXPECT_FALSE(Filter::parse(text)) << text;
    }
    EXPECT_FALSE(Filter::parse(std::string(1000, '(')));
}

TEST(SortRows, UnknownStandsLastInBothDirections) {
    const TrackRow a = row(60, 0, 0, ""), b = row(120, 0, 0, ""), c;
    std::vector<const TrackRow*> rows{&c, &b, &a};
    ASSERT_TRUE(sort_rows(rows, "tempo"));
    EXPECT_EQ(rows, (std::vector<const TrackRow*>{&a, &b, &c}));
    ASSERT_TRUE(sort_rows(rows, "-tempo"));
    EXPECT_EQ(rows, (std::vector<const TrackRow*>{&b, &a, &c}));
    EXPECT_FALSE(sort_rows(rows, "speed"));
}

}  // namespace
}  // namespace attune::library
