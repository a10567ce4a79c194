// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/hmm_engine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "compose/harmony.hpp"
#include "compose/melody.hpp"
#include "core/paths.hpp"

namespace attune::compose {
namespace {
/// When an onset of the model is heard, by metric level: the model's rhythm is what sounds at density .5.
constexpr double kRank[] = {.0, .10, .18, .36, .62};
}  // namespace

Result<std::unique_ptr<Engine>> HmmEngine::load() {
    const auto file = core::resource("free/compose_hmm.json");
    if (!file)
        return fail(ErrorCode::kUnavailable, "the model of engine hmm is not installed; attune train compose_hmm --data DIR --out models/free makes it from Nottingham; engine rule needs none",
                    file.error().message);
    ATTUNE_TRY(const auto text, core::read_file(*file));
    auto model = Hmm::from_json(text);
    if (!model) return fail_in(model.error(), file->string());
    return std::unique_ptr<Engine>(std::make_unique<HmmEngine>(*std::move(model)));
}

std::optional<Phrase> HmmEngine::compose(const PhraseRequest& request, const Late& late) {
    if (late && late()) return std::nullopt;
    const bool major = is_major(request.key.mode), chorale = request.style == Style::kChamber;
    const std::string theme = std::to_string(request.theme);
    core::Random random(request.seed, "compose/hmm/" + theme);
    core::Random changed(request.seed, "compose/hmm/" + theme + "/" + std::to_string(request.variation) + "/" + std::to_string(request.half));
    Phrase phrase;
    const Ticks bar = request.beats_per_bar * kTicksPerBeat;
    phrase.length = request.bars * bar;

    const int tonic = request.key.tonic;
    const int home = major ? 0 : 12;
    const int end = chord_state(cadence_chord(request), tonic);
    auto states = model_.chords(major, home, end, std::max(2, request.bars), random);
    for (int b = 0; b < request.bars; ++b)
        phrase.chords.push_back({b * bar, bar, chord_of_state(states[static_cast<std::size_t>(std::min<int>(b, static_cast<int>(states.size()) - 1))], tonic)});

    int pitch = request.last_pitch < 0 ? static_cast<int>(centre_pitch(request.controls)) : request.last_pitch;
    int pattern = 1;
    for (int beat = 0; beat < request.bars * request.beats_per_bar; ++beat) {
        if (late && late()) return std::nullopt;
        // A returning theme keeps its first half; its second is drawn anew.
        const bool fresh = request.variation + request.half > 0 && 2 * beat >= request.bars * request.beats_per_bar;
        core::Random& chance = fresh ? changed : random;
        pattern = model_.next_beat(pattern, chance);
        const bool closing = beat + 2 >= request.bars * request.beats_per_bar;
        for (int i = 0; i < 4; ++i) {
            const Ticks tick = beat * kTicksPerBeat + i * kSixteenth;
            const int sixteenth = static_cast<int>(tick % bar / kSixteenth);
            const bool onset = ((pattern >> i) & 1) != 0;
            const Chord& chord = chord_at(phrase.chords, tick);
            int next = model_.next_class(major, chord_state(chord, tonic), mod12(pitch - tonic), chance);
            // Chorales move by step, on strong beats to the nearest tone of the chord.
            if (const int up = mod12(next + tonic - pitch); chorale && up > 2 && up < 10) {
                const int way = up <= 6 ? 1 : -1;
                const bool strong = i == 0 && beat % 2 == 0;
                next = mod12((strong ? nearest_chord_tone(chord, pitch + 1.5 * way) : pitch_of_step(request.key, nearest_step(request.key, pitch) + way)) - tonic);
            }
            if (closing && (i > 0 || beat + 1 == request.bars * request.beats_per_bar)) continue;
            // The class in the octave that moves least, drawn back to the register's centre.
            int best = pitch;
            double cost = 1e9;
            for (int p = pitch - 11; p <= pitch + 11; ++p) {
                if (mod12(p - tonic) != next) continue;
                const double c = std::abs(p - pitch) + (chorale ? .12 : .35) * std::abs(p - centre_pitch(request.controls));
                if (c < cost) best = p, cost = c;
            }
            if (!onset && i % 2 != 0) continue;
            const int level = metric_level(sixteenth, request.beats_per_bar);
            const double rank = kRank[static_cast<std::size_t>(level)] + (onset ? 0.0 : .38) + (chorale && level >= 3 ? .34 : 0.0);
            phrase.melody.push_back({tick, kSixteenth, best, std::min(rank, 1.0)});
            // What is not heard leads nowhere, where the line must move by step.
            const bool heard = rank <= request.controls[Control::kDensity] * info(request.style).melody_density;
            if (chorale ? heard : onset || i == 0) pitch = best;
        }
    }
    enforce(request, phrase);
    if (request.final && !phrase.melody.empty()) {
        auto& last = phrase.melody.back();
        const int below = last.pitch - mod12(last.pitch - tonic);
        last.pitch = last.pitch - below <= 6 ? below : below + 12;
        last.rank = 0;
    }
    return phrase;
}

}  // namespace attune::compose
