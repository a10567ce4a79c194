// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A blind, randomised listening test in a folder: where do people place what was composed?
///
/// Out      DIR/clips/NN.flac (names say nothing, order random by seed), DIR/index.html (two sliders for the music, two for
///          the feeling, liking, "have you heard it before"; runs from the folder, sends nothing, saves a CSV), DIR/key.csv
///          (what each clip was meant to be: not for listeners)
/// analyse  reads the saved CSVs: Spearman of intended against expressed and felt, with a 95 % bootstrap interval over
///          listeners
/// Errors   kUnavailable, kIo, kBadArgument names file and line
#include <filesystem>
#include <string>
#include <vector>

#include "compose/engine.hpp"
#include "core/cancel.hpp"

namespace attune::compose {

struct ListeningKit {
    int side = 4;                ///< side x side points of the plane, 2..10
    double seconds = 20.0;       ///< of each clip, 8..60
    std::uint64_t seed = 1;
    EngineKind engine = EngineKind::kRule;
};

[[nodiscard]] Result<void> make_listening_kit(const std::filesystem::path& folder, const ListeningKit& kit,
                                              const core::CancelToken* cancel = nullptr);

struct KitFigure {
    std::string name;            ///< "expressed_arousal", "felt_valence", ...
    double rho = 0.0, low = 0.0, high = 0.0;
    std::size_t listeners = 0, ratings = 0;
};
[[nodiscard]] Result<std::vector<KitFigure>> analyse_listening_kit(const std::filesystem::path& folder,
                                                                   const std::vector<std::filesystem::path>& answers);

}  // namespace attune::compose
