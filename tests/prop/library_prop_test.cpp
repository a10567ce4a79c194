// SPDX-License-Identifier: GPL-3.0-or-later
// Laws of the filter's language and of the lists that people exchange.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "library/evaluate_known.hpp"
#include "library/filter.hpp"

namespace attune::library {
namespace {

/// Any filter of the language, at most `depth` deep.
rc::Gen<std::string> any_filter(int depth) {
    const auto test = rc::gen::exec([] {
        if (*rc::gen::arbitrary<bool>()) {
            const auto field = *rc::gen::element<std::string>("tempo", "valence", "arousal", "calming", "loudness", "q4");
            const double a = *rc::gen::inRange(-2000, 2000) / 64.0, b = *rc::gen::inRange(0, 2000) / 7.0;
            switch (*rc::gen::inRange(0, 4)) {
            case 0: return field + " " + std::to_string(a) + ".." + std::to_string(a + b);
            case 1: return field + " unknown";
            case 2: return field + " known";
            default: return field + " " + *rc::gen::element<std::string>("<", "<=", ">", ">=", "=", "!=") + " " + std::to_string(a);
            }
        }
        const auto field = *rc::gen::element<std::string>("title", "artist", "genre");
        const auto value = *rc::gen::element<std::string>("ambient", "\"a b\"", "'it is \"so\"'", "\"don't\"", "\"\"", "\"(and)\"", "or", "a\"b'c");
        return field + " " + *rc::gen::element<std::string>("=", "!=", "~") + " " + value;
    });
    if (depth == 0) return test;
    return rc::gen::oneOf(test, rc::gen::exec([depth] {
                              const auto a = *any_filter(depth - 1), b = *any_filter(depth - 1);
                              switch (*rc::gen::inRange(0, 4)) {
                              case 0: return "(" + a + ") and (" + b + ")";
                              case 1: return a + " or " + b;
                              case 2: return a + " and " + b;
                              default: return "not (" + a + ")";
                              }
                          }));
}

rc::Gen<TrackRow> any_row() {
    return rc::gen::exec([] {
        TrackRow row;
        const auto number = [] { return *rc::gen::inRange(0, 5) == 0 ? std::nan("") : *rc::gen::inRange(-2000, 2000) / 64.0; };
        row.tempo_bpm = number(), row.valence = number(), row.arousal = number(), row.calming = number(), row.loudness_lufs = number(), row.q4 = number();
        row.title = *rc::gen::element<std::string>("", "Ambient", "a b", "it is \"so\"", "(and)", "or");
        row.genre = *rc::gen::element<std::string>("", "ambient", "don't");
        return row;
    });
}

RC_GTEST_PROP(FilterLaw, WrittenAndReadAgainItChoosesTheSameTracks, ()) {
    const auto typed = *any_filter(3);
    const auto once = Filter::parse(typed);
    RC_ASSERT(once.has_value());
    const auto again = Filter::parse(once->text());
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->text() == once->text());
    const auto row = *any_row();
    RC_ASSERT(once->matches(row) == again->matches(row));
}

RC_GTEST_PROP(FilterLaw, AnyBytesAreReadOrRefusedAndWhatIsReadCanBeWritten, (const std::string& bytes)) {
    if (const auto filter = Filter::parse(bytes)) RC_ASSERT(Filter::parse(filter->text()).has_value());
}

RC_GTEST_PROP(FilterLaw, ATestAndItsOppositeNeverBothPass, ()) {
    const auto typed = *any_filter(2);
    const auto row = *any_row();
    const auto yes = Filter::parse(typed), no = Filter::parse("not (" + typed + ")");
    RC_ASSERT(yes.has_value() && no.has_value());
    RC_ASSERT(!(yes->matches(row) && no->matches(row)));
}

RC_GTEST_PROP(TempoLaw, WhatIsRightIsRightUpToOctavesAtEveryTempo, ()) {
    const double bpm = *rc::gen::inRange(30, 300), share = *rc::gen::inRange(-39, 40) / 1000.0;
    RC_ASSERT(same_tempo(bpm * (1.0 + share), bpm));
    RC_ASSERT(same_tempo_or_octave(2.0 * bpm * (1.0 + share), bpm));
    RC_ASSERT(!same_tempo(bpm * 1.05, bpm));
}

RC_GTEST_PROP(KeyLaw, ScoresAreTheSameInEveryTransposition, ()) {
    const TrueKey a{*rc::gen::inRange(0, 12), *rc::gen::arbitrary<bool>()}, b{*rc::gen::inRange(0, 12), *rc::gen::arbitrary<bool>()};
    const int up = *rc::gen::inRange(0, 12);
    RC_ASSERT(key_score(a, b) == key_score({(a.pitch_class + up) % 12, a.major}, {(b.pitch_class + up) % 12, b.major}));
    RC_ASSERT(key_score(a, a) == 1.0);
}

}  // namespace
}  // namespace attune::library
