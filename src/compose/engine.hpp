// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The boundary behind which ideas are made: a phrase of chords and melody, and nothing else.
///
/// An engine (rules, hidden Markov model, LSTM) answers one PhraseRequest at a time. Arrangement, dynamics,
/// loudness, limits, logging and the sound lie on this side of the boundary and are the same for all, so that
/// an engine is swapped without touching them; the chords and notes of any engine pass enforce().
///
/// In       PhraseRequest: where in the form, which key, which cadence, which theme
/// Out      Phrase: chords that tile the bars, melody without overlaps, on the grid of a sixteenth
/// Threads  one owner; compose() may allocate and is not for a real-time thread
/// Errors   create of the learned ones: kUnavailable names the model file. compose(): nullopt = gave up because
///          `late()` said so; the rule engine then makes this phrase, and the record says which
/// Same request, same model, same phrase: all chance comes from request.seed by named streams.
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "compose/controls.hpp"
#include "compose/score.hpp"
#include "compose/style.hpp"

namespace attune::compose {

enum class EngineKind { kRule, kHmm, kLstm };
[[nodiscard]] const char* to_string(EngineKind kind) noexcept;
[[nodiscard]] Result<EngineKind> engine_named(std::string_view name);

enum class Cadence { kOpen, kHalf, kAuthentic, kPlagal, kDeceptive };

struct PhraseRequest {
    std::uint64_t seed = 0;
    Key key;
    std::optional<Key> next_key;  ///< the phrase prepares it: its last chord is the dominant of this key
    Style style = Style::kPianoBallad;
    flow::Va target;
    Controls controls;
    int beats_per_bar = 4;
    int bars = 4;             ///< 1..8
    int theme = 0;            ///< phrases of one theme share motif and chords
    int half = 0;             ///< 0 antecedent, 1 consequent: same opening, other ending
    int variation = 0;        ///< 0 as first heard; the larger, the more is changed
    Cadence cadence = Cadence::kOpen;
    bool final = false;       ///< the piece ends here, on the tonic
    int serial = 0;           ///< counts phrases from the start of the piece
    int last_pitch = -1;      ///< of the melody so far; -1 = none
};

struct MelodyNote {
    Ticks start = 0;          ///< from the start of the phrase
    Ticks length = 0;
    int pitch = 60;
    double rank = 0.0;        ///< 0..1: heard when the density is at least this
};

/// How the accompaniment moves within a bar, from engines that have learnt it.
struct Figures {
    std::array<double, 16> hits{};     ///< each sixteenth: struck when the density is at least this, 0..1
};

struct Phrase {
    Ticks length = 0;
    std::vector<ChordSpan> chords;     ///< from the start of the phrase, tiling it
    std::vector<MelodyNote> melody;    ///< at full density; gaps are closed when notes are left out
    std::optional<Figures> figures;    ///< empty: the style's own
};

/// Asked between steps; true = give up. Empty = never.
using Late = std::function<bool()>;

class Engine {
public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual EngineKind kind() const noexcept = 0;
    [[nodiscard]] virtual std::optional<Phrase> compose(const PhraseRequest& request, const Late& late) = 0;
};

/// The rules that hold for every engine: chords tile the phrase and end as the cadence asks; the melody stays
/// within `centre` ± 16 semitones, leaps at most an octave, has chord tones where it lands on strong beats and
/// neither overlaps nor leaves the phrase.
void enforce(const PhraseRequest& request, Phrase& phrase);

/// `kRule` always succeeds; the learned engines need their model.
[[nodiscard]] Result<std::unique_ptr<Engine>> make_engine(EngineKind kind);

}  // namespace attune::compose
