// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves the composer: MIDI that a notation program opens, FLAC with tags, the starter library, the listening kit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numbers>
#include <set>

#include "compose/export.hpp"
#include "compose/font_part.hpp"
#include "compose/hmm_engine.hpp"
#include "compose/listening_kit.hpp"
#include "compose/midi_writer.hpp"
#include "compose/performer.hpp"
#include "compose/starter_library.hpp"
#include "compose/synth.hpp"
#include "compose/tinnitus.hpp"
#include "core/paths.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "support/temp_dir.hpp"

namespace attune::compose {
namespace {

Score piece(Style style, std::uint64_t seed, double seconds) {
    Brief brief;
    brief.style = style;
    brief.seed = seed;
    brief.seconds = seconds;
    brief.target = {.3, .1};
    return compose_score(brief).value();
}

// ---- MIDI, by the letter of the Standard MIDI File 1.0 specification; nothing here uses our reader

class StrictMidi {
public:
    explicit StrictMidi(std::string bytes) : bytes_(std::move(bytes)) {}
    std::string check() {
        try {
            if (text(4) != "MThd" || number(4) != 6) return "no header";
            const auto format = number(2), tracks = number(2), division = number(2);
            if (format != 1) return "format " + std::to_string(format);
            if (division == 0 || division >= 0x8000) return "division";
            for (std::uint32_t t = 0; t < tracks; ++t) track(t);
            if (at_ != bytes_.size()) return "bytes behind the last track";
        } catch (const std::string& wrong) {
            return wrong + " at byte " + std::to_string(at_);
        }
        return {};
    }
    bool time_signature = false, key_signature = false, tempo = false;
    int notes = 0;
    std::uint32_t last_tick = 0;

private:
    unsigned byte() {
        if (at_ >= bytes_.size()) throw std::string("cut off");
        return static_cast<unsigned char>(bytes_[at_++]);
    }
    std::string text(std::size_t n) {
        std::string out;
        while (n-- > 0) out.push_back(static_cast<char>(byte()));
        return out;
    }
    std::uint32_t number(int n) {
        std::uint32_t out = 0;
        while (n-- > 0) out = out << 8 | byte();
        return out;
    }
    std::uint32_t variable() {
        std::uint32_t out = 0;
        for (int i = 0; i < 4; ++i) {
            const unsigned b = byte();
            out = out << 7 | (b & 0x7FU);
            if (b < 0x80) return out;
        }
        throw std::string("a number of more than four bytes");
    }
    unsigned data() {
        const unsigned b = byte();
        if (b >= 0x80) throw std::string("a status where data belong");
        return b;
    }
    void track(std::uint32_t index) {
        if (text(4) != "MTrk") throw std::string("no track");
        const std::size_t end = number(4) + at_;
        std::uint32_t tick = 0;
        std::set<std::pair<unsigned, unsigned>> sounding;
        for (bool over = false; !over;) {
            tick += variable();
            const unsigned status = byte();
            if (status == 0xFF) {
                const unsigned type = byte();
                const auto size = variable();
                const std::size_t body = at_;
                if (type == 0x58) {
                    if (index != 0 || size != 4) throw std::string("time signature");
                    time_signature = true;
                }
                if (type == 0x59) {
                    const int sharps = static_cast<signed char>(bytes_.at(body));
                    if (index != 0 || size != 2 || sharps < -7 || sharps > 7) throw std::string("key signature");
                    key_signature = true;
                }
                if (type == 0x51) {
                    if (index != 0 || size != 3) throw std::string("tempo outside the first track");
                    tempo = true;
                }
                if (type == 0x2F) {
                    if (size != 0) throw std::string("end of track with a body");
                    over = true;
                }
                at_ += size;
                continue;
            }
            const unsigned kind = status >> 4, channel = status & 15U;
            if (kind < 8 || kind == 15) throw std::string("status " + std::to_string(status));
            const unsigned first = data();
            const unsigned second = kind == 12 || kind == 13 ? 0 : data();
            const auto key = std::pair(channel, first);
            if (kind == 9 && second > 0) {
                ++notes;
                if (!sounding.insert(key).second) throw std::string("a key that is struck while it sounds");
            } else if (kind == 8 || kind == 9) {
                if (sounding.erase(key) == 0) throw std::string("an end without a note");
            }
        }
        if (!sounding.empty()) throw std::string("a hanging note");
        if (at_ != end) throw std::string("a track of another length than it says");
        last_tick = std::max(last_tick, tick);
    }
    std::string bytes_;
    std::size_t at_ = 0;
};

TEST(MidiExport, EveryStyleKeepsTheLetterOfTheFormat) {
    for (int i = 0; i < kStyles; ++i)
        for (std::uint64_t seed : {1U, 2U, 3U}) {
            const auto score = piece(static_cast<Style>(i), seed, 60);
            StrictMidi midi(to_midi(score));
            EXPECT_EQ(midi.check(), "") << score.style << " " << seed;
            EXPECT_TRUE(midi.time_signature && midi.key_signature && midi.tempo);
            EXPECT_GT(midi.notes, 50);
            EXPECT_EQ(midi.last_tick, static_cast<std::uint32_t>(score.length()));
            for (const Note& note : score.notes) ASSERT_EQ(note.start % kSixteenth, 0) << "a notation program shows the grid";
        }
}

TEST(MidiExport, TheStrictReaderSeesWhatIsWrong) {
    std::string bytes = to_midi(piece(Style::kFolk, 1, 20));
    EXPECT_EQ(StrictMidi(bytes).check(), "");
    EXPECT_NE(StrictMidi(bytes.substr(0, bytes.size() - 1)).check(), "");
    EXPECT_NE(StrictMidi(bytes + "x").check(), "");
    bytes[9] = 2;
    EXPECT_NE(StrictMidi(bytes).check(), "");
}

// ---- FLAC

std::map<std::string, std::string> vorbis_comments(const std::filesystem::path& file) {
    const std::string bytes = core::read_file(file).value();
    std::map<std::string, std::string> out;
    if (bytes.substr(0, 4) != "fLaC") return out;
    const auto little = [&](std::size_t at) {
        std::uint32_t x = 0;
        for (std::size_t i = 0; i < 4; ++i) x |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.at(at + i))) << (8 * i);
        return x;
    };
    for (std::size_t at = 4; at + 4 < bytes.size();) {
        const unsigned head = static_cast<unsigned char>(bytes[at]);
        std::size_t size = 0;
        for (std::size_t i = 1; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[at + i]);
        std::size_t p = at + 4;
        if ((head & 0x7FU) == 4) {
            p += 4 + little(p);
            std::uint32_t n = little(p);
            for (p += 4; n > 0; --n) {
                const auto line = bytes.substr(p + 4, little(p));
                out[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
                p += 4 + line.size();
            }
        }
        at += 4 + size;
        if ((head & 0x80U) != 0) break;
    }
    return out;
}

TEST(Export, TheFileSaysWhatItIsAndHowLoud) {
    const test::TempDir dir;
    ExportOptions options;
    options.audio = dir.path() / "new" / "piece.flac";
    options.midi = dir.path() / "new" / "piece.mid";
    options.album = "Album";
    options.genre = "Folk";
    options.track = 7;
    Brief brief;
    brief.style = Style::kFolk;
    brief.seconds = 8;
    brief.seed = 5;
    const auto made = make(brief, options).value();
    auto tags = vorbis_comments(options.audio);
    EXPECT_EQ(tags["TITLE"], made.score.title);
    EXPECT_EQ(tags["ARTIST"], "Attune");
    EXPECT_EQ(tags["ALBUM"], "Album");
    EXPECT_EQ(tags["GENRE"], "Folk");
    EXPECT_EQ(tags["TRACKNUMBER"], "7");
    EXPECT_NE(tags["DESCRIPTION"].find("engine rule, style folk, seed 5"), std::string::npos) << "which engine composed it is in the file";
    EXPECT_NEAR(std::strtod(tags["REPLAYGAIN_TRACK_GAIN"].c_str(), nullptr), -18.0 - *made.lufs, .006);
    EXPECT_NEAR(20 * std::log10(std::strtod(tags["REPLAYGAIN_TRACK_PEAK"].c_str(), nullptr)), made.true_peak_dbtp, .01);
    EXPECT_LE(made.true_peak_dbtp, 0.0);
    EXPECT_EQ(StrictMidi(core::read_file(options.midi).value()).check(), "");

    auto again = options;
    again.audio = dir.path() / "again.flac";
    ASSERT_TRUE(make(brief, again).has_value());
    EXPECT_EQ(core::read_file(options.audio).value(), core::read_file(again.audio).value()) << "the same seed gives the same bytes";
}

TEST(Export, AMissingSoundfontOrModelIsSaidByName) {
    const test::TempDir dir;
    const auto unavailable = [](const auto& result, const char* word) {
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
        EXPECT_NE((result.error().message + " " + result.error().context).find(word), std::string::npos) << result.error().message;
    };
    ::setenv("ATTUNE_SOUNDFONT", "/nowhere/font.sf3", 1);
    unavailable(Synth::create(), "/nowhere/font.sf3");
    unavailable(make(Brief{}, {}), "/nowhere/font.sf3");
    unavailable(make_starter_library(dir.path() / "starter", {1, {}, nullptr}), "/nowhere/font.sf3");
    ::unsetenv("ATTUNE_SOUNDFONT");
    const auto junk = dir.path() / "junk.sf3";
    std::ofstream(junk) << "not a soundfont";
    unavailable(Synth::create(junk), "junk.sf3");
}

// ---- the part of a soundfont that a score plays

TEST(FontPart, AScoreSoundsTheSameToTheBitAndAQuarterOfThePianoIsDecoded) {
    for (const Style style : {Style::kPianoBallad, Style::kPercussionCircle}) {
        Brief brief;
        brief.style = style;
        brief.seconds = 20;
        brief.seed = 5;
        const Score score = compose_score(brief).value();
        const auto part = font_part(find_soundfont().value(), score.parts, score.notes).value();
        EXPECT_GT(part.kept, 0U);
        EXPECT_LT(part.kept, part.of / 2) << to_string(style);
        auto whole = Performer(Synth::create().value(), score.parts), some = Performer(Synth::create_for(score).value(), score.parts);
        for (const Note& note : score.notes) {
            ASSERT_TRUE(whole.add(note));
            ASSERT_TRUE(some.add(note));
        }
        std::vector<float> a(4096), b(4096), c(4096), d(4096);
        float loudest = 0.0F;
        for (int block = 0; block < 160; ++block) {
            whole.render(a, b);
            some.render(c, d);
            ASSERT_EQ(a, c) << to_string(style) << " block " << block;
            ASSERT_EQ(b, d) << to_string(style) << " block " << block;
            for (const float x : a) loudest = std::max(loudest, std::abs(x));
        }
        EXPECT_GT(loudest, .01F);
    }
}

TEST(FontPart, WhatIsNoSoundfontIsAnErrorAndNeverACrash) {
    const test::TempDir dir;
    const auto file = dir.path() / "font.sf3";
    // The frame of a soundfont whose tables are cut at every length, and whose records point beyond their ends.
    const auto le32 = [](std::size_t n) { return std::string{static_cast<char>(n & 255), static_cast<char>(n >> 8 & 255), static_cast<char>(n >> 16 & 255), '\0'}; };
    std::string tables;
    for (const auto& [name, size] : {std::pair{"phdr", 38}, {"pbag", 4}, {"pgen", 4}, {"inst", 22}, {"ibag", 4}, {"igen", 4}, {"shdr", 46}})
        tables += std::string(name) + le32(static_cast<std::size_t>(2 * size)) + std::string(static_cast<std::size_t>(2 * size), '\xFF');
    const std::string list = "LIST" + le32(4 + tables.size()) + "pdta" + tables;
    const std::string font = "RIFF" + le32(4 + list.size()) + "sfbk" + list;
    const Score score = compose_score(Brief{}).value();
    for (std::size_t n = 0; n <= font.size(); n += 3) {
        std::ofstream(file, std::ios::trunc | std::ios::binary) << font.substr(0, n);
        const auto part = font_part(file, score.parts, score.notes);
        ASSERT_FALSE(part) << n;
        EXPECT_TRUE(part.error().code == ErrorCode::kCorrupt || part.error().code == ErrorCode::kNotFound) << n << ": " << part.error().message;
    }
    EXPECT_EQ(font_part(dir.path() / "none.sf3", score.parts, score.notes).error().code, ErrorCode::kIo);
}

// ---- the starter library

TEST(StarterLibrary, SixteenPiecesThatDifferAndEndProperly) {
    const auto& pieces = starter_pieces();
    ASSERT_EQ(pieces.size(), 16U);
    std::set<std::string> files, titles, styles;
    std::vector<Score> scores;
    std::array<int, 4> quadrants{};
    for (const auto& p : pieces) {
        files.insert(p.file);
        titles.insert(p.brief.title);
        auto score = compose_score(p.brief).value();
        styles.insert(score.style);
        ++quadrants[(score.target.valence >= 0 ? 1U : 0U) + (score.target.arousal >= 0 ? 2U : 0U)];
        const double seconds = score.seconds_at(score.length()) + 3.0;
        EXPECT_GE(seconds, 60.0) << p.file;
        EXPECT_LE(seconds, 120.0) << p.file;
        EXPECT_EQ(score.chords.back().chord.root, score.key.tonic) << p.file;
        const Note* last = nullptr;
        Ticks end = 0;
        for (const Note& n : score.notes) {
            end = std::max(end, n.start + n.length);
            if (n.part == Part::kMelody) last = &n;
        }
        ASSERT_NE(last, nullptr);
        EXPECT_EQ(mod12(last->pitch), score.key.tonic) << p.file;
        EXPECT_EQ(end, score.length()) << p.file << ": the last chord is held to the end";
        scores.push_back(std::move(score));
    }
    EXPECT_EQ(files.size(), 16U);
    EXPECT_EQ(titles.size(), 16U);
    EXPECT_EQ(styles.size(), static_cast<std::size_t>(kStyles));
    for (const int n : quadrants) EXPECT_GE(n, 2);
    // Different enough: no two melodies share more than a tenth of their figures of five notes (intervals and rhythm).
    const auto figures = [](const Score& s) {
        std::vector<const Note*> melody;
        for (const Note& n : s.notes)
            if (n.part == Part::kMelody) melody.push_back(&n);
        std::set<std::vector<Ticks>> out;
        for (std::size_t i = 4; i < melody.size(); ++i) {
            std::vector<Ticks> figure;
            for (std::size_t k = i - 3; k <= i; ++k) figure.push_back(melody[k]->pitch - melody[k - 1]->pitch), figure.push_back(melody[k]->start - melody[k - 1]->start);
            out.insert(figure);
        }
        return out;
    };
    double most = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
        for (std::size_t j = i + 1; j < scores.size(); ++j) {
            const auto a = figures(scores[i]), b = figures(scores[j]);
            const auto shared = std::count_if(a.begin(), a.end(), [&](const auto& f) { return b.contains(f); });
            most = std::max(most, static_cast<double>(shared) / static_cast<double>(std::min(a.size(), b.size())));
        }
    std::printf("[ starter  ] two pieces share at most %.1f %% of their figures of five notes\n", 100 * most);
    EXPECT_LE(most, .10);
}

TEST(StarterLibrary, EveryMelodyInstrumentIsInTune) {
    auto synth = Synth::create().value();
    std::set<int> programs;
    for (const auto& p : starter_pieces()) programs.insert(instruments_for(*p.brief.style, p.brief.seed)[0].program);
    for (const int program : programs) {
        std::array<PartSetup, kParts> parts{};
        for (auto& part : parts) part.program = program;
        synth.prepare_parts(parts);
        std::vector<float> left(48000), right(48000);
        synth.note_on(0, 69, 90);
        for (std::size_t at = 0; at < left.size(); at += 64) synth.render(std::span(left).subspan(at, 64), std::span(right).subspan(at, 64));
        synth.note_off(0, 69);
        // Strongest frequency near 440 Hz or its octaves, by a fine scan of Goertzel sums over .15..95 s.
        double best = 0, cents = 0;
        for (const double octave : {.5, 1.0, 2.0})
            for (double c = -60; c <= 60; c += 2) {
                const double w = 2 * std::numbers::pi * 440.0 * octave * std::exp2(c / 1200) / 48000;
                double re = 0, im = 0;
                for (std::size_t k = 7200; k < 45600; ++k) {
                    const double window = std::sin(std::numbers::pi * static_cast<double>(k - 7200) / 38400.0);
                    re += window * static_cast<double>(left[k]) * std::cos(w * static_cast<double>(k));
                    im += window * static_cast<double>(left[k]) * std::sin(w * static_cast<double>(k));
                }
                if (re * re + im * im > best) best = re * re + im * im, cents = c;
            }
        EXPECT_LE(std::abs(cents), 15.0) << "the reeds of an accordion are tuned that far apart; program " << program;
        for (int i = 0; i < 750; ++i) synth.render(std::span(left).first(64), std::span(right).first(64));
    }
}

// ---- the listening kit

TEST(ListeningKit, IsBlindAndRandomAndItsAnalysisFindsWhatListenersHeard) {
    const test::TempDir dir;
    ListeningKit kit;
    kit.side = 3;
    kit.seconds = 8;
    kit.seed = 4;
    ASSERT_TRUE(make_listening_kit(dir.path(), kit).has_value());
    // The key is apart; page, names and tags of the clips do not tell what was meant.
    const auto key = core::read_file(dir.path() / "key.csv").value();
    const auto page = core::read_file(dir.path() / "index.html").value();
    EXPECT_EQ(page.find("key.csv"), std::string::npos);
    EXPECT_EQ(page.find("http"), std::string::npos) << "nothing is loaded from or sent to anywhere";
    EXPECT_NE(page.find("Math.random"), std::string::npos) << "every listener has another order";
    std::vector<std::pair<double, double>> meant;
    std::map<std::string, std::pair<double, double>> by_clip;
    for (const auto line : core::split(key, '\n')) {
        const auto cells = core::split(line, ',');
        if (cells.size() < 6 || cells[0] == "clip") continue;
        meant.emplace_back(core::parse_double(cells[1]).value(), core::parse_double(cells[2]).value());
        by_clip[std::string(cells[0])] = meant.back();
        const auto tags = vorbis_comments(dir.path() / "clips" / (std::string(cells[0]) + ".flac"));
        ASSERT_FALSE(tags.empty());
        for (const auto& [name, value] : tags) {
            EXPECT_EQ(value.find(std::string(cells[3])), std::string::npos) << name << " tells the style";
            if (name.starts_with("ATTUNE_")) {
                EXPECT_EQ(value, "0") << name;
            }
        }
    }
    ASSERT_EQ(meant.size(), 9U);
    EXPECT_FALSE(std::is_sorted(meant.begin(), meant.end())) << "the order of the clips says nothing";

    // Five listeners who hear arousal as meant, with noise; valence they guess.
    std::vector<std::filesystem::path> files;
    core::Random random(2, "test/listeners");
    for (int l = 0; l < 5; ++l) {
        files.push_back(dir.path() / ("answers" + std::to_string(l) + ".csv"));
        std::ofstream out(files.back());
        out << "listener,order,clip,expressed_valence,expressed_arousal,felt_valence,felt_arousal,liking,familiar\n";
        int order = 0;
        for (const auto& [clip, point] : by_clip) {
            const auto noisy = [&](double x, double sd) { return std::clamp(x + random.normal(0, sd), -1.0, 1.0); };
            out << "L" << l << "," << ++order << "," << clip << "," << noisy(0, .5) << "," << noisy(point.second, .2) << "," << noisy(0, .5) << ","
                << noisy(.5 * point.second, .4) << "," << noisy(.3, .3) << ",0\n";
        }
    }
    const auto figures = analyse_listening_kit(dir.path(), files).value();
    std::map<std::string, KitFigure> by_name;
    for (const auto& f : figures) {
        by_name[f.name] = f;
        EXPECT_LE(f.low, f.rho);
        EXPECT_GE(f.high, f.rho);
        EXPECT_EQ(f.listeners, 5U);
        EXPECT_EQ(f.ratings, 45U);
    }
    EXPECT_GT(by_name.at("expressed_arousal").low, .8);
    EXPECT_LT(by_name.at("expressed_valence").low, .3);
    EXPECT_LT(std::abs(by_name.at("expressed_valence").rho), .4);

    std::ofstream(files[0], std::ios::app) << "L0,10,01,3,0,0,0,0,0\n";
    const auto bad = analyse_listening_kit(dir.path(), files);
    ASSERT_FALSE(bad.has_value());
    EXPECT_NE(bad.error().message.find("expressed_valence is 3; -1..1"), std::string::npos) << bad.error().message;
    EXPECT_NE(bad.error().context.find("answers0.csv:11"), std::string::npos) << bad.error().context;
}

TEST(ListeningKit, RefusesWhatIsOutOfRange) {
    ListeningKit kit;
    kit.side = 11;
    EXPECT_NE(make_listening_kit("/nowhere", kit).error().message.find("2..10"), std::string::npos);
    kit.side = 2;
    kit.seconds = 2;
    EXPECT_NE(make_listening_kit("/nowhere", kit).error().message.find("8..60"), std::string::npos);
}

}  // namespace
}  // namespace attune::compose
