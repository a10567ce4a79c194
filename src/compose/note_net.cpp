// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/note_net.hpp"

#include <algorithm>
#include <cmath>

namespace attune::compose {
namespace {

constexpr std::array<double, kRates - 1> kRateBorders = {.6, 1.1, 1.7, 2.6};  ///< notes a beat
constexpr int kSinceClasses = 9;

int since_class(int sixteenths) noexcept {
    if (sixteenths <= 4) return std::max(sixteenths - 1, 0);
    if (sixteenths <= 6) return 4;
    if (sixteenths <= 8) return 5;
    if (sixteenths <= 12) return 6;
    return sixteenths <= 16 ? 7 : 8;
}

/// Sets one of the next n numbers to 1; a class outside 0..n-1 sets none.
struct OneHot {
    std::span<float> out;
    std::size_t k = 0;
    void put(int chosen, int n) {
        if (chosen >= 0 && chosen < n) out[k + static_cast<std::size_t>(chosen)] = 1.0F;
        k += static_cast<std::size_t>(n);
    }
};

}  // namespace

void encode(const NoteMoment& m, std::span<float> out) noexcept {
    std::fill(out.begin(), out.end(), 0.0F);
    OneHot hot{out};
    hot.put(m.last_pitch < 0 ? kNotePitches : m.last_pitch, kNotePitches + 1);
    hot.put(m.last_pitch < 0 ? -1 : since_class(m.since), kSinceClasses);
    hot.put(m.place, 16);
    hot.put(m.beats_per_bar == 3 ? 0 : -1, 1);
    hot.put(m.bar % 4, 4);
    hot.put(m.chord < 0 ? kChordClasses : m.chord, kChordClasses + 1);
    hot.put(m.last_comp < 0 ? kCompClasses : m.last_comp, kCompClasses + 1);
    hot.put(m.last_drums < 0 ? kDrumClasses : m.last_drums, kDrumClasses + 1);
    hot.put(m.major ? 0 : -1, 1);
    hot.put(m.quadrant, 4);
    hot.put(m.rate, kRates);
    hot.put(std::min(static_cast<int>(m.corpus), 4), 5);
}

int rate_class(double notes_a_beat) noexcept {
    if (notes_a_beat <= 0) return -1;
    return static_cast<int>(std::upper_bound(kRateBorders.begin(), kRateBorders.end(), notes_a_beat) - kRateBorders.begin());
}

int base_pitch(int tonic, double middle) noexcept {
    const int top = static_cast<int>(std::floor(middle));
    return top - mod12(top - tonic) - 12;
}

int relative_pitch(int pitch, int base) noexcept {
    int p = pitch - base;
    while (p < 0) p += 12;
    while (p >= kNotePitches) p -= 12;
    return p;
}

NoteLesson lesson_of(const GridPiece& piece) {
    NoteLesson lesson;
    std::vector<int> pitches;
    for (const auto& n : piece.notes) pitches.push_back(n.pitch);
    double middle = 66;
    if (!pitches.empty()) {
        std::nth_element(pitches.begin(), pitches.begin() + static_cast<std::ptrdiff_t>(pitches.size() / 2), pitches.end());
        middle = pitches[pitches.size() / 2];
    }
    const int base = base_pitch(piece.key.tonic, middle);
    const int bar = piece.beats_per_bar * 4;
    NoteMoment m;
    m.beats_per_bar = piece.beats_per_bar;
    m.major = is_major(piece.key.mode);
    m.quadrant = piece.quadrant;
    m.corpus = piece.corpus;
    for (std::size_t i = 0; i < piece.steps(); ++i) {
        m.place = static_cast<int>(i) % bar;
        m.bar = static_cast<int>(i) / bar;
        m.chord = piece.chord[i];
        m.last_comp = i > 0 ? piece.comp[i - 1] : piece.comp[0] < 0 ? -1 : 0;
        m.last_drums = i > 0 ? piece.drums[i - 1] : piece.drums[0] < 0 ? -1 : 0;
        if (m.place == 0 || i == 0) m.rate = rate_class(rate_at(piece, i));
        NoteAnswer a;
        a.comp = piece.comp[i];
        a.drums = piece.drums[i];
        if (i % 4 == 3 && i + 1 < piece.steps()) a.chord = piece.chord[i + 1];
        const int melody = piece.melody[i];
        a.melody = melody < 0 ? -1 : melody == 0 ? 0 : 1 + relative_pitch(melody, base);
        lesson.moments.push_back(m);
        lesson.answers.push_back(a);
        if (melody < 0) m.last_pitch = -1;
        if (melody > 0) m.last_pitch = relative_pitch(melody, base), m.since = 0;
        ++m.since;
    }
    return lesson;
}

learn::OnnxShape note_net_shape() {
    return {{{"moment", {1, kNoteInputs}}, {"h", {1, kNoteHidden}}, {"c", {1, kNoteHidden}}},
            {{"logits", {1, kNoteLogits}}, {"h_next", {1, kNoteHidden}}, {"c_next", {1, kNoteHidden}}}};
}

NoteNet::NoteNet(learn::OnnxModel model) : model_(std::move(model)), h_(kNoteHidden, 0.0F), c_(kNoteHidden, 0.0F) {}

Result<NoteNet> NoteNet::load(const std::filesystem::path& file) {
    ATTUNE_TRY(auto model, learn::OnnxModel::load(file, note_net_shape()));
    return NoteNet(std::move(model));
}

Result<NoteNet> NoteNet::parse(std::string_view bytes, const std::string& where) {
    ATTUNE_TRY(auto model, learn::OnnxModel::parse(bytes, note_net_shape(), where));
    return NoteNet(std::move(model));
}

void NoteNet::reset() noexcept {
    std::fill(h_.begin(), h_.end(), 0.0F);
    std::fill(c_.begin(), c_.end(), 0.0F);
}

Result<std::span<const float>> NoteNet::step(const NoteMoment& moment) {
    encode(moment, in_);
    const std::span<const float> inputs[] = {in_, h_, c_};
    ATTUNE_TRY(const auto outputs, model_.run(std::span<const std::span<const float>>(inputs)));
    std::copy(outputs[1].begin(), outputs[1].end(), h_.begin());
    std::copy(outputs[2].begin(), outputs[2].end(), c_.begin());
    return std::span<const float>(outputs[0]);
}

double log_probability(std::span<const float> logits, int first, int n, int chosen) noexcept {
    const auto head = logits.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n));
    double most = -1e30, sum = 0;
    for (const float x : head) most = std::max(most, static_cast<double>(x));
    for (const float x : head) sum += std::exp(static_cast<double>(x) - most);
    return static_cast<double>(head[static_cast<std::size_t>(chosen)]) - most - std::log(sum);
}

}  // namespace attune::compose
