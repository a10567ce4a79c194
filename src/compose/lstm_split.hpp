// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Which pieces the composer's LSTM learns from, is watched on and never sees; and its card.
#include <filesystem>
#include <string>
#include <vector>

#include "compose/grid_piece.hpp"

namespace attune::compose {

struct LstmSplit {
    std::vector<GridPiece> train, watch, test;
};

/// free: POP909, Nottingham, chorales, Groove; research: EMOPIA, VGMIDI. By song, series of games, drummer's session,
/// with learn::Split at a fixed seed: 10 % test, 6 % of the rest to watch.
[[nodiscard]] Result<LstmSplit> split_for_lstm(const std::filesystem::path& data, bool research);
/// "compose_lstm" or "compose_lstm_research": name of card, weights and result.
[[nodiscard]] std::string lstm_name(bool research);
/// OUT/NAME.card.json beside OUT/NAME.onnx, without figures (scripts/eval puts them in).
[[nodiscard]] Result<void> write_lstm_card(const std::filesystem::path& out, const LstmSplit& split, bool research);

}  // namespace attune::compose
