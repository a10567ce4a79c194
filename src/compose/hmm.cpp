// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/hmm.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace attune::compose {
namespace {

constexpr double kSmooth = 6.0;  ///< observations that a longer context needs to weigh as much as the shorter

/// The triad that best explains the chord notes sounding at a tick; -1 if none do.
int triad_at(const std::vector<MidiNote>& notes, Ticks tick, int tonic) {
    std::array<bool, 12> on{};
    int lowest = 128;
    for (const auto& n : notes) {
        if (n.start > tick) break;
        if (n.start + n.length <= tick) continue;
        on[static_cast<std::size_t>(n.pitch % 12)] = true;
        lowest = std::min(lowest, n.pitch);
    }
    if (lowest == 128) return -1;
    int best = -1, best_score = 1;
    for (int state = 0; state < Hmm::kStates; ++state) {
        const Chord chord = chord_of_state(state, tonic);
        int score = lowest % 12 == chord.root ? 1 : 0;
        for (int c : pitch_classes(chord)) score += on[static_cast<std::size_t>(c)] ? 2 : -1;
        if (score > best_score) best = state, best_score = score;
    }
    return best;
}

template <std::size_t N>
int draw(const std::array<double, N>& weights, core::Random& random) {
    double total = 0;
    for (double w : weights) total += w;
    double x = random.uniform() * total;
    for (std::size_t i = 0; i < N; ++i) {
        x -= weights[i];
        if (x < 0) return static_cast<int>(i);
    }
    return static_cast<int>(N) - 1;
}

template <std::size_t N>
double sum(const std::array<double, N>& row) {
    double total = 0;
    for (double x : row) total += x;
    return total;
}

std::size_t at(int i) { return static_cast<std::size_t>(i); }

}  // namespace

Key key_of_notes(const MidiFile& file) {
    static constexpr double kMajor[12] = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
    static constexpr double kMinor[12] = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17};
    std::array<double, 12> time{};
    for (const auto& track : file.tracks)
        if (track.channel != 9)
            for (const auto& n : track.notes) time[static_cast<std::size_t>(n.pitch % 12)] += static_cast<double>(n.length);
    double mean = 0;
    for (double t : time) mean += t / 12;
    Key best;
    double best_score = -1e18;
    for (int tonic = 0; tonic < 12; ++tonic)
        for (const bool major : {true, false}) {
            double xy = 0, xx = 0;
            for (int i = 0; i < 12; ++i) {
                const double p = (major ? kMajor[i] - 3.4825 : kMinor[i] - 3.7083);
                xy += p * (time[static_cast<std::size_t>((tonic + i) % 12)] - mean);
                xx += p * p;
            }
            const double score = xy / std::sqrt(xx);
            if (score > best_score) best = {tonic, major ? Mode::kMajor : Mode::kMinor}, best_score = score;
        }
    return best;
}

int chord_state(const Chord& chord, int tonic) noexcept {
    const bool minor = chord.kind == ChordKind::kMinor || chord.kind == ChordKind::kMinor7 || chord.kind == ChordKind::kDiminished ||
                       chord.kind == ChordKind::kHalfDiminished;
    return mod12(chord.root - tonic) + (minor ? 12 : 0);
}

Chord chord_of_state(int state, int tonic) noexcept {
    return {mod12(state % 12 + tonic), state < 12 ? ChordKind::kMajor : ChordKind::kMinor, -1};
}

Result<LeadTune> read_lead_tune(const std::filesystem::path& midi) {
    ATTUNE_TRY(const auto file, read_midi(midi));
    ATTUNE_TRY(auto melody, extract_melody(file));
    const MidiTrack* chords = nullptr;
    for (const auto& track : file.tracks) {
        if (track.channel == 9 || track.notes.size() < 6) continue;
        // The accompaniment: several notes at a time.
        std::size_t together = 0;
        for (std::size_t i = 1; i < track.notes.size(); ++i) together += track.notes[i].start == track.notes[i - 1].start;
        if (2 * together > track.notes.size()) chords = &track;
    }
    if (chords == nullptr || melody.size() < 16) return fail(ErrorCode::kUnsupported, "no chords under a melody of 16 notes", midi.string());
    LeadTune tune{midi.stem().string(), key_of_notes(file), std::move(melody), {}};
    for (const auto& note : tune.melody) tune.chords.push_back(triad_at(chords->notes, note.start, tune.key.tonic));
    return tune;
}

Result<Hmm> Hmm::train(std::span<const LeadTune> tunes) {
    if (tunes.size() < 20) return fail(ErrorCode::kBadArgument, std::to_string(tunes.size()) + " tunes; at least 20 are needed");
    Hmm model;
    for (const auto& tune : tunes) {
        auto& counts = model.counts_[is_major(tune.key.mode) ? 1 : 0];
        for (std::size_t i = 1; i < tune.melody.size(); ++i) {
            const int from = tune.chords[i - 1], to = tune.chords[i];
            if (to < 0) continue;
            const int before = mod12(tune.melody[i - 1].pitch - tune.key.tonic), now = mod12(tune.melody[i].pitch - tune.key.tonic);
            counts.note[at(to)][at(before)][at(now)] += 1;
            if (from < 0) continue;
            counts.step[at(from)][at(to)] += 1;
            if (from != to) counts.chord[at(from)][at(to)] += 1;
        }
        std::vector<int> beats;
        for (const auto& note : tune.melody) {
            const auto beat = static_cast<std::size_t>(note.start / kTicksPerBeat);
            if (beat >= beats.size()) beats.resize(beat + 1, 0);
            beats[beat] |= 1 << (note.start % kTicksPerBeat * 4 / kTicksPerBeat);
        }
        for (std::size_t b = 1; b < beats.size(); ++b) model.beat_[at(beats[b - 1])][at(beats[b])] += 1;
    }
    return model;
}

double Hmm::emission(bool major, int chord, int previous, int now) const {
    const auto& note = counts_[major ? 1 : 0].note;
    double bigram = 0, bigram_total = 0, by_chord = 0, chord_total = 0;
    for (int s = 0; s < kStates; ++s) {
        bigram += note[at(s)][at(previous)][at(now)];
        bigram_total += sum(note[at(s)][at(previous)]);
    }
    for (int p = 0; p < kClasses; ++p) {
        by_chord += note[at(chord)][at(p)][at(now)];
        chord_total += sum(note[at(chord)][at(p)]);
    }
    const double flat = 1.0 / kClasses;
    const double p_bigram = (bigram + kSmooth * flat) / (bigram_total + kSmooth), p_chord = (by_chord + kSmooth * flat) / (chord_total + kSmooth);
    const double backoff = std::sqrt(p_bigram * p_chord);
    const auto& row = note[at(chord)][at(previous)];
    return (row[at(now)] + kSmooth * backoff) / (sum(row) + kSmooth);
}

double Hmm::transition(bool major, int from, int to) const {
    const auto& row = counts_[major ? 1 : 0].step[at(from)];
    return (row[at(to)] + .02) / (sum(row) + .02 * kStates);
}

double Hmm::nll(const LeadTune& tune) const {
    const bool major = is_major(tune.key.mode);
    // The emission table of this mode, normalised once: rows chord x previous.
    std::vector<double> table(at(kStates * kClasses * kClasses));
    for (int s = 0; s < kStates; ++s)
        for (int p = 0; p < kClasses; ++p) {
            double total = 0;
            for (int n = 0; n < kClasses; ++n) total += table[at((s * kClasses + p) * kClasses + n)] = emission(major, s, p, n);
            for (int n = 0; n < kClasses; ++n) table[at((s * kClasses + p) * kClasses + n)] /= total;
        }
    std::array<double, kStates> belief{};
    for (int s = 0; s < kStates; ++s) belief[at(s)] = sum(counts_[major ? 1 : 0].step[at(s)]) + .1;
    double total = sum(belief), loss = 0;
    for (double& b : belief) b /= total;
    for (std::size_t i = 1; i < tune.melody.size(); ++i) {
        const int before = mod12(tune.melody[i - 1].pitch - tune.key.tonic), now = mod12(tune.melody[i].pitch - tune.key.tonic);
        std::array<double, kStates> next{};
        for (int from = 0; from < kStates; ++from)
            for (int to = 0; to < kStates; ++to) next[at(to)] += belief[at(from)] * transition(major, from, to);
        for (int s = 0; s < kStates; ++s) next[at(s)] *= table[at((s * kClasses + before) * kClasses + now)];
        const double p = sum(next);
        loss -= std::log(p);
        for (int s = 0; s < kStates; ++s) belief[at(s)] = next[at(s)] / p;
    }
    return loss / static_cast<double>(tune.melody.size() - 1);
}

double Hmm::bigram_nll(const LeadTune& tune) const {
    const auto& note = counts_[is_major(tune.key.mode) ? 1 : 0].note;
    std::array<std::array<double, kClasses>, kClasses> table{};
    for (int s = 0; s < kStates; ++s)
        for (int p = 0; p < kClasses; ++p)
            for (int n = 0; n < kClasses; ++n) table[at(p)][at(n)] += note[at(s)][at(p)][at(n)];
    double loss = 0;
    for (std::size_t i = 1; i < tune.melody.size(); ++i) {
        const auto& row = table[at(mod12(tune.melody[i - 1].pitch - tune.key.tonic))];
        const int now = mod12(tune.melody[i].pitch - tune.key.tonic);
        loss -= std::log((row[at(now)] + .5) / (sum(row) + .5 * kClasses));
    }
    return loss / static_cast<double>(tune.melody.size() - 1);
}

std::vector<int> Hmm::chords(bool major, int first, int last, int n, core::Random& random) const {
    // Backward messages, then sampling forwards: exact draws from the chain given both ends.
    const auto& move = counts_[major ? 1 : 0].chord;
    const auto p = [&](int from, int to) { return from == to ? .05 * sum(move[at(from)]) / kStates : move[at(from)][at(to)] + 1e-3; };
    std::vector<std::array<double, kStates>> back(at(n));
    for (int s = 0; s < kStates; ++s) back[at(n - 1)][at(s)] = s == last ? 1.0 : 0.0;
    for (int i = n - 2; i >= 0; --i) {
        for (int from = 0; from < kStates; ++from)
            for (int to = 0; to < kStates; ++to) back[at(i)][at(from)] += p(from, to) / (sum(move[at(from)]) + 1.0) * back[at(i + 1)][at(to)];
        const double scale = sum(back[at(i)]);
        if (scale > 0)
            for (double& x : back[at(i)]) x /= scale;
    }
    std::vector<int> path{first};
    for (int i = 1; i < n; ++i) {
        std::array<double, kStates> weights{};
        for (int to = 0; to < kStates; ++to) weights[at(to)] = p(path.back(), to) * back[at(i)][at(to)];
        path.push_back(i + 1 == n ? last : draw(weights, random));
    }
    return path;
}

int Hmm::next_class(bool major, int chord, int previous, core::Random& random) const {
    std::array<double, kClasses> weights{};
    for (int n = 0; n < kClasses; ++n) weights[at(n)] = emission(major, chord, previous, n);
    return draw(weights, random);
}

int Hmm::next_beat(int previous, core::Random& random) const {
    auto weights = beat_[at(previous)];
    for (double& w : weights) w += .05;
    weights[0] *= .5;
    return draw(weights, random);
}

std::string Hmm::to_json() const {
    nlohmann::json j = {{"schema", "attune.compose_hmm.1"}};
    for (int m = 0; m < 2; ++m) {
        j["chord"].push_back(counts_[at(m)].chord);
        j["step"].push_back(counts_[at(m)].step);
        j["note"].push_back(counts_[at(m)].note);
    }
    j["beat"] = beat_;
    return j.dump();
}

Result<Hmm> Hmm::from_json(const std::string& text) {
    try {
        const auto j = nlohmann::json::parse(text);
        if (j.at("schema") != "attune.compose_hmm.1") return fail(ErrorCode::kVersion, "schema is not attune.compose_hmm.1");
        Hmm model;
        for (std::size_t m = 0; m < 2; ++m) {
            j.at("chord").at(m).get_to(model.counts_[m].chord);
            j.at("step").at(m).get_to(model.counts_[m].step);
            j.at("note").at(m).get_to(model.counts_[m].note);
        }
        j.at("beat").get_to(model.beat_);
        return model;
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("not a model of the hidden Markov engine: ") + e.what());
    }
}

}  // namespace attune::compose
