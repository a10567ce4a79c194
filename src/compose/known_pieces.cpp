// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/known_pieces.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <string_view>

#include "compose/midi_reader.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"

namespace attune::compose {
namespace {

namespace fs = std::filesystem;

constexpr int kPopSongs = 909, kPopStep = 4, kPopTest = 1, kPopTraining = 3;
constexpr double kShortestTake_s = 15.0;
constexpr double kOneTempo = 0.9;      ///< share of the time that one tempo must cover
constexpr double kOnGrid = 0.6;        ///< share of notes that must start on the grid
constexpr double kGridSlack = 1.0 / 40.0;  // [beats]

struct GameFolder {
    const char* path;
    const char* name;
    KnownPart part;
};
constexpr std::array<GameFolder, 4> kGames{{
    {"/usr/share/games/openttd/baseset/openmsx", "openttd", KnownPart::kTest},
    {"/usr/share/games/dink/dink/Sound", "dink", KnownPart::kTest},
    {"/usr/share/planetblupi/music", "planetblupi", KnownPart::kTest},
    {"/usr/share/games/simutrans/music", "simutrans", KnownPart::kTraining},
}};

Result<std::vector<std::vector<std::string>>> words_of(const fs::path& file) {
    ATTUNE_TRY(const auto text, core::read_file(file));
    std::vector<std::vector<std::string>> lines;
    for (const auto line : core::split(text, '\n')) {
        std::vector<std::string> words;
        std::string word;
        for (const char c : std::string(line) + " ") {
            if (c != ' ' && c != '\t' && c != '\r') {
                word.push_back(c);
            } else if (!word.empty()) {
                words.push_back(std::move(word));
                word.clear();
            }
        }
        if (!words.empty()) lines.push_back(std::move(words));
    }
    return lines;
}

double median(std::vector<double> v) {
    const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
    std::nth_element(v.begin(), middle, v.end());
    return *middle;
}

/// The longest stretch in one key, its middle kKnown_s, and the beats there.
Result<KnownPiece> pop_song(const fs::path& root, const std::string& name) {
    const fs::path folder = root / name;
    ATTUNE_TRY(const auto keys, words_of(folder / "key_audio.txt"));
    KnownPiece piece{"pop909", name, "pop909/" + name, folder / (name + ".mid"), 0.0, 0.0, 0.0, std::nullopt};
    double longest = 0.0;
    for (const auto& row : keys) {
        if (row.size() < 3) return fail(ErrorCode::kCorrupt, "a key needs a start, an end and a name", (folder / "key_audio.txt").string());
        const auto from = core::parse_double(row[0]), to = core::parse_double(row[1]);
        if (!from || !to || *to - *from <= longest) continue;
        longest = *to - *from;
        piece.from_s = *from, piece.to_s = *to;
        piece.key = parse_key(row[2]);
    }
    if (!piece.key) return fail(ErrorCode::kCorrupt, "no key that can be read", (folder / "key_audio.txt").string());
    const double middle = (piece.from_s + piece.to_s) / 2.0;
    piece.from_s = std::max(piece.from_s, middle - kKnown_s / 2.0);
    piece.to_s = std::min(piece.to_s, piece.from_s + kKnown_s);
    ATTUNE_TRY(const auto rows, words_of(folder / "beat_midi.txt"));
    std::vector<double> all, inside;
    double before = std::nan("");
    for (const auto& row : rows) {
        const auto t = core::parse_double(row[0]);
        if (!t) continue;
        if (*t > before) {
            all.push_back(*t - before);
            if (before >= piece.from_s && *t <= piece.to_s) inside.push_back(*t - before);
        }
        before = *t;
    }
    if (all.empty()) return fail(ErrorCode::kCorrupt, "no beats", (folder / "beat_midi.txt").string());
    piece.bpm = 60.0 / median(inside.size() >= 4 ? inside : all);
    return piece;
}

void add_pop(const fs::path& root, KnownPart part, KnownPieces& out) {
    for (int i = 1; i <= kPopSongs; ++i) {
        const int step = i % kPopStep;
        if (part == KnownPart::kKeyTraining ? step == kPopTest : step != (part == KnownPart::kTest ? kPopTest : kPopTraining)) continue;
        std::array<char, 8> name{};
        std::snprintf(name.data(), name.size(), "%03d", i);
        auto piece = pop_song(root, name.data());
        if (piece)
            out.pieces.push_back(*std::move(piece));
        else
            out.left_out.push_back(piece.error().describe());
    }
}

void add_groove(const fs::path& root, KnownPart part, KnownPieces& out) {
    const auto text = core::read_file(root / "info.csv");
    if (!text) {
        out.left_out.push_back(text.error().describe());
        return;
    }
    for (const auto line : core::split(*text, '\n')) {
        const auto cells = core::split(core::trim(line), ',');  // no cell of this table is quoted
        if (cells.size() != 11 || cells[5] != "beat" || cells[6] != "4-4") continue;
        if (cells[10] != (part == KnownPart::kTest ? "test" : "train")) continue;
        const auto bpm = core::parse_double(cells[4]), duration = core::parse_double(cells[9]);
        if (!bpm || !duration || *duration < kShortestTake_s) continue;
        out.pieces.push_back({"groove_midi", std::string(cells[2]), "groove_midi/" + std::string(cells[1]), root / std::string(cells[7]), 0.0,
                              std::min(*duration, kKnown_s), *bpm, std::nullopt});
    }
}

/// The tempo of most of [from, to], if there is one and the notes keep to it.
Result<double> stated_tempo(const MidiFile& file, double from_s, double to_s) {
    double best = 0.0, covered = 0.0;
    for (std::size_t i = 0; i < file.tempo.size(); ++i) {
        double total = 0.0;
        for (std::size_t k = 0; k < file.tempo.size(); ++k) {
            if (std::abs(file.tempo[k].bpm / file.tempo[i].bpm - 1.0) > 0.02) continue;
            const double start = std::max(from_s, file.seconds_at(file.tempo[k].tick));
            const double end = k + 1 < file.tempo.size() ? std::min(to_s, file.seconds_at(file.tempo[k + 1].tick)) : to_s;
            total += std::max(0.0, end - start);
        }
        if (total > covered) covered = total, best = file.tempo[i].bpm;
    }
    if (covered < kOneTempo * (to_s - from_s)) return fail(ErrorCode::kUnsupported, "no tempo covers 90 % of it");
    std::size_t on = 0, all = 0;
    for (const auto& track : file.tracks)
        for (const auto& note : track.notes) {
            const double at = file.seconds_at(note.start);
            if (at < from_s || at >= to_s) continue;
            const double beat = static_cast<double>(note.start) / kTicksPerBeat;
            const auto off = [&](double steps) { return std::abs(beat * steps - std::round(beat * steps)) / steps; };
            ++all;
            on += std::min(off(4.0), off(3.0)) <= kGridSlack ? 1U : 0U;
        }
    if (static_cast<double>(on) < kOnGrid * static_cast<double>(all))
        return fail(ErrorCode::kUnsupported, "its notes do not keep to its tempo: " + std::to_string(on) + " of " + std::to_string(all) + " on the beat's grid");
    return best;
}

Result<KnownPiece> game_piece(const fs::path& file, const std::string& name) {
    ATTUNE_TRY(const auto midi, read_midi(file));
    double first = 1e9, last = 0.0;
    for (const auto& track : midi.tracks)
        for (const auto& note : track.notes) {
            first = std::min(first, midi.seconds_at(note.start));
            last = std::max(last, midi.seconds_at(note.start + note.length));
        }
    if (last - first < kShortestTake_s) return fail(ErrorCode::kUnsupported, "shorter than 15 s");
    KnownPiece piece{"debian_games", name, "debian_games/" + name, file, first, std::min(last, first + kKnown_s), 0.0, std::nullopt};
    ATTUNE_TRY(piece.bpm, stated_tempo(midi, piece.from_s, piece.to_s));
    return piece;
}

void add_games(KnownPart part, KnownPieces& out) {
    for (const auto& game : kGames) {
        if (game.part != part) continue;
        const auto files = learn::files_under(game.path);
        if (!files) continue;  // the package is not installed
        for (const auto& file : *files) {
            const std::string ending = core::to_lower_ascii(file.extension().string());
            if (ending != ".mid" && ending != ".midi") continue;
            const std::string name = game.name + ("/" + file.filename().string());
            auto piece = game_piece(file, name);
            if (piece)
                out.pieces.push_back(*std::move(piece));
            else
                out.left_out.push_back(name + ": " + piece.error().message);
        }
    }
}

}  // namespace

std::optional<KnownKey> parse_key(std::string_view text) {
    constexpr std::string_view kLetters = "C D EF G A B";
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto letter = kLetters.find(text.front());
    const auto mode = text.substr(colon + 1);
    if (letter == std::string_view::npos || text.front() == ' ' || (mode != "maj" && mode != "min")) return std::nullopt;
    int pitch = static_cast<int>(letter);
    for (const char c : text.substr(1, colon - 1)) {
        if (c != '#' && c != 'b') return std::nullopt;
        pitch += c == '#' ? 1 : -1;
    }
    return KnownKey{(pitch % 12 + 12) % 12, mode == "maj"};
}

Result<KnownPieces> find_known_pieces(const fs::path& data, KnownPart part) {
    KnownPieces out;
    if (const auto root = learn::find_set(data, "pop909")) add_pop(*root, part, out);
    if (const auto root = learn::find_set(data, "groove_midi"); root && part != KnownPart::kKeyTraining) add_groove(*root, part, out);
    add_games(part, out);
    if (out.pieces.empty())
        return fail(ErrorCode::kNotFound, "neither pop909 nor groove_midi is below this folder, and no game with MIDI music is installed", data.string());
    std::sort(out.pieces.begin(), out.pieces.end(), [](const KnownPiece& a, const KnownPiece& b) { return std::tie(a.set, a.name) < std::tie(b.set, b.name); });
    return out;
}

}  // namespace attune::compose
