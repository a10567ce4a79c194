// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/composer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

#include "compose/copy_guard.hpp"
#include "compose/melody.hpp"
#include "compose/rule_engine.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

namespace attune::compose {
namespace {

constexpr double kLongest = 7200.0, kShortest = 4.0;
constexpr double kTail_s = 3.0;  ///< reverb behind the last bar

Key transposed(const Key& home, int semitones, bool relative) {
    Key key{mod12(home.tonic + semitones), home.mode};
    if (relative) {
        if (is_major(home.mode)) return {mod12(home.tonic + 9), Mode::kMinor};
        return {mod12(home.tonic + 3), Mode::kMajor};
    }
    return key;
}

int beats_for(Style style, std::uint64_t seed) {
    core::Random random(seed, "compose/metre");
    const bool waltz = style == Style::kFolk || style == Style::kChamber || style == Style::kPianoBallad;
    return waltz && random.chance(.22) ? 3 : 4;
}

}  // namespace

struct Composer::State {
    Brief brief;
    Score head;
    Style style = Style::kPianoBallad;
    std::unique_ptr<Engine> engine;
    Form form;
    Controls controls;
    flow::Va target;
    ArrangeState arrange;
    Ticks position = 0;
    int index = 0;
    int last_pitch = -1;
    bool ending = false;       ///< the next phrase closes the piece
    CopyGuard guard;
    std::vector<MidiNote> tail;  ///< the last seven melody notes that were heard
    Mode mode = Mode::kMajor;  ///< of the home key now: follows the target at section borders

    State(const Brief& b, std::unique_ptr<Engine> e, int bars) : brief(b), engine(std::move(e)), form(b.seed, bars) {}

    [[nodiscard]] Key home() const { return {head.key.tonic, mode}; }
    [[nodiscard]] PhraseRequest request(const FormPhrase& plan) const;
    void make_notes(ComposedPhrase& phrase);
    [[nodiscard]] std::optional<Ticks> copied(const ComposedPhrase& phrase) const;
};

/// The note that has to move: the end of a run of eight heard notes that a corpus melody has; times in the piece.
std::optional<Ticks> Composer::State::copied(const ComposedPhrase& phrase) const {
    if (guard.empty()) return std::nullopt;
    std::vector<MidiNote> line = tail;
    for (const Note& n : phrase.notes)
        if (n.part == Part::kMelody) line.push_back({n.start, n.length, n.pitch, n.velocity});
    const auto runs = runs_of(line);
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (guard.knows(runs[i])) {
            // The piece ends on its tonic: there the note before gives way.
            const bool end = phrase.last && i + kRunNotes == line.size();
            return line[i + kRunNotes - (end ? 2 : 1)].start;
        }
    return std::nullopt;
}

/// Arranges the idea; where the melody would say what a corpus melody says, its note moves to a neighbour.
void Composer::State::make_notes(ComposedPhrase& phrase) {
    constexpr int kTries = 24;
    static constexpr std::array<int, 6> kAway = {1, -1, 2, -2, 3, -3};
    std::map<Ticks, std::pair<int, std::size_t>> moved_from;  // of the notes that were moved: first pitch, times
    for (int attempt = 0;; ++attempt) {
        arrange = phrase.before;
        phrase.notes = compose::arrange(phrase.idea, phrase.request, arrange);
        for (Note& note : phrase.notes) note.start += phrase.start;
        const auto where = copied(phrase);
        if (!where || attempt == kTries) break;
        auto& melody = phrase.idea.melody;
        const auto note = std::find_if(melody.begin(), melody.end(), [&](const MelodyNote& n) { return phrase.start + n.start == *where; });
        if (note == melody.end()) break;
        const int sixteenth = static_cast<int>(note->start / kSixteenth) % (head.beats_per_bar * 4);
        auto& [first_pitch, times] = moved_from.try_emplace(note->start, note->pitch, 0).first->second;
        const int step = kAway[times++ % kAway.size()];
        const int moved = pitch_of_step(phrase.request.key, nearest_step(phrase.request.key, first_pitch) + step);
        note->pitch = metric_level(sixteenth, head.beats_per_bar) <= 1 ? nearest_chord_tone(chord_at(phrase.idea.chords, note->start), moved + 1.5 * step) : moved;
    }
    for (const Note& n : phrase.notes)
        if (n.part == Part::kMelody) tail.push_back({n.start, n.length, n.pitch, n.velocity});
    if (tail.size() >= kRunNotes) tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(kRunNotes - 1));
}

PhraseRequest Composer::State::request(const FormPhrase& plan) const {
    PhraseRequest r;
    r.seed = brief.seed;
    r.key = transposed(home(), plan.transpose, plan.to_relative);
    const Key next = transposed(home(), plan.next_transpose, plan.next_relative);
    if (!(next == r.key) && !plan.final) r.next_key = next;
    r.style = style;
    r.target = target;
    r.controls = controls;
    r.beats_per_bar = head.beats_per_bar;
    r.bars = plan.bars;
    r.theme = plan.theme;
    r.half = plan.half;
    r.variation = plan.variation;
    r.cadence = plan.cadence;
    r.final = plan.final;
    r.serial = index;
    r.last_pitch = last_pitch;
    return r;
}

Composer::Composer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Composer::Composer(Composer&&) noexcept = default;
Composer& Composer::operator=(Composer&&) noexcept = default;
Composer::~Composer() = default;

Result<Composer> Composer::create(const Brief& brief) {
    ATTUNE_TRY(auto engine, make_engine(brief.engine));
    return create(brief, std::move(engine));
}

Result<Composer> Composer::create(const Brief& brief, std::unique_ptr<Engine> engine) {
    const auto outside = [](double x) { return !(x >= -1.0 && x <= 1.0); };
    if (outside(brief.target.valence) || outside(brief.target.arousal))
        return fail(ErrorCode::kBadArgument, "valence " + core::format_double(brief.target.valence) + ", arousal " +
                                                 core::format_double(brief.target.arousal) + "; each is allowed in -1..1");
    if (!brief.endless && !(brief.seconds >= kShortest && brief.seconds <= kLongest))
        return fail(ErrorCode::kBadArgument, "seconds " + core::format_double(brief.seconds) + "; 4..7200 is allowed");
    Controls controls = brief.controls.value_or(controls_for(brief.target));
    ATTUNE_CHECK(controls.check());

    Score head;
    const Style style = brief.style.value_or(style_for(brief.target, brief.seed));
    core::Random random(brief.seed, "compose/key");
    const double lean = random.uniform(-1.0, 1.0);
    head.key = brief.key.value_or(Key{static_cast<int>(random.below(12)), mode_for(brief.target.valence, lean)});
    head.beats_per_bar = beats_for(style, brief.seed);
    head.style = to_string(style);
    head.engine = to_string(engine->kind());
    head.seed = brief.seed;
    head.target = brief.target;
    head.controls = controls;
    head.title = brief.title;
    head.calibration_db = info(style).calibration_db;
    head.parts = instruments_for(style, brief.seed);
    const double bar_s = head.beats_per_bar * 60.0 / compose::tempo_bpm(controls);
    head.bars = brief.endless ? 0 : std::max(2, static_cast<int>(std::lround((brief.seconds - kTail_s) / bar_s)));
    head.tempo = {{0, compose::tempo_bpm(controls)}};

    auto state = std::make_unique<State>(brief, std::move(engine), head.bars);
    ATTUNE_TRY(state->guard, CopyGuard::load());
    state->style = style;
    state->controls = controls;
    state->target = brief.target;
    state->mode = head.key.mode;
    state->head = std::move(head);
    return Composer(std::move(state));
}

bool Composer::done() const noexcept { return state_->form.phrases() > 0 && state_->index >= state_->form.phrases(); }

ComposedPhrase Composer::next(const Late& late) {
    State& s = *state_;
    FormPhrase plan = s.form.phrase(s.index);
    if (s.ending) {
        plan.theme = 0, plan.transpose = plan.next_transpose = 0;
        plan.to_relative = plan.next_relative = plan.intro = false;
        plan.cadence = Cadence::kAuthentic;
        plan.final = true;
    }
    // A new mode is only heard where a section begins.
    if (s.index % 4 == 0 && !s.brief.key && is_major(s.mode) != is_major(mode_for(s.target.valence))) s.mode = mode_for(s.target.valence);
    const PhraseRequest request = s.request(plan);
    ComposedPhrase phrase;
    phrase.start = s.position;
    auto idea = s.engine->compose(request, late);
    phrase.fell_back = !idea.has_value();
    phrase.engine = idea ? s.engine->kind() : EngineKind::kRule;
    phrase.idea = idea ? std::move(*idea) : RuleEngine::make(request);
    phrase.before = s.arrange;
    phrase.bpm = compose::tempo_bpm(s.controls);
    phrase.last = plan.final;
    phrase.request = {s.brief.seed, s.style, s.controls, centre_pitch(s.controls), request.key, s.head.beats_per_bar, plan, s.index};
    s.make_notes(phrase);
    for (const auto& note : phrase.idea.melody)
        if (note.rank <= .5) s.last_pitch = note.pitch;
    s.position += phrase.idea.length;
    ++s.index;
    return phrase;
}

ComposedPhrase Composer::again(const ComposedPhrase& phrase, const Controls& controls) const {
    ComposedPhrase changed = phrase;
    changed.request.controls = controls;
    changed.bpm = compose::tempo_bpm(controls);
    ArrangeState state = phrase.before;
    changed.notes = arrange(phrase.idea, changed.request, state);
    for (Note& note : changed.notes) note.start += phrase.start;
    return changed;
}

ArrangeState Composer::state_after(const ComposedPhrase& phrase) const {
    ArrangeState state = phrase.before;
    static_cast<void>(arrange(phrase.idea, phrase.request, state));
    return state;
}

void Composer::continue_from(const ComposedPhrase& phrase) { state_->arrange = state_after(phrase); }
void Composer::end_with_next() noexcept { state_->ending = true; }

void Composer::set_target(const flow::Va& target, const Controls& controls) {
    state_->target = target;
    state_->controls = controls;
}

EngineKind Composer::engine() const noexcept { return state_->engine->kind(); }
const Controls& Composer::controls() const noexcept { return state_->controls; }
const Score& Composer::head() const noexcept { return state_->head; }

Result<Score> compose_score(const Brief& brief) {
    if (brief.endless) return fail(ErrorCode::kBadArgument, "an endless piece has no score; give seconds, 4..7200");
    ATTUNE_TRY(auto composer, Composer::create(brief));
    Score score = composer.head();
    const double rubato = info(style_named(score.style).value()).rubato;
    score.tempo.clear();
    while (!composer.done()) {
        const ComposedPhrase phrase = composer.next();
        score.notes.insert(score.notes.end(), phrase.notes.begin(), phrase.notes.end());
        for (ChordSpan span : phrase.idea.chords) span.start += phrase.start, score.chords.push_back(span);
        // The phrase leans forward in its middle and holds back at its end.
        const Ticks bar = score.ticks_per_bar();
        const auto bars = phrase.idea.length / bar;
        for (Ticks b = 0; b < bars; ++b) {
            const double place = (static_cast<double>(b) + .5) / static_cast<double>(bars);
            double bpm = phrase.bpm * (1.0 + rubato * (4.0 * place * (1.0 - place) - .6667));
            if (phrase.last && b + 1 == bars) bpm *= .86;
            if (rubato > 0 || phrase.last || b == 0) score.tempo.push_back({phrase.start + b * bar, bpm});
        }
    }
    std::sort(score.notes.begin(), score.notes.end(), earlier);
    return score;
}

}  // namespace attune::compose
