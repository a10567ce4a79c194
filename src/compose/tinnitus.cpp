// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/tinnitus.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "compose/style.hpp"
#include "compose/voice_leading.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

namespace attune::compose {
namespace {

constexpr std::size_t kRun = 8;
constexpr Ticks kGrid = kSixteenth / 2;

Ticks quantised(Ticks length) { return std::max(kGrid, (length + kGrid / 2) / kGrid * kGrid); }

using Token = std::pair<int, Ticks>;        ///< pitch, length on the grid
using Move = std::pair<int, Ticks>;         ///< interval to this note, its length

std::vector<Token> tokens(std::span<const MidiNote> melody) {
    std::vector<Token> out;
    for (const auto& note : melody) out.emplace_back(note.pitch, quantised(note.length));
    return out;
}

class Model {
public:
    explicit Model(const std::vector<Token>& source) {
        for (std::size_t i = 1; i < source.size(); ++i) moves_.emplace_back(source[i].first - source[i - 1].first, source[i].second);
        for (std::size_t i = 0; i < moves_.size(); ++i)
            for (std::size_t order = 0; order <= 2 && order <= i; ++order)
                table_[context(i, order)].push_back(moves_[i]);
        for (const auto& token : source) ++pitches_[token.first];
    }

    /// All moves that follow this past, the longest context first; duplicates keep their weight.
    [[nodiscard]] std::vector<std::vector<Move>> candidates(const std::vector<Move>& past) const {
        std::vector<std::vector<Move>> out;
        for (std::size_t order = std::min<std::size_t>(2, past.size()) + 1; order-- > 0;) {
            const std::vector<Move> key(past.end() - static_cast<std::ptrdiff_t>(order), past.end());
            if (const auto found = table_.find(key); found != table_.end()) out.push_back(found->second);
        }
        return out;
    }
    [[nodiscard]] const std::map<int, int>& pitches() const { return pitches_; }

private:
    [[nodiscard]] std::vector<Move> context(std::size_t i, std::size_t order) const {
        return {moves_.begin() + static_cast<std::ptrdiff_t>(i - order), moves_.begin() + static_cast<std::ptrdiff_t>(i)};
    }
    std::vector<Move> moves_;
    std::map<std::vector<Move>, std::vector<Move>> table_;
    std::map<int, int> pitches_;
};

template <typename Key>
double overlap_of(const std::map<Key, double>& a, const std::map<Key, double>& b) {
    double sa = 0, sb = 0, shared = 0;
    for (const auto& [k, v] : a) sa += v;
    for (const auto& [k, v] : b) sb += v;
    if (sa <= 0 || sb <= 0) return 0;
    for (const auto& [k, v] : a)
        if (const auto found = b.find(k); found != b.end()) shared += std::min(v / sa, found->second / sb);
    return shared;
}

Chord harmony_for(std::span<const MidiNote> notes, const Key& key, int previous_degree) {
    int best = 0;
    double best_score = -1e9;
    for (int degree = 0; degree < 6; ++degree) {
        const Chord chord = diatonic_chord(key, degree);
        if (chord.kind == ChordKind::kDiminished || chord.kind == ChordKind::kAugmented) continue;
        double score = degree == previous_degree ? -.4 : 0.0;
        for (const auto& note : notes) score += static_cast<double>(note.length) / kTicksPerBeat * (contains(chord, note.pitch) ? 1.0 : -.7);
        if (score > best_score + 1e-9) best = degree, best_score = score;
    }
    return diatonic_chord(key, best);
}

Key key_of(std::span<const MidiNote> melody) {
    // Krumhansl-Kessler profiles against the time spent on each pitch class.
    static constexpr double kMajor[12] = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
    static constexpr double kMinor[12] = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17};
    double time[12] = {};
    for (const auto& note : melody) time[mod12(note.pitch)] += static_cast<double>(note.length);
    Key best;
    double best_score = -1;
    for (int tonic = 0; tonic < 12; ++tonic)
        for (const bool major : {true, false}) {
            double score = 0;
            for (int i = 0; i < 12; ++i) score += time[mod12(tonic + i)] * (major ? kMajor[i] / 41.79 : kMinor[i] / 44.50);
            if (score > best_score) best = {tonic, major ? Mode::kMajor : Mode::kMinor}, best_score = score;
        }
    return best;
}

}  // namespace

std::vector<std::size_t> segment(std::span<const MidiNote> melody) {
    std::vector<std::size_t> starts;
    const Ticks lengthy = length_quantile(melody, .85);
    for (std::size_t i = 0; i < melody.size(); ++i) {
        const bool after_rest = i > 0 && melody[i].start - (melody[i - 1].start + melody[i - 1].length) >= kTicksPerBeat;
        const bool after_long = i > 0 && melody[i - 1].length > lengthy;
        if (i == 0 || ((after_rest || after_long) && i - starts.back() >= 4)) starts.push_back(i);
    }
    return starts;
}

int interval_quantile(std::span<const MidiNote> melody, double p) {
    std::vector<int> sizes;
    for (std::size_t i = 1; i < melody.size(); ++i) sizes.push_back(std::abs(melody[i].pitch - melody[i - 1].pitch));
    if (sizes.empty()) return 0;
    std::sort(sizes.begin(), sizes.end());
    return sizes[static_cast<std::size_t>(p * static_cast<double>(sizes.size() - 1))];
}

Ticks length_quantile(std::span<const MidiNote> melody, double p) {
    std::vector<Ticks> lengths;
    for (const auto& note : melody) lengths.push_back(quantised(note.length));
    if (lengths.empty()) return 0;
    std::sort(lengths.begin(), lengths.end());
    return lengths[static_cast<std::size_t>(p * static_cast<double>(lengths.size() - 1))];
}

std::size_t longest_repeat(std::span<const MidiNote> melody, std::span<const MidiNote> source) {
    const auto a = tokens(melody), b = tokens(source);
    std::size_t low = 0, high = a.size();
    const auto repeats = [&](std::size_t n) {
        std::set<std::vector<Token>> seen;
        for (std::size_t i = 0; i + n <= b.size(); ++i) seen.emplace(b.begin() + static_cast<std::ptrdiff_t>(i), b.begin() + static_cast<std::ptrdiff_t>(i + n));
        for (std::size_t i = 0; i + n <= a.size(); ++i)
            if (!seen.emplace(a.begin() + static_cast<std::ptrdiff_t>(i), a.begin() + static_cast<std::ptrdiff_t>(i + n)).second) return true;
        return false;
    };
    while (low < high) {
        const auto middle = (low + high + 1) / 2;
        if (repeats(middle)) low = middle; else high = middle - 1;
    }
    return low;
}

double similarity(std::span<const MidiNote> a, std::span<const MidiNote> b) {
    const auto pairs = [](std::span<const MidiNote> m) {
        std::map<std::pair<int, int>, double> out;
        for (std::size_t i = 2; i < m.size(); ++i) ++out[{m[i - 1].pitch - m[i - 2].pitch, m[i].pitch - m[i - 1].pitch}];
        return out;
    };
    const auto lengths = [](std::span<const MidiNote> m) {
        std::map<Ticks, double> out;
        for (const auto& n : m) ++out[quantised(n.length)];
        return out;
    };
    const auto classes = [](std::span<const MidiNote> m) {
        std::map<int, double> out;
        for (const auto& n : m) out[mod12(n.pitch)] += static_cast<double>(n.length);
        return out;
    };
    return (overlap_of(pairs(a), pairs(b)) + overlap_of(lengths(a), lengths(b)) + overlap_of(classes(a), classes(b))) / 3.0;
}

Result<std::vector<MidiNote>> vary_melody(std::span<const MidiNote> source, const VariationBrief& brief) {
    if (source.size() < 16) return fail(ErrorCode::kBadArgument, "a melody of " + std::to_string(source.size()) + " notes; at least 16 are needed to vary it");
    if (!(brief.seconds >= 10 && brief.seconds <= 7200)) return fail(ErrorCode::kBadArgument, "seconds " + core::format_double(brief.seconds) + "; 10..7200 is allowed");
    if (!(brief.bpm >= 40 && brief.bpm <= 120)) return fail(ErrorCode::kBadArgument, "bpm " + core::format_double(brief.bpm) + "; 40..120 is allowed");
    if (brief.tinnitus_hz && !(*brief.tinnitus_hz >= 200 && *brief.tinnitus_hz <= 16000))
        return fail(ErrorCode::kBadArgument, "tinnitus pitch " + core::format_double(*brief.tinnitus_hz) + " Hz; 200..16000 is allowed");

    const auto tokens_in = tokens(source);
    const Model model(tokens_in);
    const int widest = interval_quantile(source, .95);
    const Ticks longest = length_quantile(source, .95);
    const auto openings = segment(source);
    core::Random random(brief.seed, "compose/tinnitus");
    std::set<std::vector<Token>> used;
    for (std::size_t i = 0; i + kRun <= tokens_in.size(); ++i)
        used.emplace(tokens_in.begin() + static_cast<std::ptrdiff_t>(i), tokens_in.begin() + static_cast<std::ptrdiff_t>(i + kRun));
    const int low = model.pitches().begin()->first, high = model.pitches().rbegin()->first;

    std::vector<Token> line;
    std::vector<Move> past;
    const auto allowed = [&](const Move& move, bool familiar) {
        const int pitch = line.back().first + move.first;
        if (std::abs(move.first) > widest || move.second > longest || pitch < low || pitch > high) return false;
        if (familiar && model.pitches().find(pitch) == model.pitches().end()) return false;
        if (line.size() + 1 < kRun) return true;
        std::vector<Token> run(line.end() - static_cast<std::ptrdiff_t>(kRun - 1), line.end());
        run.emplace_back(pitch, move.second);
        return used.find(run) == used.end();
    };
    const auto choose = [&]() -> std::optional<Move> {
        for (const auto& options : model.candidates(past)) {
            std::vector<Move> good;
            for (const auto& move : options)
                if (allowed(move, true)) good.push_back(move);
            // A context that leaves one way only would recite: shorter contexts get a say.
            if (good.size() >= 2 || (!good.empty() && random.chance(.5))) return good[random.below(good.size())];
        }
        std::vector<Move> any;
        for (const auto& token : tokens_in)
            for (int step = -widest; step <= widest; ++step)
                if (allowed({step, token.second}, true)) any.push_back({step, token.second});
        if (any.empty()) return std::nullopt;
        return any[random.below(any.size())];
    };

    std::vector<MidiNote> out;
    const auto total = static_cast<Ticks>(brief.seconds * brief.bpm / 60.0 * static_cast<double>(kTicksPerBeat));
    Ticks now = 0;
    line.push_back({tokens_in[openings[random.below(openings.size())]].first, std::min(longest, tokens_in.front().second)});
    out.push_back({0, line.back().second, line.back().first, 70});
    now = line.back().second;
    while (now < total) {
        const auto move = choose();
        if (!move) break;
        line.emplace_back(line.back().first + move->first, move->second);
        past.push_back(*move);
        if (line.size() >= kRun) used.emplace(line.end() - static_cast<std::ptrdiff_t>(kRun), line.end());
        const double swell = 66.0 + 8.0 * std::sin(static_cast<double>(now) / (16.0 * kTicksPerBeat));
        out.push_back({now, move->second, line.back().first, static_cast<int>(swell)});
        now += move->second;
    }
    return out;
}

Result<Score> compose_variation(std::span<const MidiNote> source, const VariationBrief& brief) {
    ATTUNE_TRY(const auto melody, vary_melody(source, brief));
    Score score;
    score.title = "Variations";
    score.engine = "variation";
    score.style = to_string(Style::kAmbientPad);
    score.seed = brief.seed;
    score.key = key_of(source);
    score.tempo = {{0, brief.bpm}};
    score.controls[Control::kTempo] = tempo_control(brief.bpm);
    score.controls[Control::kIntensity] = .4;
    score.parts = instruments_for(Style::kAmbientPad, brief.seed);
    score.calibration_db = info(Style::kAmbientPad).calibration_db;
    const Ticks bar = score.ticks_per_bar();
    const Ticks end = melody.back().start + melody.back().length;
    score.bars = static_cast<int>((end + bar - 1) / bar);
    for (const auto& note : melody) score.notes.push_back({note.start, note.length, note.pitch, note.velocity, Part::kMelody, 0});

    VoicingRules rules;
    rules.voices = 3;
    rules.centre = 57;
    rules.with_bass = false;
    Voicing voicing;
    int previous = -1;
    std::size_t first = 0;
    for (int b = 0; b < score.bars; ++b) {
        std::size_t last = first;
        while (last < melody.size() && melody[last].start < (b + 1) * bar) ++last;
        const Chord chord = b + 1 == score.bars ? diatonic_chord(score.key, 0) : harmony_for(std::span(melody).subspan(first, last - first), score.key, previous);
        previous = nearest_step(score.key, 60 + chord.root) % 7;
        first = last;
        voicing = voice_chord(chord, voicing, rules);
        score.chords.push_back({b * bar, bar, chord});
        for (int pitch : voicing) score.notes.push_back({b * bar, bar, pitch, 46, Part::kPad, 0});
        score.notes.push_back({b * bar, bar, 36 + chord.root, 52, Part::kBass, 0});
    }
    std::sort(score.notes.begin(), score.notes.end(), earlier);
    return score;
}

}  // namespace attune::compose
