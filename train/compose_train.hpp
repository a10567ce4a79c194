// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Trains the composer's LSTM: `lstm` on POP909, chorales, Nottingham and Groove; `lstm-research` on EMOPIA and VGMIDI,
/// whose quadrants are people's (--from a checkpoint goes on from those weights).
///
/// Songs (series of games, sessions of drummers) are split once by learn::Split: a tenth is never seen and left to
/// `attune evaluate compose_lstm`, 6 % of the rest says when to stop. Adam, windows of 128 sixteenths from a fresh state,
/// loss = cross-entropy of melody + .5 chord + .3 accompaniment + .3 drums, early stopping with `patience` epochs,
/// a checkpoint each epoch; the same command goes on where it ended.
///
/// Out      OUT/compose_lstm.onnx (research: compose_lstm_research.onnx) and its card, OUT/compose_lstm.checkpoint,
///          OUT/compose_lstm.log
/// Errors   as read_corpus; kIo where OUT cannot be written; kInternal if the exported network differs by > 1e-5
#include <filesystem>

#include "core/result.hpp"

namespace attune::train {

struct ComposeTrainConfig {
    std::filesystem::path data, out;
    std::filesystem::path from;      ///< a checkpoint to start from (research)
    bool research = false;
    int epochs = 30;
    int patience = 3;
    int batch = 32;
    double rate = 2e-3;
    double max_minutes = 0.0;        ///< 0 = no limit; the rate falls to nothing by then
    std::uint64_t seed = 1;
};

[[nodiscard]] Result<void> train_compose(const ComposeTrainConfig& config);

}  // namespace attune::train
