// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/engine.hpp"

#include <algorithm>
#include <cmath>

#include "compose/harmony.hpp"
#include "compose/hmm_engine.hpp"
#include "compose/lstm_engine.hpp"
#include "compose/melody.hpp"
#include "compose/rule_engine.hpp"
#include "core/text.hpp"

namespace attune::compose {
namespace {

constexpr int kReach = 16;      ///< semitones from the centre
constexpr int kLargestLeap = 12;

void tile(const PhraseRequest& request, Phrase& phrase) {
    std::sort(phrase.chords.begin(), phrase.chords.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    std::erase_if(phrase.chords, [&](const ChordSpan& c) { return c.start < 0 || c.start >= phrase.length; });
    if (phrase.chords.empty()) phrase.chords.push_back({0, phrase.length, diatonic_chord(request.key, 0)});
    phrase.chords.front().start = 0;
    for (std::size_t i = 0; i < phrase.chords.size(); ++i)
        phrase.chords[i].length = (i + 1 < phrase.chords.size() ? phrase.chords[i + 1].start : phrase.length) - phrase.chords[i].start;
    std::erase_if(phrase.chords, [](const ChordSpan& c) { return c.length <= 0; });
    if (request.final) close_piece(request, phrase.chords);
    else if (request.next_key || request.cadence != Cadence::kOpen) phrase.chords.back().chord = cadence_chord(request);
}

int towards(int pitch, int from, const PhraseRequest& request, const Chord& chord, bool strong) {
    while (pitch - from > kLargestLeap) pitch -= 12;
    while (from - pitch > kLargestLeap) pitch += 12;
    return strong ? nearest_chord_tone(chord, pitch) : pitch_of_step(request.key, nearest_step(request.key, pitch));
}

}  // namespace

const char* to_string(EngineKind kind) noexcept {
    switch (kind) {
    case EngineKind::kRule: return "rule";
    case EngineKind::kHmm: return "hmm";
    case EngineKind::kLstm: return "lstm";
    }
    return "rule";
}

Result<EngineKind> engine_named(std::string_view name) {
    for (auto kind : {EngineKind::kRule, EngineKind::kHmm, EngineKind::kLstm})
        if (name == to_string(kind)) return kind;
    return fail(ErrorCode::kBadArgument, "engine \"" + std::string(name) + "\" is not one of rule, hmm, lstm");
}

Result<std::unique_ptr<Engine>> make_engine(EngineKind kind) {
    if (kind == EngineKind::kRule) return std::unique_ptr<Engine>(std::make_unique<RuleEngine>());
    if (kind == EngineKind::kHmm) return HmmEngine::load();
    return LstmEngine::load();
}

void enforce(const PhraseRequest& request, Phrase& phrase) {
    tile(request, phrase);
    auto& melody = phrase.melody;
    std::erase_if(melody, [&](const MelodyNote& n) { return n.start < 0 || n.start >= phrase.length || n.length <= 0; });
    std::stable_sort(melody.begin(), melody.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    melody.erase(std::unique(melody.begin(), melody.end(), [](const auto& a, const auto& b) { return a.start == b.start; }), melody.end());
    const int centre = static_cast<int>(std::lround(centre_pitch(request.controls)));
    int previous = request.last_pitch < 0 ? centre : request.last_pitch;
    for (std::size_t i = 0; i < melody.size(); ++i) {
        auto& note = melody[i];
        while (note.pitch > centre + kReach) note.pitch -= 12;
        while (note.pitch < centre - kReach) note.pitch += 12;
        const int sixteenth = static_cast<int>(note.start / kSixteenth) % (request.beats_per_bar * 4);
        const bool strong = metric_level(sixteenth, request.beats_per_bar) <= 1;
        note.pitch = towards(note.pitch, previous, request, chord_at(phrase.chords, note.start), strong);
        const Ticks room = (i + 1 < melody.size() ? melody[i + 1].start : phrase.length) - note.start;
        note.length = std::min(note.length, room);
        previous = note.pitch;
    }
}

}  // namespace attune::compose
