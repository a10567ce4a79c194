// SPDX-License-Identifier: GPL-3.0-or-later
// Half an hour that can be listened to, in numbers: sections return changed, nothing drones, nothing jumps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "compose/composer.hpp"

namespace attune::compose {
namespace {

/// Half an hour as it is composed, with what the form meant by each phrase.
struct HalfHour {
    Score head;
    std::vector<ComposedPhrase> phrases;
    [[nodiscard]] Ticks bar() const { return head.ticks_per_bar(); }
    [[nodiscard]] double seconds(Ticks t) const { return static_cast<double>(t) / kTicksPerBeat * 60.0 / head.tempo_bpm(); }
};

HalfHour half_hour(Style style, std::uint64_t seed = 8) {
    Brief brief;
    brief.style = style;
    brief.seed = seed;
    brief.target = {.2, -.2};
    brief.seconds = 1800;
    auto composer = Composer::create(brief).value();
    HalfHour out{composer.head(), {}};
    while (!composer.done()) out.phrases.push_back(composer.next());
    return out;
}

/// The melody's contour and rhythm: (place in the phrase, scale-free step from the note before).
std::set<std::pair<Ticks, int>> shape(const ComposedPhrase& phrase) {
    std::set<std::pair<Ticks, int>> out;
    const Note* before = nullptr;
    for (const Note& n : phrase.notes) {
        if (n.part != Part::kMelody) continue;
        const int step = before == nullptr ? 0 : std::clamp(n.pitch - before->pitch, -3, 3);
        out.emplace(n.start - phrase.start, step);
        before = &n;
    }
    return out;
}

double likeness(const std::set<std::pair<Ticks, int>>& a, const std::set<std::pair<Ticks, int>>& b) {
    if (a.empty() || b.empty()) return 0;
    const auto shared = std::count_if(a.begin(), a.end(), [&](const auto& x) { return b.contains(x); });
    return static_cast<double>(shared) / static_cast<double>(std::max(a.size(), b.size()));
}

class HalfAnHour : public testing::TestWithParam<Style> {};

TEST_P(HalfAnHour, SectionsReturnChanged) {
    const auto piece = half_hour(GetParam());
    double same = 0, other = 0, n_same = 0, n_other = 0;
    int verbatim = 0;
    for (std::size_t i = 0; i < piece.phrases.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const auto &a = piece.phrases[i].request.form, &b = piece.phrases[j].request.form;
            if (a.intro || b.intro || a.half != b.half || a.bars != b.bars) continue;
            const double like = likeness(shape(piece.phrases[i]), shape(piece.phrases[j]));
            (a.theme == b.theme ? same : other) += like;
            (a.theme == b.theme ? n_same : n_other) += 1;
            verbatim += like > .999;
        }
    same /= n_same, other /= n_other;
    std::printf("[ form     ] %s: phrases of one theme are alike by %.2f, of others by %.2f; %d pairs verbatim of %.0f\n", piece.head.style.c_str(), same, other,
                verbatim, n_same + n_other);
    EXPECT_GT(same, other + .05) << "a theme is known again";
    EXPECT_LT(same, .90) << "and has changed";
    EXPECT_LE(verbatim, static_cast<int>(.01 * (n_same + n_other)));
}

TEST_P(HalfAnHour, NothingDronesAndNothingStops) {
    const auto piece = half_hour(GetParam());
    std::vector<const Note*> notes;
    for (const auto& p : piece.phrases)
        for (const Note& n : p.notes) notes.push_back(&n);
    std::sort(notes.begin(), notes.end(), [](const Note* a, const Note* b) { return earlier(*a, *b); });
    double longest_gap = 0, longest_note = 0;
    Ticks until = 0, last_onset = 0;
    double rest = 0;
    std::map<std::pair<Part, int>, std::pair<Ticks, Ticks>> held;  // a player's pitch: from, to; struck again without a gap it goes on
    double drone = 0;
    const Note* droning = nullptr;
    for (const Note* n : notes) {
        longest_gap = std::max(longest_gap, piece.seconds(n->start - last_onset));
        rest = std::max(rest, piece.seconds(std::max<Ticks>(0, n->start - until)));
        last_onset = std::max(last_onset, n->start);
        until = std::max(until, n->start + n->length);
        longest_note = std::max(longest_note, piece.seconds(n->length));
        if (n->part == Part::kDrums) continue;
        auto& [from, to] = held[{n->part, n->pitch}];
        if (n->start > to) from = n->start;
        to = std::max(to, n->start + n->length);
        if (n->part != Part::kPad && n->part != Part::kBass && n->part != Part::kCounter) continue;
        if (piece.seconds(to - from) > drone) drone = piece.seconds(to - from), droning = n;
    }
    const double bar = piece.seconds(piece.bar());
    std::printf("[ drone    ] %s: longest note %.1f s, a pitch of pad, bass or counter at most %.1f s, between onsets at most %.1f s, rest %.1f s (bar %.1f s)\n",
                piece.head.style.c_str(), longest_note, drone, longest_gap, rest, bar);
    EXPECT_LE(longest_gap, 1.01 * bar) << "something begins in every bar";
    EXPECT_LE(rest, 1.0) << "no hole";
    EXPECT_LE(longest_note, 4.01 * bar);
    EXPECT_LE(drone, 8.01 * bar) << "no pitch sounds on and on: " << to_string(droning->part) << " " << droning->pitch << " at bar " << droning->start / piece.bar();
}

TEST_P(HalfAnHour, NothingJumpsAndThereIsAnArc) {
    const auto piece = half_hour(GetParam());
    // Level of a bar: what is struck in it, as the synth's power (velocity^4).
    std::vector<double> db;
    for (const auto& p : piece.phrases) {
        const auto bars = static_cast<std::size_t>(p.idea.length / piece.bar());
        std::vector<double> power(bars, 1e-9);
        for (const Note& n : p.notes) power[std::min(bars - 1, static_cast<std::size_t>((n.start - p.start) / piece.bar()))] += std::pow(n.velocity / 127.0, 4.0);
        double mean = 0;
        for (double x : power) mean += x / static_cast<double>(bars);
        db.push_back(10 * std::log10(mean));
    }
    db.pop_back();  // the ending slows down and thins out
    double jump = 0, low = 99, high = -99;
    for (std::size_t i = 2; i < db.size(); ++i) {  // the first phrase opens alone
        jump = std::max(jump, std::abs(db[i] - db[i - 1]));
        low = std::min(low, db[i]), high = std::max(high, db[i]);
    }
    std::printf("[ arc      ] %s: phrase to phrase at most %.1f dB, over all %.1f dB\n", piece.head.style.c_str(), jump, high - low);
    EXPECT_LE(jump, 6.0);
    EXPECT_GE(high - low, 2.0) << "there is an arc";
    EXPECT_LE(high - low, 12.0);
}

TEST_P(HalfAnHour, KeysAreLeftAndReachedByTheirDominantAndPhrasesClose) {
    const auto piece = half_hour(GetParam());
    std::set<int> tonics;
    int borders = 0, prepared = 0, closes = 0;
    for (std::size_t i = 0; i + 1 < piece.phrases.size(); ++i) {
        const auto &now = piece.phrases[i], &next = piece.phrases[i + 1];
        tonics.insert(now.request.key.tonic);
        const Chord& last = now.idea.chords.back().chord;
        if (!(now.request.key == next.request.key)) {
            ++borders;
            prepared += last.root == mod12(next.request.key.tonic + 7);
        } else if (now.request.form.cadence == Cadence::kAuthentic || now.request.form.cadence == Cadence::kPlagal) {
            ++closes;
            EXPECT_EQ(last.root, now.request.key.tonic) << "phrase " << i;
        }
    }
    std::printf("[ keys     ] %s: %zu tonics, %d changes of key, %d prepared by the dominant, %d closes\n", piece.head.style.c_str(), tonics.size(), borders, prepared, closes);
    EXPECT_GE(tonics.size(), 2U);
    EXPECT_GE(borders, 4);
    EXPECT_EQ(prepared, borders);
    EXPECT_GE(closes, static_cast<int>(piece.phrases.size()) / 6);
}

INSTANTIATE_TEST_SUITE_P(AllStyles, HalfAnHour,
                         testing::Values(Style::kAmbientPad, Style::kPianoBallad, Style::kChamber, Style::kLoFi, Style::kFolk, Style::kLightElectronic,
                                         Style::kPercussionCircle),
                         [](const auto& p) { return to_string(p.param); });

}  // namespace
}  // namespace attune::compose
