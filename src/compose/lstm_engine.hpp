// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Phrases from the LSTM: melody, chords, accompaniment rhythm and drum pattern, under the same rules as any engine.
///
/// The network is asked sixteenth by sixteenth; its probabilities are masked by the rules (scale, chord tones on strong
/// beats, register, leaps, cadence) before anything is drawn. How many notes begin follows the density control: the
/// drawn notes sound at the density asked for, the network's second thoughts fill in above it.
/// Threads  one owner; compose() takes about 0.2 ms a sixteenth and asks `late` at each
/// Errors   load(): kUnavailable if no weights are installed (says how to train them), kCorrupt, kBadArgument
#include "compose/engine.hpp"
#include "compose/note_net.hpp"

namespace attune::compose {

class LstmEngine final : public Engine {
public:
    explicit LstmEngine(NoteNet net) : net_(std::move(net)) {}
    /// models/free/compose_lstm.onnx, else models/research/compose_lstm_research.onnx.
    [[nodiscard]] static Result<std::unique_ptr<Engine>> load();
    [[nodiscard]] static Result<std::unique_ptr<Engine>> load(const std::filesystem::path& file);

    [[nodiscard]] EngineKind kind() const noexcept override { return EngineKind::kLstm; }
    [[nodiscard]] std::optional<Phrase> compose(const PhraseRequest& request, const Late& late) override;

private:
    NoteNet net_;
};

/// Melody notes a beat at a density 0..1: what the rule engine's ranks give.
[[nodiscard]] double notes_per_beat(double density) noexcept;

}  // namespace attune::compose
