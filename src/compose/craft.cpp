// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/craft.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>

#include "compose/craft_bounds.hpp"
#include "compose/hmm.hpp"
#include "compose/melody.hpp"

namespace attune::compose {
namespace {

constexpr int kBars = 16;
constexpr std::size_t kFewest = 16;
constexpr int kLongest = 32;  ///< sixteenths: a length beyond is a pause

int sixteenths(Ticks t) { return static_cast<int>((t + kSixteenth / 2) / kSixteenth); }

template <typename Key>
double entropy(const std::map<Key, int>& counts) {
    double total = 0, bits = 0;
    for (const auto& [key, n] : counts) total += n;
    for (const auto& [key, n] : counts) bits -= n / total * std::log2(n / total);
    return bits;
}

std::optional<Chord> sounding(const std::vector<ChordSpan>& chords, Ticks tick) {
    for (const auto& span : chords)
        if (span.start <= tick && tick < span.start + span.length) return span.chord;
    return std::nullopt;
}

double groove(std::span<const MidiNote> notes, Ticks from, int bars, int slots) {
    std::vector<bool> on(static_cast<std::size_t>(bars * slots), false);
    for (const auto& n : notes)
        if (const int i = sixteenths(n.start - from); i >= 0 && i < bars * slots) on[static_cast<std::size_t>(i)] = true;
    int same = 0;
    for (int i = 0; i + slots < bars * slots; ++i) same += on[static_cast<std::size_t>(i)] == on[static_cast<std::size_t>(i + slots)];
    return static_cast<double>(same) / ((bars - 1) * slots);
}

double motifs(std::span<const MidiNote> notes) {
    std::map<std::array<int, 6>, int> seen;
    int patterns = 0, again = 0;
    for (std::size_t i = 0; i + 3 < notes.size(); ++i, ++patterns) {
        std::array<int, 6> key{};
        for (std::size_t k = 0; k < 3; ++k) {
            key[2 * k] = notes[i + k + 1].pitch - notes[i + k].pitch;
            key[2 * k + 1] = std::min(sixteenths(notes[i + k + 1].start - notes[i + k].start), kLongest);
        }
        ++seen[key];
    }
    for (const auto& [key, n] : seen) again += n > 1 ? n : 0;
    return patterns > 0 ? static_cast<double>(again) / patterns : 0.0;
}

CraftFeatures features_of(std::span<const MidiNote> notes, const CraftLine& line, Ticks from) {
    std::map<int, int> classes, lengths;
    double intervals = 0, repeated = 0, steps = 0, leaps = 0, beats = 0, strong = 0, tones = 0;
    const auto moves = static_cast<double>(notes.size() - 1);
    for (std::size_t i = 0; i < notes.size(); ++i) {
        ++classes[notes[i].pitch % 12];
        const int place = sixteenths(notes[i].start) % (line.beats_per_bar * 4);
        if (metric_level(place, line.beats_per_bar) <= 1)
            if (const auto chord = sounding(line.chords, notes[i].start)) ++strong, tones += contains(*chord, notes[i].pitch);
        if (i == 0) continue;
        const int interval = std::abs(notes[i].pitch - notes[i - 1].pitch);
        const int length = std::min(sixteenths(notes[i].start - notes[i - 1].start), kLongest);
        intervals += interval;
        repeated += interval == 0;
        steps += interval == 1 || interval == 2;
        leaps += interval > 7;
        ++lengths[length];
        beats += length / 4.0;
    }
    return {entropy(classes), intervals / moves, repeated / moves,  steps / moves, leaps / moves,
            beats / moves,    entropy(lengths),  strong > 0 ? tones / strong : std::nan(""), groove(notes, from, kBars, line.beats_per_bar * 4), motifs(notes)};
}

}  // namespace

const char* to_string(Craft feature) noexcept {
    static constexpr std::array<const char*, kCraftFeatures> kNames = {
        "pitch_class_entropy", "mean_interval", "repeated_share", "step_share", "leap_share",
        "mean_length",         "length_entropy", "chord_tone_ratio", "groove_consistency", "motif_repetition"};
    return kNames[static_cast<std::size_t>(feature)];
}

CraftLine line_of(const GridPiece& piece) {
    CraftLine line{piece.notes, {}, piece.beats_per_bar};
    for (std::size_t i = 0; i < piece.chord.size();) {
        std::size_t end = i + 1;
        while (end < piece.chord.size() && piece.chord[end] == piece.chord[i]) ++end;
        if (piece.chord[i] >= 0)
            line.chords.push_back({static_cast<Ticks>(i) * kSixteenth, static_cast<Ticks>(end - i) * kSixteenth, chord_of_state(piece.chord[i], piece.key.tonic)});
        i = end;
    }
    return line;
}

CraftLine line_of(const Score& score) {
    CraftLine line{{}, score.chords, score.beats_per_bar};
    for (const auto& n : score.notes)
        if (n.part == Part::kMelody) line.notes.push_back({n.start, n.length, n.pitch, n.velocity});
    return line;
}

std::vector<CraftFeatures> craft_windows(const CraftLine& line) {
    std::vector<CraftFeatures> out;
    if (line.notes.empty()) return out;
    const Ticks bar = line.beats_per_bar * kTicksPerBeat, length = kBars * bar;
    const Ticks first = line.notes.front().start / bar * bar, end = line.notes.back().start + line.notes.back().length;
    for (Ticks from = first; from + length <= end + bar; from += length) {
        const auto before = [](const MidiNote& n, Ticks t) { return n.start < t; };
        const auto low = std::lower_bound(line.notes.begin(), line.notes.end(), from, before);
        const auto high = std::lower_bound(line.notes.begin(), line.notes.end(), from + length, before);
        const std::span<const MidiNote> notes(&*line.notes.begin() + (low - line.notes.begin()), static_cast<std::size_t>(high - low));
        if (notes.size() < kFewest) continue;
        // A stretch that is silent for more than two bars is no melody of 16 bars.
        Ticks last = from;
        bool whole = true;
        for (const auto& n : notes) whole = whole && n.start - last <= 3 * bar, last = n.start;
        if (whole && from + length - last <= 3 * bar) out.push_back(features_of(notes, line, from));
    }
    return out;
}

Corpus corpus_for(Style style) noexcept {
    if (style == Style::kFolk) return Corpus::kNottingham;
    return style == Style::kChamber ? Corpus::kChorales : Corpus::kPop909;
}

const CraftBounds& craft_bounds(Corpus corpus) noexcept {
    if (corpus == Corpus::kNottingham) return kCraftOfNottingham;
    return corpus == Corpus::kChorales ? kCraftOfChorales : kCraftOfPop909;
}

std::vector<Run> runs_of(std::span<const MidiNote> melody) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i + kRunNotes <= melody.size(); ++i) {
        Run run{1469598103934665603ULL, true};
        bool up = true, down = true, still = true;
        int first_length = 0;
        for (std::size_t k = 1; k < kRunNotes; ++k) {
            const int interval = melody[i + k].pitch - melody[i + k - 1].pitch;
            const int length = std::min(sixteenths(melody[i + k].start - melody[i + k - 1].start), kLongest);
            if (k == 1) first_length = length;
            up = up && (interval == 1 || interval == 2);
            down = down && (interval == -1 || interval == -2);
            still = still && interval == 0;
            run.plain = run.plain && length == first_length;
            run.hash = (run.hash ^ static_cast<std::uint64_t>(interval + 128)) * 1099511628211ULL;
            run.hash = (run.hash ^ static_cast<std::uint64_t>(length)) * 1099511628211ULL;
        }
        run.plain = run.plain && (up || down || still);
        runs.push_back(run);
    }
    return runs;
}

void RunIndex::add(std::span<const MidiNote> melody) {
    for (const auto& run : runs_of(melody)) hashes_.push_back(run.hash);
}

void RunIndex::finish() {
    std::sort(hashes_.begin(), hashes_.end());
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
}

bool RunIndex::contains(const Run& run) const noexcept { return std::binary_search(hashes_.begin(), hashes_.end(), run.hash); }

}  // namespace attune::compose
