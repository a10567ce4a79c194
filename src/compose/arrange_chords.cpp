// SPDX-License-Identifier: GPL-3.0-or-later
/// Chords, pad, counter-voice and bass.
#include <algorithm>
#include <array>
#include <cmath>

#include "compose/arrange_parts.hpp"
#include "compose/melody.hpp"

namespace attune::compose::detail {
namespace {

double chords_centre(const Session& s) { return centre_pitch(s.request.controls) - 9.0; }

/// How strongly the sharp tones of a chord sound at this consonance: 0 at 1, 1 at 0.
double bite(const Session& s) { return 1.0 - s.request.controls[Control::kConsonance]; }

/// Semitones beside the chord's own tones, from inaudible at full consonance to a cluster at none: each grows steadily, so
/// that roughness does.
void add_tension(Session& s, Part part, Ticks start, Ticks length, const Voicing& voicing, const Chord& chord, double level) {
    const double sharp = bite(s);
    int root = voicing.front(), third = voicing.front();
    const bool minor = contains(chord, chord.root + 3);
    for (int pitch : voicing) {
        if (mod12(pitch) == chord.root) root = pitch;
        if (mod12(pitch - chord.root) == (minor ? 3 : 4)) third = pitch;
    }
    const auto tone = [&](int pitch, double from) {
        if (sharp > from) s.add(part, start, length, pitch, level * 1.3 * std::pow((sharp - from) / (1.0 - from), .7));
    };
    tone(third + (minor ? -1 : 1), .0);   // the ninth under a minor third, the fourth over a major one
    tone(root - 1, .20);                  // the major seventh
    tone(root + 1, .45);                  // a cluster
}

Ticks shortened(const Session& s, Ticks length) {
    const double dry = .75 * s.request.controls[Control::kPercussiveness];
    return std::max<Ticks>(kSixteenth / 2, static_cast<Ticks>(static_cast<double>(length) * (1.0 - dry)));
}

/// Hits of a bar with ranks: which sixteenths are struck first as density grows.
double hit_rank(const Session& s, int sixteenth, double looseness) {
    static constexpr std::array<double, 5> kRank = {0.0, .16, .28, .52, .80};
    const int level = metric_level(sixteenth, s.request.beats_per_bar);
    const double fixed = s.chance_at("hit", sixteenth, s.request.form.theme);
    return std::clamp(kRank[static_cast<std::size_t>(level)] + looseness * (fixed - .5), 0.0, 1.0);
}

void sustained(Session& s, const ChordSpan& span, const Voicing& v) {
    for (int pitch : v) s.add(Part::kChords, span.start, span.length, pitch, .62);
    // Slow figures over the held chord fill it as density grows.
    const double d = s.density();
    int k = 0;
    for (Ticks t = 0; t < span.length; t += kSixteenth, ++k) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        const double rank = .12 + .88 * hit_rank(s, sixteenth, .3);
        if (t == 0 || rank > d) continue;
        const int pitch = v[static_cast<std::size_t>(k / 2) % v.size()] + 12;
        s.add(Part::kChords, span.start + t, 2 * kTicksPerBeat, pitch, .55);
    }
}

void arpeggio(Session& s, const ChordSpan& span, const Voicing& v, Ticks hold) {
    static constexpr std::array<int, 8> kWave = {0, 1, 2, 3, 2, 1, 3, 2};
    int k = 0;
    for (Ticks t = 0; t < span.length; t += kSixteenth, ++k) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        if (t > 0 && hit_rank(s, sixteenth, .12) > s.density()) continue;
        const auto voice = static_cast<std::size_t>(kWave[static_cast<std::size_t>(k / 2) % kWave.size()]) % v.size();
        const int pitch = v[voice] + (k % 2 != 0 ? 12 : 0);
        s.add(Part::kChords, span.start + t, shortened(s, hold), pitch, .72);
        if (t == 0 && v.size() > 2)
            for (std::size_t i = 1; i < v.size(); ++i) s.add(Part::kChords, span.start, shortened(s, hold), v[i], .56);
    }
}

void blocks(Session& s, const ChordSpan& span, const Voicing& v, double looseness, bool roll) {
    for (Ticks t = 0; t < span.length; t += kSixteenth) {
        const int sixteenth = static_cast<int>((span.start + t) / kSixteenth) % (s.request.beats_per_bar * 4);
        const double rank = t == 0 ? 0.0 : hit_rank(s, sixteenth, looseness);
        if (rank > s.density()) continue;
        const Ticks until = std::min<Ticks>(span.length - t, kTicksPerBeat);
        for (std::size_t i = 0; i < v.size(); ++i) {
            if (roll && rank > .3 && i % 2 == 0) continue;  // light upstrokes
            s.add(Part::kChords, span.start + t, shortened(s, until), v[i], t == 0 ? .68 : .58);
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
        for (int pitch : v) s.add(Part::kChords, span.start + t, shortened(s, length), pitch, .66);
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
        const Voicing v = voice_chord(span.chord, s.state.chords, rules);
        s.state.chords = v;
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
        case Figure::kBlock: blocks(s, span, v, .45, false); break;
        case Figure::kStrum: blocks(s, span, v, .2, true); break;
        }
        add_tension(s, Part::kChords, span.start, std::min<Ticks>(span.length, s.bar()), v, span.chord, .62);
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
        const Voicing v = voice_chord(span.chord, s.state.pad, rules);
        s.state.pad = v;
        for (int pitch : v) s.add(Part::kPad, span.start, span.length, pitch, .52);
    }
}

void play_counter(Session& s) {
    // A second voice below the melody in thirds and sixths of the chord, on the beats that the melody leaves long.
    if (s.request.form.players < 5 || s.request.form.intro) return;
    for (const ChordSpan& span : s.phrase.chords) {
        const int index = static_cast<int>(span.start / s.bar());
        const double where = centre_pitch(s.request.controls) - 5.0 + 4.0 * (s.chance_at("counter", span.start, s.request.serial) - .5);
        const int pitch = nearest_chord_tone(span.chord, where);
        s.add(Part::kCounter, span.start, span.length, pitch, .6);
        if (.55 + .3 * s.chance_at("counter2", index, s.request.serial) <= s.density() && span.length >= 2 * kTicksPerBeat)
            s.add(Part::kCounter, span.start + span.length / 2, span.length / 2, nearest_chord_tone(span.chord, where + 3.5), .55);
    }
}

}  // namespace attune::compose::detail
