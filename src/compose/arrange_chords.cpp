// SPDX-License-Identifier: GPL-3.0-or-later
/// Chords, pad, counter-voice and bass.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "compose/arrange_parts.hpp"
#include "compose/melody.hpp"

namespace attune::compose::detail {
namespace {

double chords_centre(const Session& s) { return centre_pitch(s.request.controls) - 9.0; }

constexpr int kTiredBars = 4;  ///< a held pitch that has gone on for so long is left (chosen)

std::vector<int> tired(const Session& s, const Ages& ages) {
    std::vector<int> out;
    for (const auto& [pitch, age] : ages)
        if (age >= kTiredBars * s.bar()) out.push_back(pitch);
    return out;
}

void grow(Ages& ages, const Voicing& sounding, Ticks length) {
    std::erase_if(ages, [&](const auto& entry) { return std::find(sounding.begin(), sounding.end(), entry.first) == sounding.end(); });
    for (int pitch : sounding) ages[pitch] += length;
}

/// The tones that a voice of a chord rubs against, and the consonance below which each is heard.
struct Rub {
    int whole = 0, half = 0;               ///< pitches
    double whole_from = 0, half_from = 0;  ///< 0 = never
};

/// The upper voices lean on their whole tones (ninths, fourths: colour), the inner ones on their semitones (tension, at last a
/// cluster); the lowest on nothing: close intervals down there are mud.
Rub rub_of(const Session& s, const Voicing& v, std::size_t voice) {
    if (voice == 0) return {};
    const Key& key = s.request.key;
    const int p = v[voice], step = nearest_step(key, p);
    const int below = pitch_of_step(key, step - 1) - p, above = pitch_of_step(key, step + 1) - p;
    Rub rub{p + (below != -2 && above == 2 ? 2 : -2), p + (above == 1 ? 1 : -1), 0, 0};
    const auto from_top = v.size() - 1 - voice;
    if (from_top == 0 || (from_top == 1 && v.size() > 3)) rub.whole_from = 1.0;
    if (from_top > 0) rub.half_from = v.size() > 3 && from_top == 1 ? .40 : .60;
    return rub;
}

/// A voice of a chord. As consonance falls, a growing share of its power goes to the tones that it rubs against, until they
/// are equally loud and beat most (Plomp & Levelt 1965, doi:10.1121/1.1909741): each step is rougher, in any register, and
/// none is louder.
void strike(Session& s, Part part, Ticks start, Ticks length, const Voicing& v, std::size_t voice, int octave, double level,
            const std::vector<int>& left_out = {}) {
    const Rub rub = rub_of(s, v, voice);
    const double c = s.request.controls[Control::kConsonance];
    double power = 1.0;
    // A synth's amplitude goes with the square of the velocity (40 log10 in General MIDI), its power with the fourth.
    const auto lean = [&](int pitch, double from, double most) {
        if (c >= from || std::find(left_out.begin(), left_out.end(), pitch) != left_out.end()) return;
        const double share = most * std::pow(std::sin(.25 * std::numbers::pi * std::sqrt((from - c) / from)), 2.0) * 2.0;
        s.add(part, start, length, pitch + octave, level * std::pow(power * share, .25));
        power *= 1.0 - share;
    };
    lean(rub.half, rub.half_from, rub.whole_from > 0 ? .33 : .5);
    lean(rub.whole, rub.whole_from, .5);
    s.add(part, start, length, v[voice] + octave, level * std::pow(power, .25));
}

Ticks shortened(const Session& s, Ticks length) {
    const double dry = .75 * std::pow(s.request.controls[Control::kPercussiveness], 2.0);
    return std::max<Ticks>(kSixteenth / 2, static_cast<Ticks>(static_cast<double>(length) * (1.0 - dry)));
}

/// Hits of a bar with ranks: which sixteenths are struck first as density grows.
double hit_rank(const Session& s, int sixteenth, double looseness) {
    if (s.phrase.figures) return s.phrase.figures->hits[static_cast<std::size_t>(sixteenth)];
    static constexpr std::array<double, 5> kRank = {0.0, .16, .28, .52, .80};
    const int level = metric_level(sixteenth, s.request.beats_per_bar);
    const double fixed = s.chance_at("hit", sixteenth, s.request.form.theme);
    return std::clamp(kRank[static_cast<std::size_t>(level)] + looseness * (fixed - .5), 0.0, 1.0);
}

void sustained(Session& s, const ChordSpan& span, const Voicing& v) {
    for (std::size_t i = 0; i < v.size(); ++i) strike(s, Part::kChords, span.start, span.length, v, i, 0, .62);
    // Slow figures over the held chord fill it as density grows.
    const double d = s.density();
    int k = 0;
    for (Ticks t = 0; t < span.length; t += kSixteenth, ++k) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        const double rank = .12 + .88 * hit_rank(s, sixteenth, .3);
        if (t == 0 || rank > d) continue;
        strike(s, Part::kChords, span.start + t, 2 * kTicksPerBeat, v, static_cast<std::size_t>(k / 2) % v.size(), 12, .55);
    }
}

void arpeggio(Session& s, const ChordSpan& span, const Voicing& v, Ticks hold) {
    static constexpr std::array<int, 8> kWave = {0, 1, 2, 3, 2, 1, 3, 2};
    int k = 0;
    for (Ticks t = 0; t < span.length; t += kSixteenth, ++k) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        if (t > 0 && hit_rank(s, sixteenth, .12) > s.density()) continue;
        const auto voice = static_cast<std::size_t>(kWave[static_cast<std::size_t>(k / 2) % kWave.size()]) % v.size();
        strike(s, Part::kChords, span.start + t, shortened(s, hold), v, voice, k % 2 != 0 ? 12 : 0, .72);
        if (t == 0 && v.size() > 2)
            for (std::size_t i = 1; i < v.size(); ++i) strike(s, Part::kChords, span.start, shortened(s, hold), v, i, 0, .56);
    }
}

void strums(Session& s, const ChordSpan& span, const Voicing& v) {
    constexpr double kLooseness = .2;
    for (Ticks t = 0; t < span.length; t += kSixteenth) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        const double rank = t == 0 ? 0.0 : hit_rank(s, sixteenth, kLooseness);
        if (rank > s.density()) continue;
        const Ticks until = std::min<Ticks>(span.length - t, kTicksPerBeat);
        for (std::size_t i = 0; i < v.size(); ++i) {
            if (rank > .3 && i % 2 == 0) continue;  // light upstrokes
            strike(s, Part::kChords, span.start + t, shortened(s, until), v, i, 0, t == 0 ? .68 : .58);
        }
    }
}

void chorale(Session& s, const ChordSpan& span, const Voicing& v) {
    // Four voices; as density grows they repeat their notes in beats and eighths.
    for (Ticks t = 0; t < span.length; t += kSixteenth) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        if (t > 0 && .3 + .7 * hit_rank(s, sixteenth, .1) > s.density()) continue;
        Ticks length = span.length - t;
        for (Ticks u = t + kSixteenth; u < span.length; u += kSixteenth) {
            const int next = static_cast<int>((span.start + u) / kSixteenth) % (s.request.beats_per_bar * 4);
            if (.3 + .7 * hit_rank(s, next, .1) <= s.density()) {
                length = u - t;
                break;
            }
        }
        for (std::size_t i = 0; i < v.size(); ++i) strike(s, Part::kChords, span.start + t, shortened(s, length), v, i, 0, .66);
    }
}

}  // namespace

void play_chords(Session& s) {
    const Figure figure = info(s.request.style).figure;
    VoicingRules rules;
    rules.voices = figure == Figure::kSustained || figure == Figure::kOstinato ? 3 : 4;
    rules.centre = chords_centre(s);
    rules.with_bass = figure == Figure::kChorale;
    if (figure == Figure::kChorale) rules.centre -= 2;
    rules.lowest = 34;
    for (const ChordSpan& span : s.phrase.chords) {
        rules.tired = tired(s, s.state.chords_age);
        const Voicing v = voice_chord(span.chord, s.state.chords, rules);
        s.state.chords = v;
        grow(s.state.chords_age, v, span.length);
        const bool last = s.request.form.final && &span == &s.phrase.chords.back();
        if (last) {
            for (int pitch : v) s.add(Part::kChords, span.start, span.length, pitch, .62);
            continue;
        }
        switch (figure) {
        case Figure::kSustained: sustained(s, span, v); break;
        case Figure::kArpeggio: arpeggio(s, span, v, 2 * kTicksPerBeat); break;
        case Figure::kSequence: arpeggio(s, span, v, kTicksPerBeat / 2); break;
        case Figure::kOstinato: arpeggio(s, span, v, kTicksPerBeat / 2); break;
        case Figure::kChorale: chorale(s, span, v); break;
        case Figure::kStab:
        case Figure::kStrum: strums(s, span, v); break;
        }
    }
}

void play_bass(Session& s) {
    const Figure figure = info(s.request.style).figure;
    const bool plain = figure == Figure::kSustained || figure == Figure::kChorale;
    const double centre = std::max(36.0, centre_pitch(s.request.controls) - 27.0);
    for (const ChordSpan& span : s.phrase.chords) {
        double target = s.state.bass < 0 ? centre : .5 * (centre + s.state.bass);
        const int root = nearest_chord_tone({span.chord.bass_class(), ChordKind::kMajor, -1}, target);
        int bass = root - mod12(root - span.chord.bass_class());
        if (target - bass > 6) bass += 12;
        s.state.bass = bass;
        const bool last = s.request.form.final && &span == &s.phrase.chords.back();
        if (last || plain) {
            s.add(Part::kBass, span.start, span.length, bass, .72);
            if (last) continue;
        }
        for (Ticks t = plain ? kSixteenth : 0; t < span.length; t += kSixteenth) {
            const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
            const int level = metric_level(sixteenth, s.request.beats_per_bar);
            const double rank = t == 0 ? 0.0 : std::min(1.0, (plain ? .45 : .22) + .15 * level + .2 * s.chance_at("bass", sixteenth, s.request.form.theme));
            if (rank > s.density()) continue;
            const bool fifth = level >= 2 && s.chance_at("fifth", span.start + t, s.request.serial) < .35;
            const int pitch = bass + (fifth ? mod12(span.chord.root + 7 - bass) : 0);
            s.add(Part::kBass, span.start + t, shortened(s, std::min<Ticks>(span.length - t, 2 * kTicksPerBeat)), pitch, .74);
        }
    }
}

void play_pad(Session& s) {
    if (s.request.form.players < 4 && info(s.request.style).figure != Figure::kSustained) return;
    VoicingRules rules;
    rules.voices = 3;
    rules.centre = chords_centre(s) + 2.0;
    rules.with_bass = false;
    rules.strict = false;
    for (const ChordSpan& span : s.phrase.chords) {
        rules.tired = tired(s, s.state.pad_age);
        const Voicing v = voice_chord(span.chord, s.state.pad, rules);
        s.state.pad = v;
        Voicing sounding = v;  // with what it may rub against, whether or not it does: the same at every consonance
        for (std::size_t i = 1; i < v.size(); ++i) {
            const Rub rub = rub_of(s, v, i);
            for (const auto& [pitch, from] : {std::pair(rub.whole, rub.whole_from), {rub.half, rub.half_from}})
                if (from > 0 && std::find(rules.tired.begin(), rules.tired.end(), pitch) == rules.tired.end()) sounding.push_back(pitch);
        }
        grow(s.state.pad_age, sounding, span.length);
        for (std::size_t i = 0; i < v.size(); ++i) strike(s, Part::kPad, span.start, span.length, v, i, 0, .52, rules.tired);
    }
}

void play_counter(Session& s) {
    // A second voice below the melody in thirds and sixths of the chord, on the beats that the melody leaves long.
    if (s.request.form.players < 5 || s.request.form.intro) return;
    for (const ChordSpan& span : s.phrase.chords) {
        const int index = static_cast<int>(span.start / s.bar());
        const double where = centre_pitch(s.request.controls) - 5.0 + 4.0 * (s.chance_at("counter", span.start, s.request.serial) - .5);
        int pitch = nearest_chord_tone(span.chord, where);
        for (const int held : tired(s, s.state.counter_age))
            if (pitch == held) pitch = nearest_chord_tone(span.chord, pitch + (pitch < where ? 4.0 : -4.0));
        grow(s.state.counter_age, {pitch}, span.length);
        s.add(Part::kCounter, span.start, span.length, pitch, .6);
        if (.55 + .3 * s.chance_at("counter2", index, s.request.serial) <= s.density() && span.length >= 2 * kTicksPerBeat)
            s.add(Part::kCounter, span.start + span.length / 2, span.length / 2, nearest_chord_tone(span.chord, where + 3.5), .55);
    }
}

}  // namespace attune::compose::detail
