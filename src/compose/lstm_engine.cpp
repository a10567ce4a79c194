// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/lstm_engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "compose/harmony.hpp"
#include "compose/hmm.hpp"
#include "compose/melody.hpp"
#include "core/paths.hpp"
#include "core/random.hpp"

namespace attune::compose {
namespace {

constexpr double kTemperature = 1.0;  ///< of the draw; below 1 it keeps to what the network is sure of (then too few pitch classes: evaluate craft)
constexpr double kEcho = 1.6;         ///< logits that a returning rhythm gains in the second bar
constexpr double kEchoStep = 1.2;     ///< and a returning interval
constexpr double kStay = .35;         ///< logits that a repeated note loses
constexpr int kReach = 14, kWidest = 9;  ///< semitones from the register's centre, from note to note
/// Where the k-th metric level begins to sound, as a share of the density asked for.
constexpr std::array<double, 5> kRank = {.0, .25, .45, .75, .95};

std::size_t at(int i) { return static_cast<std::size_t>(i); }

Corpus corpus_of(Style style) {
    if (style == Style::kFolk) return Corpus::kNottingham;
    return style == Style::kChamber ? Corpus::kChorales : Corpus::kPop909;
}

int quadrant_of(const flow::Va& va) { return va.arousal >= 0 ? (va.valence >= 0 ? 0 : 1) : (va.valence >= 0 ? 3 : 2); }

int draw(std::span<const double> weights, core::Random& random) {
    double total = 0;
    for (const double w : weights) total += w;
    double x = random.uniform() * total;
    int last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] <= 0) continue;
        last = static_cast<int>(i);
        x -= weights[i];
        if (x < 0) break;
    }
    return last;
}

/// Draws a phrase from the network.
class Dreamer {
public:
    Dreamer(const PhraseRequest& request, NoteNet& net, const Late& late)
        : r_(request), net_(net), late_(late), theme_(request.seed, "compose/lstm/" + std::to_string(request.theme)),
          changed_(request.seed, "compose/lstm/" + std::to_string(request.theme) + "/" + std::to_string(request.variation) + "/" + std::to_string(request.half)),
          slots_(request.beats_per_bar * 4), centre_(centre_pitch(request.controls)), base_(base_pitch(request.key.tonic, centre_)),
          density_(std::clamp(request.controls[Control::kDensity] * info(request.style).melody_density, 0.0, 1.0)) {
        const bool major = is_major(r_.key.mode);
        for (int degree = 0; degree < 7; ++degree) {
            const Chord chord = diatonic_chord(r_.key, degree);
            if (chord.kind == ChordKind::kMajor || chord.kind == ChordKind::kMinor) allowed_[at(chord_state(chord, r_.key.tonic))] = true;
        }
        if (!major) allowed_[7] = true;  // the major dominant
        moment_.beats_per_bar = r_.beats_per_bar;
        moment_.major = major;
        moment_.quadrant = quadrant_of(r_.target);
        moment_.rate = rate_class(notes_per_beat(density_));
        moment_.corpus = corpus_of(r_.style);
        moment_.last_comp = moment_.corpus == Corpus::kPop909 ? 0 : -1;
        previous_ = r_.last_pitch < 0 ? static_cast<int>(std::lround(centre_)) : r_.last_pitch;
        moment_.last_pitch = relative_pitch(previous_, base_);
        moment_.since = 4;
    }

    std::optional<Phrase> dream() {
        Phrase phrase;
        phrase.length = r_.bars * slots_ * kSixteenth;
        const Chord home = diatonic_chord(r_.key, 0);
        chord_ = chord_state(home, r_.key.tonic);
        phrase.chords.push_back({0, 0, home});
        net_.reset();
        for (int i = 0; i < r_.bars * slots_; ++i) {
            if (late_ && late_()) return std::nullopt;
            moment_.place = i % slots_;
            moment_.bar = i / slots_;
            moment_.chord = chord_;
            const auto logits = net_.step(moment_);
            if (!logits) return std::nullopt;
            note_at(phrase, i, *logits);
            if (moment_.last_comp >= 0) listen_to_comp(i, *logits);
            if ((i + 1) % 4 == 0) next_chord(phrase, i + 1, *logits);
            ++moment_.since;
        }
        if (comp_steps_ > 0) phrase.figures = figures();
        return phrase;
    }

private:
    [[nodiscard]] core::Random& chance(int i) {
        // A returning theme keeps its first half; its second is drawn anew.
        const bool fresh = r_.variation + r_.half > 0 && 2 * i >= r_.bars * slots_;
        return fresh ? changed_ : theme_;
    }

    [[nodiscard]] bool last_bar(int i) const { return i / slots_ + 1 == r_.bars; }

    /// Weights of the 36 pitches after the rules; 0 = forbidden.
    std::array<double, kNotePitches> pitch_weights(std::span<const float> logits, int i, const Chord& chord) const {
        std::array<double, kNotePitches> w{};
        const int level = metric_level(i % slots_, r_.beats_per_bar);
        float most = -1e30F;
        for (int p = 0; p < kNotePitches; ++p) most = std::max(most, logits[at(1 + p)]);
        const int echo = echo_pitch(i);
        for (const int widest : {kWidest, 12, 24}) {
            double total = 0;
            for (int p = 0; p < kNotePitches; ++p) {
                const int pitch = base_ + p;
                w[at(p)] = 0;
                if (std::abs(pitch - centre_) > kReach || std::abs(pitch - previous_) > widest) continue;
                const bool tone = contains(chord, pitch);
                if (level <= 1 ? !tone : !tone && !in_scale(r_.key, pitch)) continue;
                double z = static_cast<double>(logits[at(1 + p)] - most) / kTemperature;
                if (pitch == echo) z += kEchoStep;
                if (level == 2 && tone && !chorale_) z += .4;
                z -= (chorale_ ? .55 : .10) * std::max(0, std::abs(pitch - previous_) - 2) + (pitch == previous_ ? kStay : 0.0);
                w[at(p)] = std::exp(z - .0035 * (pitch - centre_) * (pitch - centre_));
                total += w[at(p)];
            }
            if (total > 0) break;
        }
        return w;
    }

    /// The pitch that would repeat the interval heard at the same place of the first bar; -1 none.
    [[nodiscard]] int echo_pitch(int i) const {
        if (i / slots_ != 1 || r_.bars < 3) return -1;
        const int interval = interval_[at(i % slots_)];
        return interval == 99 ? -1 : previous_ + interval;
    }

    void note_at(Phrase& phrase, int i, std::span<const float> logits) {
        const Ticks tick = i * kSixteenth;
        const Chord chord = chord_at(phrase.chords, tick);
        const int place = i % slots_, level = metric_level(place, r_.beats_per_bar);
        core::Random& random = chance(i);
        const auto weights = pitch_weights(logits, i, chord);
        const double dice = random.uniform();
        int p = draw(weights, random);  // always drawn, so that density changes nothing but who is heard
        if (weights[at(p)] <= 0) return;
        double most = -1e30, sum = 0;
        for (int k = 1; k < kMelodyClasses; ++k) most = std::max(most, static_cast<double>(logits[at(k)]));
        for (int k = 1; k < kMelodyClasses; ++k) sum += std::exp(static_cast<double>(logits[at(k)]) - most);
        // Log odds of a beginning, moved so that the wished number of notes comes out.
        double odds = most + std::log(sum) - static_cast<double>(logits[0]) + push_;
        if (i / slots_ == 1 && r_.bars >= 3) odds += began_[at(place)] ? kEcho : -kEcho;
        if (chorale_) odds += i >= slots_ ? (began_[at(place)] ? 1.2 : -1.2) : level == 4 ? -2.5 : level == 3 ? -1.1 : .4;
        const double probability = 1.0 / (1.0 + std::exp(-odds));
        bool begins = dice < probability;
        const int landing = 8;  // the phrase lands on the third beat of its last bar and breathes
        if (last_bar(i)) begins = place == 0 || place == landing || (begins && place < landing && !r_.final && place % 2 == 0);
        if (last_bar(i) && place > landing) return;
        if (r_.final && last_bar(i) && place > 0) return;
        if (i == 0) begins = true;
        const double wish = notes_per_beat(density_) / (chorale_ ? 5.0 : 4.0);
        push_ = std::clamp(push_ + .25 * (wish - (begins ? 1.0 : 0.0)), -4.0, 4.0);
        int pitch = base_ + p;
        if (last_bar(i) && (r_.final || place == landing)) pitch = landing_pitch(chord);
        if (i < slots_) began_[at(place)] = begins, interval_[at(place)] = begins ? pitch - previous_ : 99;
        if (!begins) {
            if (level == 4 && density_ < .5 && probability < .02) return;
            // A second thought: heard when the density rises above what was asked for; never far from the line.
            if (std::abs(pitch - previous_) > 5) return;
            const double rank = density_ + (1.0 - density_) * std::clamp(.15 + .2 * level - .25 * probability, .05, 1.0);
            phrase.melody.push_back({tick, kSixteenth, pitch, std::min(rank, 1.0)});
            return;
        }
        phrase.melody.push_back({tick, kSixteenth, pitch, density_ * kRank[at(level)]});
        previous_ = pitch;
        moment_.last_pitch = relative_pitch(pitch, base_);
        moment_.since = 0;
    }

    [[nodiscard]] int landing_pitch(const Chord& chord) const {
        if (!r_.final && r_.cadence != Cadence::kAuthentic && r_.cadence != Cadence::kPlagal) return nearest_chord_tone(chord, .3 * centre_ + .7 * previous_);
        const int below = previous_ - mod12(previous_ - chord.root);
        return previous_ - below <= 6 ? below : below + 12;
    }

    void next_chord(Phrase& phrase, int i, std::span<const float> logits) {
        if (i >= r_.bars * slots_) return;
        const bool bar = i % slots_ == 0, half = i % slots_ == 8 && r_.beats_per_bar == 4 && r_.style != Style::kAmbientPad;
        if (!bar && !half) return;
        core::Random& random = chance(i);
        const int left = r_.bars * slots_ - i;
        std::array<double, kChordClasses> w{};
        double most = -1e30;
        const auto head = logits.subspan(kMelodyClasses, kChordClasses);
        for (int s = 0; s < kChordClasses; ++s)
            if (allowed_[at(s)]) most = std::max(most, static_cast<double>(head[at(s)]));
        const int dominant = chord_state(dominant_of(r_.key, false), r_.key.tonic);
        for (int s = 0; s < kChordClasses; ++s) {
            if (!allowed_[at(s)]) continue;
            double z = (static_cast<double>(head[at(s)]) - most) / kTemperature;
            if (s == chord_ && bar) z -= 1.2;       // a bar later something should have moved
            if (s == chord_ && half) z += .6;
            if (left <= slots_ * 3 / 2 && left > slots_ && r_.cadence == Cadence::kAuthentic && s == dominant) z += 3.0;
            w[at(s)] = std::exp(z);
        }
        int state = draw(w, random);
        if (left <= slots_) state = chord_state(cadence_chord(r_), r_.key.tonic);
        if (state == chord_ && left > slots_) return;
        chord_ = state;
        Chord chord = left <= slots_ ? cadence_chord(r_) : coloured(chord_of_state(state, r_.key.tonic), random);
        if (left <= slots_ && half) return;
        phrase.chords.push_back({i * kSixteenth, 0, chord});
    }

    /// Sevenths where the style likes them.
    [[nodiscard]] Chord coloured(Chord chord, core::Random& random) const {
        const double share = r_.style == Style::kLoFi || r_.style == Style::kAmbientPad ? .5 : .1;
        if (!random.chance(share)) return chord;
        for (int degree = 0; degree < 7; ++degree)
            if (const Chord seventh = diatonic_chord(r_.key, degree, true); diatonic_chord(r_.key, degree) == chord) return seventh;
        return chord;
    }

    void listen_to_comp(int i, std::span<const float> logits) {
        const auto head = logits.subspan(kMelodyClasses + kChordClasses, kCompClasses);
        std::array<double, kCompClasses> w{};
        double most = -1e30, total = 0;
        for (const float x : head) most = std::max(most, static_cast<double>(x));
        for (std::size_t k = 0; k < w.size(); ++k) total += w[k] = std::exp(static_cast<double>(head[k]) - most);
        struck_[at(i % slots_)] += 1.0 - w[0] / total;
        ++comp_steps_;
        moment_.last_comp = draw(w, chance(i));
    }

    /// The sixteenths of a bar in the order in which the network's accompaniment strikes them.
    [[nodiscard]] Figures figures() const {
        Figures f;
        const double bars = static_cast<double>(comp_steps_) / slots_;
        std::vector<int> order;
        for (int i = 0; i < slots_; ++i) order.push_back(i);
        // The metre decides between places that the network likes alike.
        const auto weight = [&](int i) { return struck_[at(i)] / bars - .12 * metric_level(i, r_.beats_per_bar); };
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return weight(a) > weight(b); });
        for (int k = 0; k < slots_; ++k) f.hits[at(order[at(k)])] = static_cast<double>(k) / slots_;
        f.hits[0] = 0.0;
        return f;
    }

    const PhraseRequest& r_;
    NoteNet& net_;
    const Late& late_;
    core::Random theme_, changed_;
    int slots_;
    double centre_;
    int base_;
    double density_;
    bool chorale_ = corpus_of(r_.style) == Corpus::kChorales;
    NoteMoment moment_;
    std::array<bool, kChordClasses> allowed_{};
    int chord_ = 0, previous_ = 60;
    double push_ = 0.0;
    std::array<bool, 16> began_{};
    std::array<int, 16> interval_{};
    std::array<double, 16> struck_{};
    int comp_steps_ = 0;
};

}  // namespace

double notes_per_beat(double density) noexcept {
    static constexpr std::array<std::array<double, 2>, 8> kCurve = {{{0, .25}, {.1, .3}, {.2, .5}, {.35, 1}, {.5, 1.4}, {.7, 2}, {.85, 2.5}, {1, 3}}};
    for (std::size_t i = 1; i < kCurve.size(); ++i)
        if (density <= kCurve[i][0])
            return kCurve[i - 1][1] + (density - kCurve[i - 1][0]) / (kCurve[i][0] - kCurve[i - 1][0]) * (kCurve[i][1] - kCurve[i - 1][1]);
    return kCurve.back()[1];
}

Result<std::unique_ptr<Engine>> LstmEngine::load(const std::filesystem::path& file) {
    ATTUNE_TRY(auto net, NoteNet::load(file));
    return std::unique_ptr<Engine>(std::make_unique<LstmEngine>(std::move(net)));
}

Result<std::unique_ptr<Engine>> LstmEngine::load() {
    auto file = core::resource("free/compose_lstm.onnx");
    if (!file) file = core::resource("research/compose_lstm_research.onnx");
    if (!file)
        return fail(ErrorCode::kUnavailable, "the model of engine lstm is not installed; attune train compose_lstm --data DIR --out models/free makes it; engine rule needs none",
                    file.error().message);
    return load(*file);
}

std::optional<Phrase> LstmEngine::compose(const PhraseRequest& request, const Late& late) {
    auto phrase = Dreamer(request, net_, late).dream();
    if (!phrase) return std::nullopt;
    enforce(request, *phrase);
    return phrase;
}

}  // namespace attune::compose
