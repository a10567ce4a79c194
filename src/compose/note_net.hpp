// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the composer's LSTM sees and says at each sixteenth, and the network itself, run through ONNX.
///
/// Seen      the melody's last pitch and how long ago it began, the place in the bar, the bar of four, the chord that
///           sounds, what accompaniment and drums struck last, mode, quadrant, notes a beat, which corpus it should
///           sound like: kNoteInputs numbers, all 0 or 1
/// Said      logits: which pitch begins (or none), the chord of the next beat, what the accompaniment strikes, the drums
/// Pitches   relative: 0..35 above `base`, the tonic at least an octave below the melody's middle
/// Threads   one owner
/// Errors    load(): kNotFound, kCorrupt, kBadArgument as OnnxModel. step(): kInternal
/// Method    one LSTM layer (Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735) written gate by gate, so that
///           its state travels through the network's inputs and outputs
#include <array>
#include <filesystem>
#include <span>
#include <vector>

#include "compose/grid_piece.hpp"
#include "learn/onnx_model.hpp"

namespace attune::compose {

inline constexpr int kNotePitches = 36;
inline constexpr int kMelodyClasses = 1 + kNotePitches;  ///< 0 = none begins
inline constexpr int kChordClasses = 24, kCompClasses = 4, kDrumClasses = 8;
inline constexpr int kNoteLogits = kMelodyClasses + kChordClasses + kCompClasses + kDrumClasses;
inline constexpr int kRates = 5;
inline constexpr int kNoteInputs = (kNotePitches + 1) + 9 + 17 + 4 + 25 + 5 + 9 + 1 + 4 + kRates + 5;
inline constexpr int kNoteWindow = 128;  ///< sixteenths that the network was trained to follow from a fresh state
inline constexpr int kNoteHidden = 192;

/// One sixteenth as the network is asked about it: everything but its own answer.
struct NoteMoment {
    int last_pitch = -1;   ///< 0..35, -1 none yet
    int since = 0;         ///< sixteenths since it began
    int place = 0;         ///< sixteenth of the bar
    int beats_per_bar = 4;
    int bar = 0;
    int chord = -1;        ///< 0..23, -1 unknown
    int last_comp = -1, last_drums = -1;
    bool major = true;
    int quadrant = -1;     ///< 0..3
    int rate = -1;         ///< rate_class()
    Corpus corpus = Corpus::kPop909;
};

/// Writes kNoteInputs numbers.
void encode(const NoteMoment& moment, std::span<float> out) noexcept;
/// Notes a beat -> 0..kRates-1, -1 for 0.
[[nodiscard]] int rate_class(double notes_a_beat) noexcept;
/// The pitch that class 1 stands for, so that `middle` lies in the second octave above it.
[[nodiscard]] int base_pitch(int tonic, double middle) noexcept;
/// Into 0..35 by octaves.
[[nodiscard]] int relative_pitch(int pitch, int base) noexcept;
/// `piece` as the network meets it: moments and answers, -1 where the answer is unknown.
struct NoteAnswer {
    int melody = -1, chord = -1, comp = -1, drums = -1;  ///< chord: of the next sixteenth, only before a beat
};
struct NoteLesson {
    std::vector<NoteMoment> moments;
    std::vector<NoteAnswer> answers;
};
[[nodiscard]] NoteLesson lesson_of(const GridPiece& piece);
class NoteNet {
public:
    [[nodiscard]] static Result<NoteNet> load(const std::filesystem::path& file);
    [[nodiscard]] static Result<NoteNet> parse(std::string_view bytes, const std::string& where);
    /// The state as at a window's start.
    void reset() noexcept;
    /// kNoteLogits numbers, valid until the next step.
    [[nodiscard]] Result<std::span<const float>> step(const NoteMoment& moment);

private:
    explicit NoteNet(learn::OnnxModel model);
    learn::OnnxModel model_;
    std::array<float, kNoteInputs> in_{};
    std::vector<float> h_, c_;
};

[[nodiscard]] learn::OnnxShape note_net_shape();
/// Log-softmax of one head: `first` and `n` within the logits.
[[nodiscard]] double log_probability(std::span<const float> logits, int first, int n, int chosen) noexcept;

}  // namespace attune::compose
