// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Measures tempo and key, as a listener's scan hears them, on pieces whose truth is known.
///
/// In       pieces with their tempo and perhaps their key, and a way to their sound (compose renders MIDI; the caller
///          wires it)
/// Out      `attune evaluate tempo`: acc1 (within 4 %), acc2 (also a half, a third, double, triple), pooled over all
///          sets and for each, with a 95 % interval by bootstrap over groups; `attune evaluate key`: share of exact
///          keys, MIREX's weighted score, by mode
/// Threads  one evaluation at a time a cache folder
/// Errors   kNotFound without a piece; kCancelled; a piece that cannot be rendered or heard is a warning
/// Method   Gouyon et al. 2006 (doi:10.1109/TSA.2005.858509) for acc1 and acc2; MIREX audio key detection for the weights
///          (fifth .5, relative .3, parallel .2)
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "learn/model_registry.hpp"

namespace attune::library {

struct TrueKey {
    int pitch_class = 0;
    bool major = true;
};

struct TruePiece {
    std::string set, name, group;
    std::filesystem::path source;  ///< what is hashed into data_sha256
    double bpm = 0.0;
    std::optional<TrueKey> key;
    /// The piece as a file that a scan can read, made if need be.
    std::function<Result<std::filesystem::path>(const core::CancelToken*)> sound;
};

struct TruePieces {
    std::vector<TruePiece> test;
    std::vector<TruePiece> training;     ///< what constants may be chosen on
    std::vector<TruePiece> key_training; ///< every song with a key that is not tested
    std::vector<std::string> left_out;   ///< "file: why"
};

/// `data` as in a request; renders are kept below `data_dir`.
using FindTruth = std::function<Result<TruePieces>(const std::filesystem::path& data, const std::filesystem::path& data_dir)>;

/// `attune train tempo`: OUT/tempo_weights.inc, to be copied to src/signal/detail. Prints what folds of the training
/// pieces say.
[[nodiscard]] Result<void> train_tempo(const learn::TrainRequest& request, const std::vector<TruePiece>& training);

/// `attune train key`: OUT/key_weights.inc, to be copied to src/signal/detail, and its card; the ridge is chosen by folds of the
/// training songs, whose figures are printed.
[[nodiscard]] Result<void> train_key(const learn::TrainRequest& request, const std::vector<TruePiece>& training);

/// Adds "tempo" and "key".
void register_known(learn::ModelRegistry& registry, FindTruth find);

/// Right within 4 %.
[[nodiscard]] bool same_tempo(double estimate, double truth) noexcept;
/// Right within 4 % of the truth, its half, third, double or triple.
[[nodiscard]] bool same_tempo_or_octave(double estimate, double truth) noexcept;
/// MIREX's score of one key: 1, .5, .3, .2 or 0.
[[nodiscard]] double key_score(const TrueKey& estimate, const TrueKey& truth) noexcept;

}  // namespace attune::library
