// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Composes, renders and writes a piece: FLAC with tags and ReplayGain, and the score as MIDI.
#include <filesystem>

#include "compose/composer.hpp"
#include "compose/render.hpp"

namespace attune::compose {

/// What `attune compose --json` prints.
struct Made {
    Score score;
    double seconds = 0.0;
    std::optional<double> lufs;
    double true_peak_dbtp = 0.0;
};

struct ExportOptions {
    std::filesystem::path audio;   ///< .flac or .wav; empty = none
    std::filesystem::path midi;    ///< empty = none
    std::string album, genre;      ///< tags; empty = none
    int track = 0;
    double notch_hz = 0.0;         ///< see tinnitus.hpp
};

/// Errors of compose_score, render and the files. ReplayGain refers to -18 LUFS (ReplayGain 2.0).
[[nodiscard]] Result<Made> make(const Brief& brief, const ExportOptions& options, const core::CancelToken* cancel = nullptr);
[[nodiscard]] Result<Made> make(Score score, const ExportOptions& options, const core::CancelToken* cancel = nullptr);

/// "Still water in D minor" without being told a title.
[[nodiscard]] std::string title_for(const Score& score);

}  // namespace attune::compose
