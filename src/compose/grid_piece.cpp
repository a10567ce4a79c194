// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/grid_piece.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <numbers>
#include <optional>

#include <nlohmann/json.hpp>

#include "compose/hmm.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"

namespace attune::compose {
namespace {

namespace fs = std::filesystem;
constexpr int kLowest = 52;       ///< E3: the accompaniment's low hand lies below
constexpr std::size_t kMost = 1U << 15;  ///< sixteenths of one piece

std::size_t at(int i) { return static_cast<std::size_t>(i); }

std::vector<fs::path> files_with(const fs::path& folder, const std::string& extension) {
    std::vector<fs::path> out;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (entry.path().extension() == extension) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

void size_piece(GridPiece& piece, std::size_t steps) {
    steps = std::min(steps, kMost);
    piece.melody.assign(steps, 0);
    piece.chord.assign(steps, -1);
    piece.comp.assign(steps, -1);
    piece.drums.assign(steps, -1);
}

int nearest_sixteenth(Ticks t) { return static_cast<int>((t + kSixteenth / 2) / kSixteenth); }

/// Notes whose start and end lie on the grid, the highest where several begin together, cut where the next begins.
std::vector<MidiNote> skyline(std::vector<MidiNote> notes) {
    for (auto& n : notes) {
        const int start = nearest_sixteenth(n.start), end = std::max(start + 1, nearest_sixteenth(n.start + n.length));
        n.start = start * kSixteenth;
        n.length = (end - start) * kSixteenth;
    }
    std::stable_sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) { return a.start != b.start ? a.start < b.start : a.pitch > b.pitch; });
    std::vector<MidiNote> line;
    for (const auto& n : notes) {
        if (!line.empty() && line.back().start == n.start) continue;
        // Below a higher note that still sounds, it belongs to the accompaniment.
        if (!line.empty() && n.start < line.back().start + line.back().length && n.pitch < line.back().pitch - 4) continue;
        if (!line.empty()) line.back().length = std::min(line.back().length, n.start - line.back().start);
        line.push_back(n);
    }
    return line;
}

/// What is not in the line.
std::vector<MidiNote> beneath(const std::vector<MidiNote>& notes, const std::vector<MidiNote>& line) {
    std::vector<MidiNote> out;
    std::map<std::pair<Ticks, int>, bool> melodic;
    for (const auto& n : line) melodic[{n.start, n.pitch}] = true;
    for (const auto& n : notes)
        if (!melodic.contains({static_cast<Ticks>(nearest_sixteenth(n.start)) * kSixteenth, n.pitch})) out.push_back(n);
    return out;
}

void set_melody(GridPiece& piece, std::vector<MidiNote> line) {
    piece.notes = std::move(line);
    for (const auto& n : piece.notes)
        if (at(static_cast<int>(n.start / kSixteenth)) < piece.steps()) piece.melody[at(static_cast<int>(n.start / kSixteenth))] = n.pitch;
    // Where nothing begins for more than two bars there is no melody, not a long note.
    const std::size_t hush = at(piece.beats_per_bar) * 4 * 2;
    std::size_t last = 0;
    bool any = false;
    for (std::size_t i = 0; i <= piece.steps(); ++i) {
        if (i < piece.steps() && piece.melody[i] <= 0) continue;
        if (i - last > hush) std::fill(piece.melody.begin() + static_cast<std::ptrdiff_t>(any ? last + 16 : 0), piece.melody.begin() + static_cast<std::ptrdiff_t>(i), -1);
        last = i, any = true;
    }
}

void set_comp(GridPiece& piece, const std::vector<MidiNote>& notes) {
    std::fill(piece.comp.begin(), piece.comp.end(), 0);
    for (const auto& n : notes)
        if (const auto i = at(nearest_sixteenth(n.start)); i < piece.steps()) piece.comp[i] |= n.pitch < kLowest ? 1 : 2;
}

/// The triad of each beat that best explains the time spent on each pitch class.
void set_chords(GridPiece& piece, const std::vector<MidiNote>& notes, int beats = 1) {
    const Ticks span = beats * kTicksPerBeat;
    std::vector<std::array<double, 12>> time(piece.steps() / 4 / at(beats) + 1);
    std::vector<int> lowest(time.size(), 128);
    for (const auto& n : notes)
        for (Ticks t = n.start / span * span; t < n.start + n.length; t += span) {
            const auto b = static_cast<std::size_t>(t / span);
            if (b >= time.size()) break;
            time[b][at(n.pitch % 12)] += static_cast<double>(std::min(n.start + n.length, t + span) - std::max(n.start, t));
            lowest[b] = std::min(lowest[b], n.pitch);
        }
    int previous = -1;
    for (std::size_t b = 0; b < time.size(); ++b) {
        double total = 0, best_score = .35;
        for (const double x : time[b]) total += x;
        int best = total > 0 ? -1 : previous;
        for (int state = 0; total > 0 && state < Hmm::kStates; ++state) {
            const Chord chord = chord_of_state(state, piece.key.tonic);
            double score = (lowest[b] % 12 == chord.root ? .15 : 0.0) + (state == previous ? .08 : 0.0);
            for (const int c : pitch_classes(chord)) score += std::min(time[b][at(c)] / total, .34);
            if (score > best_score) best = state, best_score = score;
        }
        if (best >= 0) previous = best;
        for (std::size_t i = b * 4 * at(beats); i < std::min((b + 1) * 4 * at(beats), piece.steps()); ++i) piece.chord[i] = best;
    }
}

Key key_of(const std::vector<MidiNote>& notes) {
    MidiFile file;
    file.tracks.push_back({"", 0, 0, notes});
    return key_of_notes(file);
}

/// Drops the pickup: bars begin where chords change.
int pickup_beats(const std::vector<int>& chord, int beats_per_bar) {
    std::vector<int> votes(at(beats_per_bar), 0);
    for (std::size_t b = 1; 4 * b < chord.size(); ++b)
        if (chord[4 * b] != chord[4 * b - 4]) ++votes[b % at(beats_per_bar)];
    return static_cast<int>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

void drop_front(GridPiece& piece, int beats) {
    const std::size_t n = std::min(at(4 * beats), piece.steps());
    for (auto* v : {&piece.melody, &piece.chord, &piece.comp, &piece.drums}) v->erase(v->begin(), v->begin() + static_cast<std::ptrdiff_t>(n));
    std::vector<MidiNote> kept;
    for (auto note : piece.notes)
        if ((note.start -= beats * kTicksPerBeat) >= 0) kept.push_back(note);
    piece.notes = std::move(kept);
}

// --- POP909 --------------------------------------------------------------------------------------

struct Beats {
    std::vector<double> time_s;
    std::size_t first_downbeat = 0;
    int per_bar = 4;

    /// Ticks from the first downbeat; empty outside the annotated time.
    [[nodiscard]] std::optional<Ticks> ticks(double s) const {
        const auto next = std::upper_bound(time_s.begin(), time_s.end(), s);
        if (next == time_s.begin() || next == time_s.end()) return std::nullopt;
        const auto i = next - time_s.begin() - 1;
        const double part = (s - time_s[static_cast<std::size_t>(i)]) / (*next - time_s[static_cast<std::size_t>(i)]);
        return static_cast<Ticks>(std::llround((static_cast<double>(i) - static_cast<double>(first_downbeat) + part) * kTicksPerBeat));
    }
};

std::vector<std::vector<std::string>> table_of(const std::string& text) {
    std::vector<std::vector<std::string>> rows;
    for (const auto line : core::split(text, '\n')) {
        std::vector<std::string> row;
        std::string cell;
        for (const char c : std::string(line) + " ") {
            if (c == ' ' || c == '\t' || c == '\r') {
                if (!cell.empty()) row.push_back(cell);
                cell.clear();
            } else {
                cell += c;
            }
        }
        if (!row.empty()) rows.push_back(row);
    }
    return rows;
}

std::optional<Beats> beats_of(const fs::path& folder) {
    const auto text = core::read_file(folder / "beat_midi.txt");
    if (!text) return std::nullopt;
    Beats beats;
    std::vector<std::size_t> downbeats;
    for (const auto& row : table_of(*text)) {
        if (row.size() < 3) return std::nullopt;
        const auto t = core::parse_double(row[0]), down = core::parse_double(row[2]);
        if (!t || !down) return std::nullopt;
        if (*down > .5) downbeats.push_back(beats.time_s.size());
        beats.time_s.push_back(*t);
    }
    if (downbeats.size() < 4) return std::nullopt;
    std::map<std::size_t, int> gaps;
    for (std::size_t i = 1; i < downbeats.size(); ++i) ++gaps[downbeats[i] - downbeats[i - 1]];
    const auto commonest = std::max_element(gaps.begin(), gaps.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (commonest->first != 4 && commonest->first != 3) return std::nullopt;
    beats.per_bar = static_cast<int>(commonest->first);
    beats.first_downbeat = downbeats.front();
    return beats;
}

/// "Eb:min7/b3" -> state relative to the tonic; -1 for N.
int state_of_name(const std::string& name, int tonic) {
    static constexpr std::array<int, 7> kLetters = {9, 11, 0, 2, 4, 5, 7};
    if (name.empty() || name[0] < 'A' || name[0] > 'G') return -1;
    int root = kLetters[static_cast<std::size_t>(name[0] - 'A')];
    std::size_t i = 1;
    for (; i < name.size() && (name[i] == '#' || name[i] == 'b'); ++i) root += name[i] == '#' ? 1 : -1;
    const auto colon = name.find(':');
    const std::string kind = colon == std::string::npos ? "" : name.substr(colon + 1);
    const bool minor = kind.rfind("min", 0) == 0 || kind.rfind("dim", 0) == 0 || kind.rfind("hdim", 0) == 0;
    return mod12(root - tonic) + (minor ? 12 : 0);
}

std::optional<GridPiece> read_pop(const fs::path& folder) {
    const auto beats = beats_of(folder);
    const auto midi = read_midi(folder / (folder.filename().string() + ".mid"));
    const auto chords = core::read_file(folder / "chord_midi.txt");
    if (!beats || !midi || !chords) return std::nullopt;
    GridPiece piece;
    piece.corpus = Corpus::kPop909;
    piece.name = piece.group = folder.filename().string();
    piece.beats_per_bar = beats->per_bar;
    const double length_s = beats->time_s.back() - beats->time_s.front();
    piece.bpm = 60.0 * static_cast<double>(beats->time_s.size() - 1) / std::max(length_s, 1.0);
    std::vector<MidiNote> melody, piano;
    for (const auto& track : midi->tracks)
        for (auto note : track.notes) {
            const auto start = beats->ticks(midi->seconds_at(note.start)), end = beats->ticks(midi->seconds_at(note.start + note.length));
            if (!start || !end || *start < 0) continue;
            note.start = *start;
            note.length = std::max<Ticks>(1, *end - *start);
            if (track.name == "MELODY") melody.push_back(note);
            if (track.name == "PIANO") piano.push_back(note);
        }
    if (melody.size() < 32 || piano.size() < 32) return std::nullopt;
    std::vector<MidiNote> all = melody;
    all.insert(all.end(), piano.begin(), piano.end());
    piece.key = key_of(all);
    size_piece(piece, (beats->time_s.size() - beats->first_downbeat) * 4);
    for (const auto& row : table_of(*chords)) {
        if (row.size() < 3) continue;
        const auto from_s = core::parse_double(row[0]), to_s = core::parse_double(row[1]);
        if (!from_s || !to_s) continue;
        const auto from = beats->ticks(*from_s + .01), to = beats->ticks(*to_s - .01);
        if (!from || !to || *to < 0) continue;
        for (int i = nearest_sixteenth(std::max<Ticks>(*from, 0)); i <= nearest_sixteenth(*to) && at(i) < piece.steps(); ++i)
            piece.chord[at(i)] = state_of_name(row[2], piece.key.tonic);
    }
    set_melody(piece, skyline(std::move(melody)));
    set_comp(piece, piano);
    return piece;
}

// --- Nottingham, chorales, Groove -------------------------------------------------------------------

std::optional<GridPiece> read_folk(const fs::path& file) {
    const auto tune = read_lead_tune(file);
    const auto midi = read_midi(file);
    if (!tune || !midi || (midi->beats_per_bar != 3 && midi->beats_per_bar != 4 && midi->beats_per_bar != 2)) return std::nullopt;
    GridPiece piece;
    piece.corpus = Corpus::kNottingham;
    piece.name = file.stem().string();
    piece.group = piece.name;
    piece.key = tune->key;
    piece.beats_per_bar = midi->beats_per_bar == 3 ? 3 : 4;
    piece.bpm = midi->tempo.front().bpm;
    const Ticks end = tune->melody.back().start + tune->melody.back().length;
    size_piece(piece, at(nearest_sixteenth(end)));
    set_melody(piece, skyline(tune->melody));
    std::vector<MidiNote> chords;
    for (const auto& track : midi->tracks)
        if (track.channel != 9 && extract_melody({{track}, midi->tempo, 4}).value_or(std::vector<MidiNote>{}).size() != tune->melody.size())
            chords.insert(chords.end(), track.notes.begin(), track.notes.end());
    set_chords(piece, chords);
    drop_front(piece, pickup_beats(piece.chord, piece.beats_per_bar));
    if (piece.notes.size() < 16) return std::nullopt;
    return piece;
}

GridPiece chorale_of(const std::vector<std::vector<int>>& steps, const std::string& name) {
    GridPiece piece;
    piece.corpus = Corpus::kChorales;
    piece.name = piece.group = name;
    piece.bpm = 72.0;
    std::vector<MidiNote> soprano, all;
    for (std::size_t voice = 0; voice < 4; ++voice)
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const int pitch = steps[i][voice];
            if (pitch <= 0 || (i % 4 != 0 && i > 0 && steps[i - 1][voice] == pitch)) continue;
            std::size_t end = i + 1;  // repeated notes cannot be told from long ones, except that a beat begins one
            while (end < steps.size() && steps[end][voice] == pitch && end % 4 != 0) ++end;
            const MidiNote note{static_cast<Ticks>(i) * kSixteenth, static_cast<Ticks>(end - i) * kSixteenth, pitch, 64};
            all.push_back(note);
            if (voice == 0) soprano.push_back(note);
        }
    // A tied pitch over a beat is one note where all voices hold.
    std::vector<MidiNote> line;
    for (const auto& n : soprano) {
        const auto i = static_cast<std::size_t>(n.start / kSixteenth);
        const bool held = i > 0 && steps[i] == steps[i - 1];
        if (held && !line.empty() && line.back().pitch == n.pitch && line.back().start + line.back().length == n.start) line.back().length += n.length;
        else line.push_back(n);
    }
    piece.key = key_of(all);
    size_piece(piece, steps.size());
    set_melody(piece, line);
    set_chords(piece, all);
    return piece;
}

std::optional<GridPiece> read_drums(const fs::path& file) {
    const std::string name = file.stem().string();
    if (name.find("_beat_4-4") == std::string::npos) return std::nullopt;
    const auto midi = read_midi(file);
    if (!midi || midi->notes() < 24) return std::nullopt;
    GridPiece piece;
    piece.corpus = Corpus::kGroove;
    piece.name = file.parent_path().parent_path().filename().string() + "/" + file.parent_path().filename().string() + "/" + name;
    piece.group = file.parent_path().parent_path().filename().string() + "/" + file.parent_path().filename().string();
    piece.bpm = midi->tempo.front().bpm;
    Ticks end = 0;
    for (const auto& track : midi->tracks)
        for (const auto& n : track.notes) end = std::max(end, n.start);
    size_piece(piece, at(nearest_sixteenth(end)) + 1);
    std::fill(piece.melody.begin(), piece.melody.end(), -1);
    std::fill(piece.drums.begin(), piece.drums.end(), 0);
    for (const auto& track : midi->tracks)
        for (const auto& n : track.notes) {
            const int bit = n.pitch == 35 || n.pitch == 36 ? 1 : n.pitch == 37 || n.pitch == 38 || n.pitch == 40 ? 2 : 4;
            if (const auto i = at(nearest_sixteenth(n.start)); i < piece.steps()) piece.drums[i] |= bit;
        }
    return piece;
}

// --- piano with labels --------------------------------------------------------------------------------

std::vector<MidiNote> all_notes(const MidiFile& midi) {
    std::vector<MidiNote> all;
    for (const auto& track : midi.tracks)
        if (track.channel != 9) all.insert(all.end(), track.notes.begin(), track.notes.end());
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    return all;
}

/// Puts a performance without beats on a grid: the tempo (60..130) and phase whose sixteenths, eighths, beats and bars
/// lie closest to the onsets (a periodogram of onset times).
double put_on_grid(std::vector<MidiNote>& notes, const MidiFile& midi) {
    std::vector<double> start_s, end_s;
    for (const auto& n : notes) start_s.push_back(midi.seconds_at(n.start)), end_s.push_back(midi.seconds_at(n.start + n.length));
    const auto wave = [&](double period_s) {
        std::complex<double> sum;
        for (const double t : start_s) sum += std::polar(1.0, 2.0 * std::numbers::pi * t / period_s);
        return sum / static_cast<double>(start_s.size());
    };
    double best = 90, best_score = -1;
    for (double bpm = 60; bpm <= 130; bpm += .25) {
        const double beat = 60.0 / bpm;
        const double score = std::abs(wave(beat / 4)) + std::abs(wave(beat / 2)) + .7 * std::abs(wave(beat)) + .3 * std::abs(wave(4 * beat));
        if (score > best_score) best = bpm, best_score = score;
    }
    const double beat = 60.0 / best;
    // The phase of the beat, then which of four beats carries most.
    double phase = std::arg(wave(beat)) / (2.0 * std::numbers::pi) * beat;
    std::array<double, 4> weight{};
    for (const double t : start_s) {
        const double b = (t - phase) / beat, off = b - std::round(b);
        if (std::abs(off) < .15) weight[at(((static_cast<int>(std::lround(b)) % 4) + 4) % 4)] += 1;
    }
    phase += beat * static_cast<double>(std::max_element(weight.begin(), weight.end()) - weight.begin());
    while (phase > start_s.front() + beat / 8) phase -= 4 * beat;
    for (std::size_t i = 0; i < notes.size(); ++i) {
        const double from = (start_s[i] - phase) / beat, to = (end_s[i] - phase) / beat;
        notes[i].start = std::max<Ticks>(0, std::llround(from * kTicksPerBeat));
        notes[i].length = std::max<Ticks>(1, std::llround((to - from) * kTicksPerBeat));
    }
    return best;
}

std::optional<GridPiece> piano_piece(Corpus corpus, const MidiFile& midi, std::vector<MidiNote> notes, double bpm) {
    if (notes.size() < 48) return std::nullopt;
    GridPiece piece;
    piece.corpus = corpus;
    piece.bpm = bpm;
    piece.beats_per_bar = corpus == Corpus::kVgmidi && midi.beats_per_bar == 3 ? 3 : 4;
    piece.key = key_of(notes);
    Ticks end = 0;
    for (const auto& n : notes) end = std::max(end, n.start + n.length);
    size_piece(piece, at(nearest_sixteenth(end)));
    auto line = skyline(notes);
    set_chords(piece, notes, 2);
    set_comp(piece, beneath(notes, line));
    set_melody(piece, std::move(line));
    return piece;
}

std::vector<GridPiece> read_emopia(const fs::path& folder) {
    std::vector<GridPiece> out;
    for (const auto& file : files_with(folder / "midis", ".mid")) {
        const std::string id = file.stem().string();
        if (id.size() < 5 || id[0] != 'Q' || id[1] < '1' || id[1] > '4') continue;
        const auto midi = read_midi(file);
        if (!midi) continue;
        auto notes = all_notes(*midi);
        if (notes.size() < 48) continue;
        const double bpm = put_on_grid(notes, *midi);
        auto piece = piano_piece(Corpus::kEmopia, *midi, std::move(notes), bpm);
        if (!piece) continue;
        piece->name = id;
        piece->group = id.substr(3, id.rfind('_') - 3);
        piece->quadrant = id[1] - '1';
        out.push_back(*std::move(piece));
    }
    return out;
}

std::vector<GridPiece> read_vgmidi(const fs::path& folder) {
    std::vector<GridPiece> out;
    const auto table = core::read_file(folder / "vgmidi_piece_va.csv");
    if (!table) return out;
    for (const auto line : core::split(*table, '\n')) {
        const auto cells = core::split(line, ',');
        if (cells.size() < 12) continue;
        const auto v = core::parse_double(std::string(cells[cells.size() - 6])), a = core::parse_double(std::string(cells[cells.size() - 3]));
        if (!v || !a) continue;
        const std::string file(cells[2]);
        const auto midi = read_midi(folder / "midi" / file);
        if (!midi) continue;
        auto piece = piano_piece(Corpus::kVgmidi, *midi, all_notes(*midi), midi->tempo.front().bpm);
        if (!piece) continue;
        piece->name = file;
        piece->group = file.substr(0, file.find('_'));  // the series of games
        piece->quadrant = *a >= 0 ? (*v >= 0 ? 0 : 1) : (*v >= 0 ? 3 : 2);
        out.push_back(*std::move(piece));
    }
    return out;
}

void derive_quadrants(std::vector<GridPiece>& pieces) {
    std::vector<double> rates;
    const auto rate = [](const GridPiece& p) { return static_cast<double>(p.notes.size()) / static_cast<double>(p.steps()) * 4.0 * p.bpm / 60.0; };
    for (const auto& p : pieces) rates.push_back(rate(p));
    if (rates.empty()) return;
    std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2), rates.end());
    const double median = rates[rates.size() / 2];
    for (auto& p : pieces) {
        const bool v = is_major(p.key.mode), a = rate(p) > median;
        p.quadrant = a ? (v ? 0 : 1) : (v ? 3 : 2);
    }
}

}  // namespace

const char* to_string(Corpus corpus) noexcept {
    static constexpr std::array<const char*, kCorpora> kNames = {"pop909", "nottingham", "jsb_chorales", "groove_midi", "emopia", "vgmidi"};
    return kNames[static_cast<std::size_t>(corpus)];
}

Result<std::vector<std::vector<std::vector<int>>>> read_chorale_voices(const std::filesystem::path& data) {
    const auto folder = learn::find_set(data, to_string(Corpus::kChorales));
    if (!folder) return fail(ErrorCode::kNotFound, "no folder jsb_chorales", data.string());
    ATTUNE_TRY(const auto text, core::read_file(*folder / "Jsb16thSeparated.json"));
    try {
        const auto json = nlohmann::json::parse(text);
        std::vector<std::vector<std::vector<int>>> out;
        for (const char* part : {"train", "valid", "test"})
            for (const auto& piece : json.at(part)) out.push_back(piece.get<std::vector<std::vector<int>>>());
        std::erase_if(out, [](const auto& piece) { return piece.empty() || std::any_of(piece.begin(), piece.end(), [](const auto& s) { return s.size() != 4; }); });
        return out;
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::kCorrupt, e.what(), (*folder / "Jsb16thSeparated.json").string());
    }
}

Result<std::vector<GridPiece>> read_corpus(const std::filesystem::path& data, Corpus corpus) {
    const auto folder = learn::find_set(data, to_string(corpus));
    if (!folder) return fail(ErrorCode::kNotFound, std::string("no folder ") + to_string(corpus), data.string());
    std::vector<GridPiece> pieces;
    const auto take = [&](std::optional<GridPiece> piece) {
        if (piece) pieces.push_back(*std::move(piece));
    };
    std::error_code error;
    switch (corpus) {
    case Corpus::kPop909: {
        std::vector<fs::path> folders;
        for (const auto& entry : fs::directory_iterator(*folder, error))
            if (entry.is_directory()) folders.push_back(entry.path());
        std::sort(folders.begin(), folders.end());
        for (const auto& f : folders) take(read_pop(f));
        break;
    }
    case Corpus::kNottingham:
        for (const auto& f : files_with(*folder / "MIDI", ".mid")) take(read_folk(f));
        break;
    case Corpus::kChorales: {
        ATTUNE_TRY(const auto chorales, read_chorale_voices(data));
        for (std::size_t i = 0; i < chorales.size(); ++i) pieces.push_back(chorale_of(chorales[i], "chorale" + std::to_string(i)));
        break;
    }
    case Corpus::kGroove:
        for (const auto& f : files_with(*folder, ".mid")) take(read_drums(f));
        break;
    case Corpus::kEmopia: pieces = read_emopia(*folder); break;
    case Corpus::kVgmidi: pieces = read_vgmidi(*folder); break;
    }
    if (pieces.empty()) return fail(ErrorCode::kNotFound, std::string("no readable piece of ") + to_string(corpus), folder->string());
    if (corpus != Corpus::kEmopia && corpus != Corpus::kVgmidi && corpus != Corpus::kGroove) derive_quadrants(pieces);
    return pieces;
}

double rate_at(const GridPiece& piece, std::size_t step) {
    const std::size_t bar = at(piece.beats_per_bar) * 4;
    const std::size_t from = step >= bar * 2 ? step - bar * 2 : 0, to = std::min(piece.steps(), step + bar * 2);
    double n = 0, known = 0;
    for (std::size_t i = from; i < to; ++i) known += piece.melody[i] >= 0, n += piece.melody[i] > 0;
    return known > 0 ? 4.0 * n / known : 0.0;
}

}  // namespace attune::compose
