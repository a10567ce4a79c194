// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <map>

#include "compose/composer.hpp"
#include "compose/harmony.hpp"
#include "compose/melody.hpp"
#include "compose/midi_reader.hpp"
#include "compose/midi_writer.hpp"
#include "compose/voice_leading.hpp"

namespace attune::compose {
namespace {

Score piece(Style style, std::uint64_t seed, flow::Va target = {.3, .1}, double seconds = 60) {
    Brief brief;
    brief.style = style;
    brief.seed = seed;
    brief.target = target;
    brief.seconds = seconds;
    return compose_score(brief).value();
}

TEST(Composer, TheSameBriefGivesTheSameNotes) {
    for (int i = 0; i < kStyles; ++i) {
        const auto a = piece(static_cast<Style>(i), 5), b = piece(static_cast<Style>(i), 5), c = piece(static_cast<Style>(i), 6);
        EXPECT_EQ(a.notes, b.notes) << a.style;
        EXPECT_NE(a.notes, c.notes) << a.style;
        EXPECT_EQ(to_midi(a), to_midi(b));
    }
}

TEST(Composer, LastsAsLongAsAsked) {
    for (double seconds : {4.0, 10.0, 33.0, 90.0, 300.0})
        for (int i = 0; i < kStyles; ++i) {
            const auto score = piece(static_cast<Style>(i), 3, {.1, -.6}, seconds);
            EXPECT_NEAR(score.seconds_at(score.length()) + 3.0, seconds, seconds < 20 ? 8.0 : 3.5) << score.style << " " << seconds;
        }
}

TEST(Composer, NoNoteHangsOrLeavesThePiece) {
    for (int i = 0; i < kStyles; ++i) {
        const auto score = piece(static_cast<Style>(i), 9);
        ASSERT_FALSE(score.notes.empty());
        for (const Note& note : score.notes) {
            EXPECT_GE(note.start, 0);
            EXPECT_GT(note.length, 0);
            EXPECT_LE(note.start + note.length, score.length()) << score.style;
            EXPECT_GE(note.pitch, 0);
            EXPECT_LE(note.pitch, 127);
            EXPECT_GE(note.delay_ms, 0.0F);
        }
    }
}

TEST(Composer, EndsOnTheTonic) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto score = piece(Style::kChamber, seed);
        EXPECT_EQ(score.chords.back().chord.root, score.key.tonic) << seed;
        const Note* last = nullptr;
        for (const Note& note : score.notes)
            if (note.part == Part::kMelody) last = &note;
        ASSERT_NE(last, nullptr);
        EXPECT_EQ(mod12(last->pitch), score.key.tonic) << seed;
    }
}

TEST(Composer, ChordsTileThePiece) {
    const auto score = piece(Style::kPianoBallad, 4, {.2, .2}, 120);
    Ticks at = 0;
    for (const auto& span : score.chords) {
        EXPECT_EQ(span.start, at);
        at += span.length;
    }
    EXPECT_EQ(at, score.length());
}

TEST(Composer, ThirtyMinutesReturnChangedAndModulate) {
    const auto score = piece(Style::kPianoBallad, 8, {.3, -.2}, 1800);
    EXPECT_NEAR(score.seconds_at(score.length()), 1797, 10);
    // No four bars of melody sound twice in the same way, but the piece has returning ideas.
    std::map<std::vector<std::pair<Ticks, int>>, int> phrases;
    std::vector<std::pair<Ticks, int>> current;
    const Ticks phrase = 4 * score.ticks_per_bar();
    Ticks border = phrase;
    for (const Note& note : score.notes) {
        if (note.part != Part::kMelody) continue;
        if (note.start >= border) {
            if (!current.empty()) ++phrases[current];
            current.clear();
            while (note.start >= border) border += phrase;
        }
        current.emplace_back(note.start % phrase, note.pitch);
    }
    int most = 0;
    for (const auto& [notes, n] : phrases) most = std::max(most, n);
    EXPECT_LE(most, 3);
    EXPECT_GE(phrases.size(), 60U);
}

TEST(Composer, RefusesWhatIsOutOfRangeByName) {
    Brief brief;
    brief.target = {1.5, 0};
    EXPECT_EQ(compose_score(brief).error().code, ErrorCode::kBadArgument);
    brief.target = {};
    brief.seconds = 2;
    EXPECT_NE(compose_score(brief).error().message.find("4..7200"), std::string::npos);
    brief.seconds = 30;
    Controls controls;
    controls[Control::kDensity] = std::nan("");
    brief.controls = controls;
    EXPECT_NE(compose_score(brief).error().message.find("density"), std::string::npos);
    EXPECT_NE(style_named("pianno_ballad").error().message.find("did you mean piano_ballad"), std::string::npos);
}

TEST(VoiceLeading, ChoraleStyleHasNoParallelFifthsOrOctaves) {
    VoicingRules rules;
    rules.centre = 58;
    int moves = 0, parallels = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const auto score = piece(Style::kChamber, seed, {seed % 2 == 0 ? .5 : -.5, -.3}, 60);
        Voicing before;
        for (const auto& span : score.chords) {
            const auto now = voice_chord(span.chord, before, rules);
            if (!before.empty()) ++moves, parallels += has_parallels(before, now);
            before = now;
        }
    }
    EXPECT_GT(moves, 1000);
    EXPECT_EQ(parallels, 0) << "of " << moves;
}

TEST(VoiceLeading, SeesParallels) {
    EXPECT_TRUE(has_parallels({48, 55}, {50, 57}));
    EXPECT_TRUE(has_parallels({48, 60}, {50, 62}));
    EXPECT_FALSE(has_parallels({48, 55}, {48, 55}));
    EXPECT_FALSE(has_parallels({48, 55}, {50, 54}));
}

TEST(Theory, ModesGoFromBrightToDarkWithValence) {
    int last = -1;
    for (double v = 1.0; v >= -1.0; v -= .05) {
        const int mode = static_cast<int>(mode_for(v));
        EXPECT_GE(mode, last);
        last = mode;
    }
    EXPECT_EQ(tonic_name({3, Mode::kMajor}), "Eb");
    EXPECT_EQ(pitch_of_step({0, Mode::kMajor}, 35), 60);
    EXPECT_EQ(nearest_step({0, Mode::kMajor}, 60), 35);
    EXPECT_EQ(name({7, ChordKind::kDominant7, -1}), "G7");
}

TEST(Midi, WhatIsWrittenIsReadBack) {
    const auto score = piece(Style::kFolk, 12);
    const auto bytes = to_midi(score);
    const auto file = read_midi(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size())).value();
    EXPECT_EQ(file.beats_per_bar, score.beats_per_bar);
    EXPECT_NEAR(file.seconds_at(score.length()), score.seconds_at(score.length()), .01);
    std::size_t melody = 0;
    for (const auto& n : score.notes) melody += n.part == Part::kMelody;
    for (const auto& track : file.tracks)
        if (track.name == "melody") {
            EXPECT_EQ(track.notes.size(), melody);
        }
    EXPECT_GE(extract_melody(file).value().size(), 16U);
}

std::vector<std::uint8_t> midi_bytes(std::vector<std::uint8_t> track, std::uint8_t format = 0) {
    std::vector<std::uint8_t> out = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, format, 0, 1, 0, 96, 'M', 'T', 'r', 'k', 0, 0, 0, static_cast<std::uint8_t>(track.size())};
    out.insert(out.end(), track.begin(), track.end());
    return out;
}

TEST(Midi, RunningStatusAndHangingNotesAreRead) {
    const auto file = read_midi(midi_bytes({0, 0x90, 60, 64, 96, 62, 64, 96, 60, 0, 0, 0xFF, 0x2F, 0})).value();
    ASSERT_EQ(file.tracks.size(), 1U);
    EXPECT_EQ(file.tracks[0].notes, (std::vector<MidiNote>{{0, 960, 60, 64}, {480, 480, 62, 64}}));
}

TEST(Midi, CorruptBytesAreErrorsWithAPlace) {
    EXPECT_EQ(read_midi(std::vector<std::uint8_t>{}).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_midi(std::vector<std::uint8_t>{'R', 'I', 'F', 'F'}).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_midi(midi_bytes({0, 0x90, 60})).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_midi(midi_bytes({0, 0x90, 200, 64})).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_midi(midi_bytes({0, 60, 64})).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_midi(midi_bytes({0xFF, 0xFF, 0xFF, 0xFF, 0xFF})).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_midi(midi_bytes({0, 0xFF, 0x2F, 0}, 2)).error().code, ErrorCode::kUnsupported);
    EXPECT_NE(read_midi(midi_bytes({0, 0x90, 60})).error().context.find("byte"), std::string::npos);
}

TEST(Midi, APolyphonicOnlySeedIsRefusedWithItsShare) {
    MidiFile file;
    MidiTrack track;
    for (int i = 0; i < 20; ++i)
        for (int p : {48, 52, 55, 60}) track.notes.push_back({i * 480, 480, p, 64});
    file.tracks.push_back(track);
    const auto melody = extract_melody(file);
    ASSERT_FALSE(melody.has_value());
    EXPECT_EQ(melody.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(melody.error().message.find("% of its time"), std::string::npos);
    EXPECT_EQ(extract_melody(MidiFile{}).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace attune::compose
